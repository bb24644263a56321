"""Kernels for processors without vectors: sums that share words stay apart, the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file

from tinsmith.compiler.backends import scalar32
from tinsmith.compiler.backends.scalar32 import segment_of

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

_FAMILY = "convolution_shapes"
_NAMES = [name for name in FAMILIES[_FAMILY] if "depthwise" in name]


@pytest.mark.parametrize("depth", [1, 63, 64, 65, 576, 1000])
def test_no_part_of_a_sum_reaches_2_20(depth: int) -> None:
    largest = np.full((1, depth), -128)
    segment = segment_of(largest)
    assert 128 * 128 * segment < 1 << 20
    assert segment >= min(depth, 32)


def test_small_weights_are_summed_in_one_part() -> None:
    weights = np.random.default_rng(1).integers(-10, 11, (8, 1000))
    assert segment_of(weights) == 1000


def test_one_output_of_large_weights_shortens_the_parts_of_all() -> None:
    weights = np.zeros((4, 128), np.int64)
    weights[2] = 127
    assert segment_of(weights) == 64


@pytest.mark.parametrize(
    "machine",
    [
        "host",
        pytest.param("cortex-m0plus", marks=pytest.mark.slow),
        pytest.param("cortex-m3", marks=pytest.mark.slow),
        pytest.param("rv32imc", marks=pytest.mark.slow),
    ],
)
def test_depthwise_kernels_give_the_same_bits_even_where_they_do_not_pay(
    machine: str, bundle_of: Any, new_maker: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: model_file(_FAMILY, name, new_maker) for name in _NAMES}
    portable = bundle_of(files)
    monkeypatch.setattr(scalar32, "_GAIN", float("inf"))
    tuned = bundle_of(files, backend="scalar32")
    sources = {name for name in files if "tin_scalar_depthwise" in tuned.compiled[name].source}
    assert len(sources) > len(files) // 2
    windows = portable.windows(6)
    expected = portable.run("host", windows).values
    np.testing.assert_array_equal(tuned.run(machine, windows).values, expected)
