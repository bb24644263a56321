"""Fixed-point arithmetic: Python and C agree, and both mean what they say."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.compiler import fixedpoint
from tinsmith.core.paths import runtime_dir
from tinsmith.toolchain import BuildRequest, Generated, build, target

_SHIM = """
#include "tin/model.h"
#include "tin/nn/requantize.h"
void shim_requantize(const int32_t *, const int32_t *, const int32_t *, int32_t, int32_t *);
void shim_narrow(const int32_t *, const int32_t *, const int32_t *, int32_t, int32_t *);
void shim_quantize(float, int32_t, const float *, int32_t, int8_t *);

void shim_requantize(const int32_t *v, const int32_t *m, const int32_t *s, int32_t n, int32_t *o) {
    for (int32_t i = 0; i < n; i++) {
        o[i] = tin_requantize(v[i], m[i], s[i]);
    }
}

void shim_narrow(const int32_t *v, const int32_t *m, const int32_t *s, int32_t n, int32_t *o) {
    for (int32_t i = 0; i < n; i++) {
        o[i] = tin_requantize_narrow(v[i], m[i], s[i]);
    }
}

void shim_quantize(float scale, int32_t zero_point, const float *x, int32_t n, int8_t *o) {
    tin_model_tensor tensor = {TIN_TYPE_S8, 1, 0, scale, zero_point};
    for (int32_t i = 0; i < n; i++) {
        o[i] = tin_model_quantize(&tensor, x[i]);
    }
}
"""


@pytest.fixture(scope="module")
def shim() -> ctypes.CDLL:
    names = ("shim_requantize", "shim_narrow", "shim_quantize")
    sources = (Generated("shim.c", _SHIM), runtime_dir() / "src/nn/tin_model.c")
    made = build(BuildRequest(target=target("host"), sources=sources, exports=names))
    return ctypes.CDLL(str(made.path))


def _call(function: Any, *arrays: Any) -> Any:
    inputs = [np.ascontiguousarray(array, np.int32) for array in arrays]
    out = np.empty_like(inputs[0])
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in inputs]
    function(*pointers, ctypes.c_int32(out.size), ctypes.c_void_p(out.ctypes.data))
    return out


def _trials(count: int, limit: int, shifts: tuple[int, int]) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(5)
    magnitudes = 2.0 ** rng.uniform(0, math.log2(limit), count)
    values = (magnitudes * rng.choice([-1, 1], count)).astype(np.int64)
    values[:4] = [0, 1, -1, limit - 1]
    multipliers = rng.integers(1 << 30, 1 << 31, count)
    multipliers[::97] = 0
    return values, multipliers, rng.integers(shifts[0], shifts[1] + 1, count)


def test_the_short_way_to_outputs_equals_the_long_one(shim: ctypes.CDLL) -> None:
    trials = _trials(2_000_000, 1 << 30, (-31, -1))
    long, short = _call(shim.shim_requantize, *trials), _call(shim.shim_narrow, *trials)
    np.testing.assert_array_equal(short, long)


def test_c_and_python_requantise_alike(shim: ctypes.CDLL) -> None:
    trials = _trials(20_000, 1 << 31, (-31, 30))
    expected = [
        fixedpoint.requantize(int(v), int(m), int(s)) for v, m, s in zip(*trials, strict=True)
    ]
    np.testing.assert_array_equal(_call(shim.shim_requantize, *trials), expected)


@given(st.floats(1e-9, 1e9))
def test_a_multiplier_stands_for_its_factor(factor: float) -> None:
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    assert 1 << 30 <= multiplier < 1 << 31
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(factor, rel=2**-31)


@pytest.mark.parametrize(
    ("factor", "expected"), [(0.0, (0, 0)), (1e-12, (0, 0)), (1.0, (1 << 30, 1))]
)
def test_multipliers_at_the_ends(factor: float, expected: tuple[int, int]) -> None:
    assert fixedpoint.quantize_multiplier(factor) == expected


@given(st.floats(-15.9, 0.0))
def test_exponentials_are_accurate(x: float) -> None:
    value = fixedpoint.exp_on_negative(round(x * 2**26), 5) / 2**31
    assert value == pytest.approx(math.exp(x), abs=5e-7)  # the series ends after x⁴


@given(st.floats(-7.9, 7.9))
def test_bounded_functions_are_accurate(x: float) -> None:
    step = round(x * 2**27)
    assert fixedpoint.logistic(step, 4) / 2**31 == pytest.approx(1 / (1 + math.exp(-x)), abs=1e-6)
    assert fixedpoint.hyperbolic_tangent(step, 4) / 2**31 == pytest.approx(math.tanh(x), abs=1e-6)


def _quantize(shim: ctypes.CDLL, scale: float, zero_point: int, values: Any) -> Any:
    inputs = np.asarray(values, np.float32)
    out = np.empty(inputs.size, np.int8)
    shim.shim_quantize(
        ctypes.c_float(scale),
        ctypes.c_int32(zero_point),
        ctypes.c_void_p(inputs.ctypes.data),
        ctypes.c_int32(inputs.size),
        ctypes.c_void_p(out.ctypes.data),
    )
    return out


def test_values_round_half_away_from_zero_and_saturate(shim: ctypes.CDLL) -> None:
    values = [0.24, 0.25, -0.25, 0.75, -0.75, 1e30, -1e30, np.inf, -np.inf]
    expected = [3, 4, 2, 5, 1, 127, -128, 127, -128]
    assert _quantize(shim, 0.5, 3, values).tolist() == expected


def test_a_value_just_below_one_half_step_rounds_down(shim: ctypes.CDLL) -> None:
    below = np.nextafter(np.float32(0.5), np.float32(0.0))
    assert _quantize(shim, 1.0, 0, [below]).tolist() == [0]


def test_nan_becomes_the_zero_point(shim: ctypes.CDLL) -> None:
    assert _quantize(shim, 0.1, -7, [np.nan]).tolist() == [-7]
