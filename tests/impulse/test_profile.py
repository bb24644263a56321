"""A profile names every stage as the design does, and counts what one window costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DesignError, UnsupportedError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.profile import profile


@pytest.fixture(scope="module")
def windows(fitted: FittedImpulse, testing_samples: tuple[Sample, ...]) -> FloatArray:
    return cut_windows(testing_samples[:1], fitted.design, fitted.window).values


def test_stages_have_the_names_of_the_design(fitted: FittedImpulse, windows: FloatArray) -> None:
    found = profile(fitted, windows, target="cortex-m4f")
    names = [stage.name for stage in found.stages]
    assert names[:4] == ["call of the blocks", "spectral", "statistics", "scaling into the model"]
    assert names[4] == "network 0: fully_connected"
    assert names[-2:] == ["network 3: softmax", "odd"]


def test_instructions_are_those_of_a_window_without_start_up(
    fitted: FittedImpulse, windows: FloatArray
) -> None:
    found = profile(fitted, windows, target="cortex-m4f")
    assert found.instructions is not None
    assert found.startup_instructions is not None
    # The loop over windows, which forgets what the network remembers, belongs to no stage.
    counted = sum(stage.instructions for stage in found.stages)
    assert counted == pytest.approx(found.instructions, abs=100)
    assert 0 < found.startup_instructions < 0.05 * found.instructions
    assert profile(fitted, windows, target="cortex-m4f") == found


def test_memory_adds_up(fitted: FittedImpulse, windows: FloatArray) -> None:
    found = profile(fitted, windows, target="cortex-m4f")
    assert found.ram_bytes is not None
    assert found.stack_bytes is not None
    assert found.flash_bytes is not None
    assert found.stack_bytes < found.ram_bytes
    assert 0 < found.arena_bytes < found.ram_bytes
    assert 4 * found.num_features < found.ram_bytes < 16_000
    assert found.window_bytes == 1200
    assert 5_000 < found.flash_bytes < 200_000


def test_int8_is_smaller_than_float32(fitted: FittedImpulse, windows: FloatArray) -> None:
    one = profile(fitted, windows, variant="int8", target="cortex-m4f")
    other = profile(fitted, windows, variant="float32", target="cortex-m4f")
    assert one.flash_bytes is not None
    assert other.flash_bytes is not None
    assert one.flash_bytes < other.flash_bytes


@pytest.mark.parametrize("name", ["host", "wasm32"])
def test_other_targets_run_without_counting(
    fitted: FittedImpulse, windows: FloatArray, name: str
) -> None:
    found = profile(fitted, windows, target=name)
    assert (found.target, found.instructions, found.stages) == (name, None, ())
    assert json.loads(json.dumps(found.to_dict()))["ram_bytes"] is None


def test_targets_that_cannot_run_here_or_do_not_exist_are_refused(
    fitted: FittedImpulse, windows: FloatArray
) -> None:
    with pytest.raises(UnsupportedError, match="linux-armv7 cannot be run here"):
        profile(fitted, windows, target="linux-armv7")
    with pytest.raises(DesignError, match="unknown target 'cortex-m99'; expected one of"):
        profile(fitted, windows, target="cortex-m99")


def test_two_blocks_of_one_kind_are_told_apart(
    motion_samples: Callable[..., tuple[Sample, ...]],
    motion_document: Callable[..., dict[str, Any]],
) -> None:
    processing = [
        {"id": "coarse", "type": "spectral_analysis", "parameters": {"fft_length": 16}},
        {"id": "x_only", "type": "flatten", "axes": ["accX"]},
        {"id": "fine", "type": "spectral_analysis", "parameters": {"fft_length": 64}},
    ]
    learning = [{"id": "odd", "type": "anomaly_kmeans"}]
    made = fit(
        parse_impulse(motion_document(processing=processing, learning=learning)),
        motion_samples(6),
    )
    windows = cut_windows(motion_samples(1), made.design, made.window).values
    found = profile(made, np.ascontiguousarray(windows), target="cortex-m4f")
    assert [stage.name for stage in found.stages] == [
        "call of the blocks", "coarse", "x_only", "fine", "scaling into the model", "odd",
    ]  # fmt: skip
