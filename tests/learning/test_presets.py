from __future__ import annotations

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.core.shapes import FeatureKind, FeatureShape
from tinsmith.learning.config import concatenated, network_config
from tinsmith.learning.layers import Dense, infer_shapes
from tinsmith.learning.presets import PRESETS, Task, find_preset, presets

SHAPES: dict[FeatureKind, tuple[tuple[int, ...], ...]] = {
    "flat": ((1,), (300,)),
    "series": ((1, 1), (3, 6), (200, 6)),
    "spectrogram": ((1, 1), (2, 3), (49, 13), (300, 40)),
    "image": ((8, 8, 1), (96, 96, 3), (160, 120, 3)),
}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets_fit_small_and_large_features(preset: object) -> None:
    assert isinstance(preset, type(PRESETS[0]))
    for dims in SHAPES[preset.kind]:
        shape = FeatureShape(preset.kind, dims)
        assert infer_shapes(preset.layers(shape), dims)
        for task in preset.tasks:
            network_config(task, preset.name, {}, shape)
    assert len(preset.help) > 40


@pytest.mark.parametrize("kind", list(SHAPES))
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_kind_of_features_has_a_default(kind: FeatureKind, task: Task) -> None:
    shape = FeatureShape(kind, SHAPES[kind][-1])
    assert find_preset("auto", shape, task) == presets(shape, task)[0]


def test_an_unknown_preset_lists_those_that_fit() -> None:
    shape = FeatureShape("spectrogram", (49, 13))
    with pytest.raises(DesignError, match="'resnet'") as caught:
        find_preset("resnet", shape, "classification")
    assert caught.value.hint is not None
    assert "conv1d" in caught.value.hint


def test_settings_come_from_the_design_then_the_preset_then_the_defaults() -> None:
    shape = FeatureShape("series", (200, 6))
    config = network_config("classification", "auto", {"epochs": 7}, shape)
    assert config.settings["epochs"] == 7
    assert config.settings["validation_share"] == 0.0  # the preset's
    assert config.settings["gradient_clip"] == 1.0
    listed = network_config("classification", [{"type": "dense", "units": 4}], {}, shape)
    assert listed.layers == (Dense(4),)


def test_wrong_settings_are_reported_together() -> None:
    with pytest.raises(DesignError, match=r"unknown parameter 'epoch'.*learning_rate is -1"):
        network_config(
            "classification", "auto", {"epoch": 3, "learning_rate": -1}, FeatureShape("flat", (3,))
        )


def test_several_blocks_side_by_side_are_flat() -> None:
    spectrogram = FeatureShape("spectrogram", (49, 13))
    assert concatenated([spectrogram]) == spectrogram
    assert concatenated([spectrogram, FeatureShape("flat", (3,))]) == FeatureShape("flat", (640,))
    with pytest.raises(DesignError):
        concatenated([])
