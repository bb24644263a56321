"""The kernels for x86-64 at every level, and the formulas they replace exact arithmetic by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file

from tinsmith.compiler import compile_model
from tinsmith.compiler import fixedpoint as fp
from tinsmith.compiler.backends.x86_avx2_scale import find_scales
from tinsmith.compiler.backends.x86_avx2_sum import find_affine, reference
from tinsmith.emulation import run
from tinsmith.toolchain import BuildRequest, build, target

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

_FLAGS = {0: (), 1: ("avx2",), 2: ("avx2", "avx_vnni"), 3: ("avx512bw", "avx512vl", "avx512_vnni")}
_LEVELS = {0: "plain", 1: "avx2", 2: "avxvnni", 3: "avx512"}


def _require(level: int) -> None:
    info = Path("/proc/cpuinfo")
    flags = info.read_text(errors="replace").split() if info.is_file() else []
    missing = [flag for flag in _FLAGS[level] if flag not in flags]
    if missing:
        pytest.skip(f"this processor lacks {', '.join(missing)}")


def _bits(bundle: Any, windows: Any, *defines: str) -> bytes:
    """Outputs of a build that knows nothing of the processor but what `defines` say."""
    request = BuildRequest(
        target=target("linux-x86_64"),
        sources=bundle.sources,
        defines=defines,
        exports=("tin_run_windows",),
    )
    return run(build(request), bundle.layout, windows, threads=1).values.tobytes()


@pytest.fixture(scope="module")
def basic(bundle_of: Any, new_maker: type) -> tuple[Any, Any, bytes]:
    """(tuned bundle, windows, outputs of the portable kernels) of the basic operators."""
    files = {name: model_file("basic", name, new_maker) for name in FAMILIES["basic"]}
    portable = bundle_of(files)
    windows = portable.windows(12)
    expected = portable.run("host", windows).values.tobytes()
    return bundle_of(files, backend="x86_avx2"), windows, expected


@pytest.mark.slow
@pytest.mark.parametrize("level", _LEVELS, ids=_LEVELS.values())
def test_every_level_gives_the_same_bits(level: int, basic: tuple[Any, Any, bytes]) -> None:
    _require(level)
    bundle, windows, expected = basic
    assert _bits(bundle, windows, f"TIN_X86_LEVEL={level}") == expected


@pytest.mark.slow
def test_a_build_for_any_processor_finds_its_level(basic: tuple[Any, Any, bytes]) -> None:
    bundle, windows, expected = basic
    assert _bits(bundle, windows) == expected


def test_models_keep_their_results(bundle_of: Any, shared_models: Path) -> None:
    data = (shared_models / "ei_fomo_96_int8.tflite").read_bytes()
    portable, tuned = bundle_of({"net": data}), bundle_of({"net": data}, backend="x86_avx2")
    windows = portable.windows(8)
    expected = portable.run("host", windows).values
    np.testing.assert_array_equal(tuned.run("host", windows).values, expected)


def test_the_vector_kernels_are_what_is_called(shared_models: Path) -> None:
    data = (shared_models / "mlperf_kws_dscnn_int8.tflite").read_bytes()
    source = compile_model(data, name="net", backend="x86_avx2").source
    assert "tin_conv2d_run_s8" not in source
    assert "tin_depthwise_conv2d_run_s8" not in source
    assert source.count("tin_x86_product_run_s8(") == 6


def _outputs(sums: Any, multiplier: int, shift: int, limits: tuple[int, int, int]) -> Any:
    zero_point, low, high = limits
    values = [fp.requantize(int(value), multiplier, shift) + zero_point for value in sums]
    return np.clip(values, low, high)


@pytest.mark.parametrize("limits", [(-128, -128, 127), (3, -128, 127)])
def test_scaled_sums_equal_the_reference_for_every_sum(limits: tuple[int, int, int]) -> None:
    reach = 1 << 16
    multiplier = np.array([1 << 30, 1_388_888_889, (1 << 31) - 1, 1_700_000_003])
    shift = np.array([-5, -7, -8, -6])
    scales = find_scales(multiplier, shift, reach, limits)
    assert scales is not None
    sums = np.arange(-reach, reach + 1, 7)
    for channel, (factor, offset, below) in enumerate(zip(*scales, strict=True)):
        offsets = np.where(sums < 0, np.float64(below), np.float64(offset))
        scaled = np.floor(sums * np.float64(factor) + offsets)
        expected = _outputs(sums, int(multiplier[channel]), int(shift[channel]), limits)
        np.testing.assert_array_equal(np.clip(scaled, -128, 127), expected)


def test_sums_too_large_for_floats_are_not_scaled() -> None:
    one = np.array([1 << 30])
    assert find_scales(one, np.array([-12]), 1 << 24, (0, -128, 127)) is None


def test_an_affine_sum_equals_the_reference_for_every_pair() -> None:
    values = _sum_fields((0.0713, 0.0317, 0.0809), (3, -5, 7))
    wanted = reference(values, 1)
    affine = find_affine((0.0713 / 0.0809, 0.0317 / 0.0809), (3, -5, 7), wanted, (-128, 127))
    assert affine is not None
    np.testing.assert_array_equal(np.clip(affine.outputs(), -128, 127), wanted)
    assert 128 * (abs(affine.factor1) + abs(affine.factor2)) + abs(affine.offset) < 1 << 31


def test_one_pair_that_does_not_fit_leaves_no_formula() -> None:
    wanted = reference(_sum_fields((0.0713, 0.0317, 0.0809), (3, -5, 7)), 1)
    wanted[128, 128] += 5
    assert find_affine((0.0713 / 0.0809, 0.0317 / 0.0809), (3, -5, 7), wanted, (-128, 127)) is None


def _sum_fields(scales: tuple[float, ...], zeros: tuple[int, ...]) -> dict[str, int]:
    common = 2.0 * max(scales[:2])
    fields = {"zero_point": zeros[2], "minimum": -128, "maximum": 127}
    factors = [("1", scales[0] / common), ("2", scales[1] / common)]
    for suffix, factor in factors:
        multiplier, shift = fp.quantize_multiplier(factor)
        fields |= {f"multiplier{suffix}": multiplier, f"shift{suffix}": -shift}
    multiplier, shift = fp.quantize_multiplier(common / ((1 << 20) * scales[2]))
    fields |= {"output_multiplier": multiplier, "output_shift": -shift}
    return fields | {"offset1": -zeros[0], "offset2": -zeros[1]}
