"""Kernels for vector instructions: packed weights, exact scaling, and what models cost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler import compile_model
from tinsmith.compiler.backends.armv81m_mve import pack_weights, pack_windows
from tinsmith.compiler.fixedpoint import requantize
from tinsmith.core.paths import runtime_dir
from tinsmith.emulation import Layout, run
from tinsmith.emulation.network import random_inputs, run_network
from tinsmith.toolchain import BuildRequest, Generated, build, target

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

needs_qemu = pytest.mark.skipif(
    shutil.which("qemu-system-arm") is None, reason="system package qemu-system-arm is missing"
)

# Instructions of TensorFlow Lite Micro with CMSIS-NN on this core.
REFERENCE = {
    "mlperf_kws_dscnn_int8": 1_813_156,
    "mlperf_vww_mbv1_025_96_int8": 6_558_340,
    "mlperf_ic_resnet8_int8": 4_913_699,
    "mlperf_ad_fcae_int8": 149_999,
    "mlperf_sww_1dtcn_int8": 407_914,
    "tflm_person_detect_int8": 6_508_121,
    "ei_fomo_96_int8": 8_146_367,
    "tflm_micro_speech_int8": 1_008_204,
}
LIMIT = 0.75


def test_weights_lie_as_vectors_are_loaded() -> None:
    weights = np.arange(1, 5 * 18 + 1).reshape(5, 18).astype(np.int8)
    packed = pack_weights(weights).reshape(2, 2, 4, 16)
    for output in range(5):
        for k in range(18):
            assert packed[output // 4, k // 16, output % 4, k % 16] == weights[output, k]
    assert np.count_nonzero(packed) == weights.size


@pytest.mark.parametrize(("height", "width"), [(3, 3), (2, 4), (1, 4), (4, 1), (9, 1), (16, 1)])
def test_depthwise_windows_are_columns_of_rows(height: int, width: int) -> None:
    weights = np.arange(1, 6 * height * width + 1).reshape(6, -1).astype(np.int8)
    packed = pack_windows(weights, height).reshape(8, 16)
    slots = 4 if height <= 4 else 16
    for channel in range(6):
        for tap in range(height * width):
            ky, kx = divmod(tap, width)
            assert packed[channel, kx * slots + ky] == weights[channel, tap]
    assert np.count_nonzero(packed) == weights.size


# A window holds cases: four sums, multipliers and shifts, as bits, and which way to go. -1 would be
# taken for a value that was not written, so results are masked.
MASK = 0x55555555
SCALING = """
#include "tin_mve_outputs.h"
#include "tin/windows.h"
static int32x4_t scaled(const int32_t *in, int is_narrow) {
    int32x4_t value = vldrwq_s32(in);
    int32x4_t multiplier = vldrwq_s32(in + 4), shift = vldrwq_s32(in + 8);
    if (!is_narrow) return tin_mve_scale(value, multiplier, shift);
    return tin_mve_shift_down(vqrdmulhq_s32(value, multiplier), shift);
}
int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch) {
    (void)features; (void)scratch;
    for (int32_t k = 0; k < count; k++) {
        for (int32_t i = 0; i < TIMES; i++) {
            const int32_t *in = (const int32_t *)windows + (k * TIMES + i) * 13;
            int32x4_t hidden = veorq_s32(scaled(in, in[12]), vdupq_n_s32(MASK));
            vstrwq_s32((int32_t *)values + (k * TIMES + i) * 4, hidden);
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


@needs_qemu
@pytest.mark.parametrize("narrow", [True, False])
def test_scaling_on_vectors_equals_the_definition(narrow: bool) -> None:
    sums, multipliers, shifts = _scaling_cases(narrow)
    kind = np.full((TIMES, 1), int(narrow))
    words = np.concatenate([sums, multipliers, shifts, kind], axis=1).astype("<i4")
    text = SCALING.replace("TIMES", str(TIMES)).replace("MASK", hex(MASK))
    source = Generated("scaling.c", text)
    folder = runtime_dir() / "src/nn/armv81m_mve"
    made = build(
        BuildRequest(
            target("cortex-m55"), (source,), include_dirs=(folder,), exports=("tin_run_windows",)
        )
    )
    layout = Layout(words.size, num_features=0, num_values=4 * TIMES, scratch_bytes=0)
    report = run(made, layout, words.view("<f4").reshape(1, -1))
    actual = report.values.view("<i4").reshape(-1) ^ MASK
    cases = zip(sums.ravel(), multipliers.ravel(), shifts.ravel(), strict=True)
    expected = [requantize(int(s), int(m), int(shift)) for s, m, shift in cases]
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.slow
@needs_qemu
@pytest.mark.parametrize("name", REFERENCE)
def test_models_take_at_most_three_quarters_of_the_reference(
    name: str, shared_models: Path, oracle: Any
) -> None:
    data = (shared_models / f"{name}.tflite").read_bytes()
    core = target("cortex-m55")
    model = compile_model(data, name="network", backend=core.backend)
    inputs = random_inputs(model.inputs, 6)
    found = run_network(model, "network", core, inputs)
    assert found.instructions is not None
    assert found.instructions <= LIMIT * REFERENCE[name]
    reference = oracle(data)
    for given, (actual, *_) in zip(inputs, found.outputs, strict=True):
        np.testing.assert_array_equal(actual, reference.run(given))
