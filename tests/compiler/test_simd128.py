"""Kernels for 128-bit vectors: packed weights, exact scaling, and what models cost."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler import compile_model
from tinsmith.compiler.backends.simd128 import (
    pack_depthwise,
    pack_product,
    sums_fit,
    tile_distance,
)
from tinsmith.compiler.fixedpoint import requantize
from tinsmith.compiler.operators.window import Axis, Window
from tinsmith.core.paths import runtime_dir
from tinsmith.emulation import Layout, run
from tinsmith.emulation.network import random_inputs, run_network
from tinsmith.toolchain import BuildRequest, Generated, build, target

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

AARCH64 = target("aarch64")
TARGETS = {
    "aarch64": AARCH64,
    "aarch64 without dot products": dataclasses.replace(AARCH64, cpu="generic"),
    "wasm32": target("wasm32"),
    "wasm32 without vectors": dataclasses.replace(target("wasm32"), cpu=None),
}


def test_weights_lie_as_vectors_are_loaded() -> None:
    weights = np.arange(1, 10 * 12 + 1).reshape(10, 12).astype(np.int8)
    packed = pack_product(weights, num_runs=2).reshape(2, 4, 8, 4)
    for output in range(10):
        for k in range(12):
            run_index, within = divmod(k, 6)
            quad = 2 * run_index + within // 4
            assert packed[output // 8, quad, output % 8, within % 4] == weights[output, k]
    assert np.count_nonzero(packed) == weights.size


def test_depthwise_weights_lie_lane_by_lane() -> None:
    taps = np.arange(1, 9 * 12 + 1).reshape(9, 12).astype(np.int8)
    channels = (np.arange(48) % 12).reshape(3, 16)
    packed = pack_depthwise(taps, channels).reshape(3, 10, 16)
    for phase in range(3):
        np.testing.assert_array_equal(packed[phase, :9], taps[:, channels[phase]])
    assert not packed[:, 9].any()


def test_two_products_of_the_smallest_weights_do_not_fit_16_bits() -> None:
    taps = np.full((3, 2), 127, np.int8)
    taps[1] = taps[2] = -128
    assert sums_fit(taps)
    taps[0, 1] = -128
    assert not sums_fit(taps)


def test_outputs_keep_clear_of_the_windows_of_their_tile() -> None:
    rows, columns = Axis(9, 1, 2, 1, 0, 0), Axis(8, 1, 2, 1, 0, 0)
    # Two rows of four windows: 8 pixels of 9 outputs over 5 channels.
    assert tile_distance(Window(rows, columns, 5), 9) == 8 * 9
    assert tile_distance(Window(rows, columns, 500), 1) == 8


@pytest.mark.parametrize(("weight", "is_tuned"), [(-127, True), (-128, False)])
@pytest.mark.parametrize("name", TARGETS)
def test_saturated_depthwise_sums_are_exact(
    name: str, weight: int, is_tuned: bool, maker: Any, bundle_of: Any
) -> None:
    source = maker.tensor((1, 5, 6, 17), scale=0.05, zero_point=-3)
    weights = maker.tensor(
        (1, 3, 3, 17), scale=0.01, axis=3, data=np.full((1, 3, 3, 17), weight, np.int8)
    )
    found = maker.tensor((1, 5, 6, 17), scale=0.6, zero_point=5)
    options = {"padding": 0, "strideH": 1, "strideW": 1}
    maker.operator("DEPTHWISE_CONV_2D", [source, weights], [found], depthMultiplier=1, **options)
    files = {"network": maker.finish([source], [found])}
    expected, tuned = bundle_of(files), bundle_of(files, backend=TARGETS[name].backend)
    assert ("nn/simd128/" in "".join(tuned.compiled["network"].core_sources)) == is_tuned
    windows = expected.windows(3)
    request = BuildRequest(TARGETS[name], tuned.sources, exports=("tin_run_windows",))
    actual = run(build(request), tuned.layout, windows, threads=1).values
    np.testing.assert_array_equal(actual, expected.run("host", windows).values)


# A window holds cases: a record of four outputs, then four sums, as bits, and which way to go. -1
# would be taken for a value that was not written, so results are masked.
MASK = 0x55555555
SCALING = """
#include "tin_simd.h"
#include "tin/windows.h"
int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch) {
    (void)features; (void)scratch;
    for (int32_t k = 0; k < count * TIMES; k++) {
        const int32_t *in = (const int32_t *)windows + 21 * k;
        int32_t *out = (int32_t *)values + 4 * k;
        tin_simd_s32 sums = tin_simd_load_s32(in + 16);
        sums = in[20] ? tin_simd_requantize_narrow(sums, in) : tin_simd_requantize(sums, in);
        __builtin_memcpy(out, &sums, sizeof sums);
        for (int32_t i = 0; i < 4; i++) {
            out[i] ^= MASK;
        }
    }
    return 0;
}
"""
TIMES = 4000


def _scaling_cases(narrow: bool) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(int(narrow))
    shape = (TIMES, 4)
    bits = rng.integers(1, 31 if narrow else 32, shape)
    sums = rng.integers(-(2**30) + 1, 2**30, shape) * (1 if narrow else 2) >> (31 - bits)
    multipliers = rng.integers(2**30, 2**31, shape)
    multipliers[rng.random(shape) < 0.2] = 2**30  # sums that end in exact halves
    shifts = rng.integers(-31, 0 if narrow else 31, shape)
    return sums, multipliers, shifts


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize("name", TARGETS)
def test_scaling_on_vectors_equals_the_definition(name: str, narrow: bool) -> None:
    sums, multipliers, shifts = _scaling_cases(narrow)
    scales = 1 << (31 + shifts) if narrow else np.zeros_like(shifts)
    kind = np.full((TIMES, 1), int(narrow))
    parts = (np.zeros_like(sums), multipliers, shifts, scales, sums, kind)
    words = np.concatenate(parts, axis=1).astype("<i4")
    text = SCALING.replace("TIMES", str(TIMES)).replace("MASK", hex(MASK))
    request = BuildRequest(
        TARGETS[name],
        (Generated("scaling.c", text),),
        include_dirs=(runtime_dir() / "src/nn/simd128",),
        exports=("tin_run_windows",),
    )
    layout = Layout(words.size, num_features=0, num_values=4 * TIMES, scratch_bytes=0)
    report = run(build(request), layout, words.view("<f4").reshape(1, -1))
    actual = report.values.view("<i4").reshape(-1) ^ MASK
    cases = zip(sums.ravel(), multipliers.ravel(), shifts.ravel(), strict=True)
    expected = [requantize(int(s), int(m), int(shift)) for s, m, shift in cases]
    np.testing.assert_array_equal(actual, expected)


# A quarter or less of what the portable kernels take on the same core.
MOST_INSTRUCTIONS = {
    "mlperf_kws_dscnn_int8": 700_000,
    "mlperf_vww_mbv1_025_96_int8": 1_600_000,
    "mlperf_ic_resnet8_int8": 1_750_000,
    "tflm_person_detect_int8": 2_050_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MOST_INSTRUCTIONS)
def test_models_take_few_instructions(name: str, shared_models: Path, oracle: Any) -> None:
    data = (shared_models / f"{name}.tflite").read_bytes()
    model = compile_model(data, name="network", backend=AARCH64.backend)
    inputs = random_inputs(model.inputs, 2)
    found = run_network(model, "network", AARCH64, inputs)
    assert found.instructions is not None
    assert found.instructions <= MOST_INSTRUCTIONS[name]
    reference = oracle(data)
    for given, (actual, *_) in zip(inputs, found.outputs, strict=True):
        np.testing.assert_array_equal(actual, reference.run(given))
