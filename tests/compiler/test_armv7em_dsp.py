"""Kernels for DSP instructions: layouts, promises about overlapping memory, rows, the same bits."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.backends import find_backend
from tinsmith.compiler.backends.armv7em_dsp_convolution import tuned_conv2d
from tinsmith.compiler.backends.armv7em_dsp_depthwise import tuned_depthwise
from tinsmith.compiler.backends.armv7em_dsp_linear import BITS, lines_of
from tinsmith.compiler.backends.armv7em_dsp_packing import (
    dense_order,
    fits_mixed,
    pack_mixed,
    window_order,
)
from tinsmith.compiler.backends.scaling import Scaling
from tinsmith.compiler.compile import optimise, read_checked
from tinsmith.compiler.operators import Lowering, Operation
from tinsmith.core.cvalue import pack
from tinsmith.core.paths import runtime_dir
from tinsmith.toolchain import BuildRequest, build, target

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

_FAMILY = "convolution_shapes"
_CASES = [name for name in FAMILIES[_FAMILY] if not name.startswith("average_pool_17x16")]
_TUNED: dict[str, Callable[[Operation], Lowering | None]] = {
    "CONV_2D": tuned_conv2d,
    "DEPTHWISE_CONV_2D": tuned_depthwise,
}
"""Whether they pay or not: cases are small."""
_GAP = 96  # bytes that must stay as they are, around everything


@pytest.mark.parametrize("count", range(1, 10))
def test_every_byte_of_a_kernel_row_is_widened_once(count: int) -> None:
    for order in (window_order(1, count), dense_order(count)):
        assert sorted(index for index in order if index >= 0) == list(range(count))
        assert len(order) % 2 == 0


@pytest.mark.parametrize("group", [2, 4])
def test_mixed_words_hold_the_weights_of_both_outputs(group: int) -> None:
    weights = np.random.default_rng(1).integers(-127, 128, (7, 10))
    words = pack_mixed(weights, list(range(10)), group).astype(np.int64)
    words = words.reshape(-1, 5, group // 2).transpose(0, 2, 1).reshape(-1, 5)
    halves = np.stack([words & 0xFFFF, words >> 16], axis=2).reshape(len(words), 10)
    halves = (halves + (1 << 15)) % (1 << 16) - (1 << 15)
    first = (halves + 128) % 256 - 128
    np.testing.assert_array_equal(first[:4], weights[0::2])
    np.testing.assert_array_equal(((halves - first) // 256)[:3], weights[1::2])


def test_outputs_whose_words_would_overflow_do_not_share_them() -> None:
    bias = np.zeros(2, np.int64)
    assert fits_mixed(np.array([[-128], [-127]]), bias)
    assert not fits_mixed(np.array([[-1], [-128]]), bias)
    assert fits_mixed(np.full((2, 500), 127), bias)
    assert not fits_mixed(np.full((2, 520), 127), bias)
    assert fits_mixed(np.full((1, 520), 127), bias[:1])


@pytest.mark.parametrize("unit", [1, 256])
@pytest.mark.parametrize("shift", [3, 5, 8, 11])
def test_lines_have_the_outputs_of_the_reference_for_all_sums(shift: int, unit: int) -> None:
    rng = np.random.default_rng(shift)
    weights = rng.integers(-127, 128, (6, 8))
    bias, multiplier = rng.integers(-3000, 3000, 6), rng.integers(1 << 30, 1 << 31, 6)
    scaling = Scaling(bias, multiplier, np.full(6, shift), -128, from_zero=False)
    lines = lines_of(scaling, weights, np.full(6, unit))
    assert lines is not None
    for index in range(6):
        reach = 128 * int(np.abs(weights[index]).sum())
        sums = np.arange(bias[index] - reach, bias[index] + reach + 1, 7)
        high = (sums * unit + lines.offset[index]) * lines.factor[index] + (1 << 31) >> 32
        actual = np.clip(
            (high + lines.constant[index]) >> (BITS + unit.bit_length() - 1), -128, 127
        )
        rounded = [fixedpoint.requantize(x, int(multiplier[index]), -shift) for x in sums.tolist()]
        np.testing.assert_array_equal(actual, np.clip(np.array(rounded) - 128, -128, 127))


def test_there_are_no_lines_where_halves_go_away_from_zero_or_factors_are_too_large() -> None:
    weights, one = np.full((1, 8), 100), np.ones(1, np.int64)
    for shift, from_zero in ((5, True), (1, False)):
        scaling = Scaling(one, one << 30, shift * one, -128, from_zero=from_zero)
        assert lines_of(scaling, weights, one) is None


class _Kernels:
    """The lowering of each case, and its C functions on this machine."""

    def __init__(self, maker: type) -> None:
        backend = find_backend("armv7em_dsp")
        self.lowerings: dict[str, tuple[Operation, Lowering]] = {}
        for name in _CASES:
            graph = optimise(read_checked(model_file(_FAMILY, name, maker)))
            operation = Operation(graph, graph.nodes[-1])
            lower = _TUNED.get(operation.node.operator, backend.lower)
            self.lowerings[name] = operation, lower(operation) or backend.lower(operation)
        lowerings = [lowering for _, lowering in self.lowerings.values()]
        sources = sorted({source for lowering in lowerings for source in lowering.sources})
        sources = sorted(
            {*sources, *(s for low in lowerings if low.rows for s in low.rows.sources)}
        )
        names = {call.function for lowering in lowerings for call in lowering.calls}
        names |= {lowering.rows.function for lowering in lowerings if lowering.rows}
        wanted = sorted(name for name in names if name.startswith("tin_dsp_"))
        files = tuple(runtime_dir() / "src" / source for source in sources)
        built = build(BuildRequest(target=target("host"), sources=files, exports=tuple(wanted)))
        self.library = ctypes.CDLL(str(built.path))

    def function(self, name: str) -> Callable[..., Any]:
        return getattr(self.library, name)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def kernels(new_maker: type) -> _Kernels:
    return _Kernels(new_maker)


def _is_tuned(lowering: Lowering) -> bool:
    return lowering.calls[0].function.startswith("tin_dsp_")


def _run_at(
    kernels: _Kernels, name: str, values: Any, in_offset: int, out_offset: int
) -> tuple[Any, Any]:
    """(output, all memory besides input and output) of a run with both in one arena."""
    operation, lowering = kernels.lowerings[name]
    (call,) = lowering.calls
    size = operation.output.size
    memory = np.arange(max(in_offset + values.size, out_offset + size) + _GAP, dtype=np.uint8)
    memory = memory.view(np.int8)
    memory[in_offset : in_offset + values.size] = values
    scratch = np.zeros(lowering.scratch_bytes + _GAP, np.int8)
    params = pack(call.params)
    start = memory.ctypes.data
    arguments = [params.address, start + in_offset, start + out_offset]
    if call.scratch is not None:
        arguments.append(scratch.ctypes.data)
    kernels.function(call.function)(*map(ctypes.c_void_p, arguments))
    assert not scratch[lowering.scratch_bytes :].any()
    outside = np.ones(memory.size, bool)
    outside[in_offset : in_offset + values.size] = False
    outside[out_offset : out_offset + size] = False
    expected = np.arange(memory.size, dtype=np.uint8).view(np.int8)
    np.testing.assert_array_equal(memory[outside], expected[outside])
    return memory[out_offset : out_offset + size].copy(), params


@pytest.mark.parametrize("name", _CASES)
def test_outputs_may_lie_over_their_input_as_far_as_promised(kernels: _Kernels, name: str) -> None:
    operation, lowering = kernels.lowerings[name]
    if not _is_tuned(lowering):
        pytest.skip("the portable kernel")
    size = operation.output.size
    values = np.random.default_rng(2).integers(-128, 128, operation.input().size).astype(np.int8)
    far = 4 * _GAP + 4 * (size + values.size)
    expected, _ = _run_at(kernels, name, values, far, _GAP)
    if 0 not in lowering.distances:
        return
    distance = -(-lowering.distances[0] // 4) * 4
    for further in (0, 4, 8, 12, 20, 32, 100):
        actual, _ = _run_at(kernels, name, values, far, far - distance - further)
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", _CASES)
def test_single_rows_equal_those_of_the_whole_image(kernels: _Kernels, name: str) -> None:
    operation, lowering = kernels.lowerings[name]
    rows = lowering.rows
    if rows is None or not rows.function.startswith("tin_dsp_"):
        pytest.skip("no row kernel of its own")
    image = np.random.default_rng(3).integers(-128, 128, operation.input().shape[1:])
    image = np.ascontiguousarray(image.astype(np.int8))
    size = 8 * image.size + operation.output.size + 4 * _GAP
    expected, _ = _run_at(kernels, name, image.ravel(), size, _GAP)
    (window,) = rows.windows
    params, scratch = pack(rows.params), np.zeros(rows.scratch_bytes + 4, np.int8)
    made = []
    for index in range(operation.output.shape[1]):
        top = index * window.stride - window.before
        taps = range(top, top + window.taps * window.dilation, window.dilation)
        places = [image[y].ctypes.data if 0 <= y < len(image) else None for y in taps]
        given = (ctypes.c_void_p * len(places))(*places)
        output = np.zeros(operation.output.size // operation.output.shape[1], np.int8)
        source = places[0] if rows.is_whole else ctypes.addressof(given)
        arguments = (params.address, source, output.ctypes.data, scratch.ctypes.data)
        kernels.function(rows.function)(*map(ctypes.c_void_p, arguments))
        made.append(output)
    np.testing.assert_array_equal(np.concatenate(made), expected)


def test_most_shapes_have_a_tuned_kernel(kernels: _Kernels) -> None:
    portable = {
        name
        for name, (operation, lowering) in kernels.lowerings.items()
        if operation.output.dtype == "int8" and not _is_tuned(lowering)
    }
    assert portable == {"dense_deep"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "ei_fomo_96_int8",
        "mlperf_ad_fcae_int8",
        "mlperf_ic_resnet8_int8",
        "mlperf_kws_dscnn_int8",
        "mlperf_sww_1dtcn_int8",
        "mlperf_vww_mbv1_025_96_int8",
        "tflm_person_detect_int8",
    ],
)
def test_estimates_are_near_what_is_counted(name: str, shared_models: Path, bundle_of: Any) -> None:
    tflite = (shared_models / f"{name}.tflite").read_bytes()
    bundle = bundle_of({"network": tflite}, backend="armv7em_dsp")
    layers = bundle.compiled["network"].layers
    report = bundle.run("cortex-m4f", bundle.windows(1), markers=[x.symbol for x in layers])
    counted = {cost.name: cost.instructions for cost in report.trace}
    estimated = [layer for layer in layers if layer.estimate is not None]
    assert 2 * len(estimated) > len(layers)
    for layer in estimated:
        assert layer.estimate == pytest.approx(counted[layer.symbol], rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cortex-m4f", "cortex-m7f", "cortex-m33"])
def test_all_cores_give_the_same_bits(name: str, bundle_of: Any, new_maker: type) -> None:
    files = {case: model_file(_FAMILY, case, new_maker) for case in FAMILIES[_FAMILY]}
    bundle = bundle_of(files, backend="armv7em_dsp")
    windows = bundle.windows(6)
    expected = bundle.run("host", windows).values
    np.testing.assert_array_equal(bundle.run(name, windows[:5]).values, expected[:5])
