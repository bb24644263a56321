"""Changed copies of training windows are computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.datasets.augment import AugmentConfig, augment
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.augmented import augmented_table
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.features import (
    FeatureTable,
    extract_features,
    feature_table,
    window_format,
)

CONFIG = AugmentConfig(copies=2, noise=0.1, scale=0.2)


def table_of(
    samples: tuple[Sample, ...],
    design: Impulse,
    cache: Cache,
    config: AugmentConfig = CONFIG,
    seed: int = 1,
) -> FeatureTable:
    window = window_format(samples, design)
    return augmented_table(samples, design, window, config, seed=seed, cache=cache)


def test_the_originals_come_first_then_copy_by_copy(
    training_samples: tuple[Sample, ...], motion_design: Impulse
) -> None:
    window = window_format(training_samples, motion_design)
    plain = feature_table(training_samples, motion_design, window, cache=Cache(None))
    table = table_of(training_samples, motion_design, Cache(None))
    count = len(plain)
    assert len(table) == 3 * count
    for name, values in plain.features.items():
        assert table.features[name][:count].tobytes() == values.tobytes()
        assert table.features[name][count : 2 * count].tobytes() != values.tobytes()
    assert table.labels == plain.labels * 3
    assert table.groups == plain.groups * 3


def test_copies_are_made_once(
    training_samples: tuple[Sample, ...], motion_design: Impulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(*given: Any) -> Any:
        made.append(1)
        return augment(*given)

    monkeypatch.setattr("tinsmith.impulse.augmented.augment", counted)
    cache = Cache(None)
    first = table_of(training_samples, motion_design, cache)
    again = table_of(training_samples, motion_design, cache)
    assert len(made) == 1
    assert again.labels == first.labels
    assert again.sample_index.tolist() == first.sample_index.tolist()
    assert again.features["spectral"].tobytes() == first.features["spectral"].tobytes()
    other = table_of(training_samples, motion_design, cache, seed=2)
    assert len(made) == 2
    assert other.features["spectral"].tobytes() != first.features["spectral"].tobytes()
    table_of(training_samples, motion_design, cache, AugmentConfig(copies=1, noise=0.1))
    assert len(made) == 3


def test_only_a_changed_block_is_extracted_again(
    training_samples: tuple[Sample, ...],
    motion_document: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extracted: list[str] = []

    def counted(blocks: Any, values: Any) -> Any:
        extracted.extend(item.id for item in blocks)
        return extract_features(blocks, values)

    monkeypatch.setattr("tinsmith.impulse.augmented.extract_features", counted)
    cache = Cache(None)
    document = motion_document()
    table_of(training_samples, parse_impulse(document), cache)
    document["processing"][0]["parameters"] = {"fft_length": 16}
    table = table_of(training_samples, parse_impulse(document), cache)
    assert extracted == ["spectral", "statistics", "spectral"]
    assert {len(values) for values in table.features.values()} == {len(table)}


def test_a_change_the_axes_do_not_allow_is_refused(
    sound_samples: Callable[..., tuple[Sample, ...]],
) -> None:
    design = parse_impulse(
        {
            "input": {
                "type": "time-series",
                "window_ms": 1000,
                "stride_ms": 1000,
                "interval_ms": 0.0625,
            },
            "processing": [{"id": "mfe", "type": "mfe"}],
            "learning": [{"id": "network", "type": "classification"}],
        }
    )
    with pytest.raises(DesignError, match="ax"):
        table_of(sound_samples(3), design, Cache(None), AugmentConfig(rotation_rad=0.5))
