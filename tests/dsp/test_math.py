"""Elementary functions against float64 over dense samples of all floats."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.core.paths import runtime_dir
from tinsmith.dsp import tables
from tinsmith.toolchain import BuildRequest, Generated, build, ieee_floats, load, target

Floats = npt.NDArray[np.float32]
Call = Callable[[str, Floats], Floats]

FUNCTIONS = ("logf", "log10f", "expf", "sqrtf")
ARRAYS = """
#include "tin/math.h"
#include "tin_lanes.h"
""" + "".join(
    f"""
void all_{name}(const float *in, int32_t count, float *out);
void all_{name}(const float *in, int32_t count, float *out) {{
    for (int32_t i = 0; i < count; i++) {{
        out[i] = tin_{name}(in[i]);
    }}
}}
"""
    for name in FUNCTIONS
)
ROUNDING = "".join(
    f"""
void all_{name}(const float *in, int32_t count, int32_t *out);
void all_{name}(const float *in, int32_t count, int32_t *out) {{
    for (int32_t i = 0; i < count; i++) {{
        out[i] = tin_{name}(in[i]);
    }}
}}
"""
    for name in ("floor_to_s32", "round_to_s32")
)
LANES = """
void all_lanes(const float *in, int32_t count, float *out);
void all_lanes(const float *in, int32_t count, float *out) {
    for (int32_t i = 0; i < count; i += TIN_LANES) {
        tin_lanes x;
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            x[lane] = in[i + lane];
        }
        const tin_lanes a = tin_lanes_log(x);
        const tin_lanes b = tin_lanes_log10(x);
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            out[2 * (i + lane)] = a[lane];
            out[2 * (i + lane) + 1] = b[lane];
        }
    }
}
"""


@functools.cache
def library(text: str = "", *, lanes: int = 1, soft: bool = False) -> ctypes.CDLL:
    folder = runtime_dir() / "src" / "dsp"
    # Without this macro the square root cannot count on the processor's instruction.
    soft_math = Generated("soft_math.c", '#undef __NO_MATH_ERRNO__\n#include "tin_math.c"\n')
    request = BuildRequest(
        target=target("host"),
        sources=(
            soft_math if soft else folder / "tin_math.c",
            Generated("arrays.c", ARRAYS + ROUNDING + text),
        ),
        include_dirs=(folder,),
        defines=(f"TIN_LANES={lanes}",),
    )
    return load(build(request))


def call(loaded: ctypes.CDLL, name: str, values: Floats, out: npt.NDArray[np.generic]) -> None:
    with ieee_floats(loaded):
        getattr(loaded, f"all_{name}")(
            ctypes.c_void_p(values.ctypes.data),
            ctypes.c_int32(values.size),
            ctypes.c_void_p(out.ctypes.data),
        )


def apply(name: str, values: Floats, *, soft: bool = False) -> Floats:
    out = np.empty_like(values)
    call(library(soft=soft), name, values, out)
    return out


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float32)


def positive_floats(step: int = 1511) -> Floats:
    """Every step-th positive finite float, denormals included."""
    return np.arange(1, 0x7F800000, step, dtype=np.uint32).view(np.float32)


def ulps(got: Floats, exact: npt.NDArray[np.float64]) -> float:
    spacing = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    return float((np.abs(got - exact) / spacing).max())


@pytest.mark.parametrize(("name", "limit"), [("logf", 1.0), ("log10f", 2.5)])
def test_logarithms_are_within_ulps(name: str, limit: float) -> None:
    exact = {"logf": np.log, "log10f": np.log10}[name]
    near_one = np.linspace(0.5, 2, 400_000, dtype=np.float32)
    for values in (positive_floats(), near_one):
        values = values[values != 1]
        got, wanted = apply(name, values), exact(values.astype(np.float64))
        assert ulps(got, wanted) < limit
        assert np.abs((got - wanted) / wanted).max() < 2e-7
    assert apply(name, floats(1.0))[0] == 0.0


def test_exponential_is_within_ulps() -> None:
    values = np.linspace(-103.9, 88.72, 900_001, dtype=np.float32)
    got, wanted = apply("expf", values), np.exp(values.astype(np.float64))
    assert ulps(got, wanted) < 1.1
    normal = wanted > 1.2e-38
    assert np.abs((got - wanted) / wanted)[normal].max() < 2e-7
    assert apply("expf", floats(0.0))[0] == 1.0


def test_exponential_at_its_ends() -> None:
    values = floats(88.73, 200, np.inf, -104.1, -1e9, -np.inf)
    assert apply("expf", values).tolist() == [np.inf, np.inf, np.inf, 0, 0, 0]


@pytest.mark.parametrize("soft", [False, True])
def test_square_root_is_correctly_rounded(soft: bool) -> None:
    values = np.concatenate([positive_floats(), floats(0.0, -0.0, np.inf)])
    got = apply("sqrtf", values, soft=soft)
    assert np.array_equal(got.view(np.uint32), np.sqrt(values).view(np.uint32))


def test_values_without_a_result_give_the_canonical_nan() -> None:
    values = floats(-1.0, -np.inf, np.nan)
    for name in ("logf", "log10f", "sqrtf"):
        assert (apply(name, values).view(np.uint32) == 0x7FC00000).all()
    assert apply("expf", floats(np.nan)).view(np.uint32)[0] == 0x7FC00000
    assert apply("logf", floats(0.0, -0.0, np.inf)).tolist() == [-np.inf, -np.inf, np.inf]


@pytest.mark.parametrize("lanes", [8, 16])
def test_lanes_give_the_bits_of_single_values(lanes: int) -> None:
    values = positive_floats()
    values = values[: values.size // lanes * lanes]
    pairs = np.empty((values.size, 2), dtype=np.float32)
    call(library(LANES, lanes=lanes), "lanes", values, pairs)
    for column, name in enumerate(("logf", "log10f")):
        got = np.ascontiguousarray(pairs[:, column])
        assert np.array_equal(got.view(np.uint32), apply(name, values).view(np.uint32))


def test_conversions_to_integers_round_and_saturate() -> None:
    rng = np.random.default_rng(1)
    halves = np.arange(-100_000, 100_000, dtype=np.float32) / 2
    wide = rng.uniform(-4.3e9, 4.3e9, 200_000).astype(np.float32)
    edges = floats(4194303.5, 4194304.5, 8388607.5, -4194304.5, 2147483520, -2147483648)
    values = np.concatenate(
        [halves, wide, edges, rng.uniform(-9e6, 9e6, 200_000)], dtype=np.float32
    )
    for name, function in (("floor_to_s32", np.floor), ("round_to_s32", np.round)):
        out = np.empty(values.size, dtype=np.int32)
        call(library(), name, values, out)
        wanted = np.clip(function(values.astype(np.float64)), -(2**31), 2**31 - 1)
        assert np.array_equal(out, wanted.astype(np.int64))


def test_conversions_of_no_number() -> None:
    values = floats(np.nan, np.inf, -np.inf)
    for name in ("floor_to_s32", "round_to_s32"):
        out = np.empty(3, dtype=np.int32)
        call(library(), name, values, out)
        assert out.tolist() == [0, 2**31 - 1, -(2**31)]


def test_sine_and_cosine_match_to_the_last_digits() -> None:
    rng = np.random.default_rng(2)
    for span in (1.0, 100.0, 2.0**20):
        for x in rng.uniform(-span, span, 3000):
            assert abs(tables.sin(x) - np.sin(x)) < 2.3e-16
            assert abs(tables.cos(x) - np.cos(x)) < 2.3e-16
    assert tables.sin(0.0) == 0.0
    assert tables.cos(0.0) == 1.0
