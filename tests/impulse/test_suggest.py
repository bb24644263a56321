"""The first design fits the data at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.impulse.design import ImageInput, Impulse, TimeSeriesInput, parse_impulse
from tinsmith.impulse.features import window_format
from tinsmith.impulse.fit import check_design
from tinsmith.impulse.suggest import PRESETS, suggest
from tinsmith.signals import Sensor, Signal

SampleMaker = Callable[..., tuple[Sample, ...]]


@pytest.fixture
def data(
    motion_samples: SampleMaker, sound_samples: SampleMaker, picture_samples: SampleMaker
) -> dict[str, tuple[Sample, ...]]:
    return {
        "motion": motion_samples(12),
        "audio": sound_samples(12),
        "image": picture_samples(12),
    }


def series(design: Impulse) -> TimeSeriesInput:
    assert isinstance(design.input, TimeSeriesInput)
    return design.input


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_a_design_that_fits(
    data: dict[str, tuple[Sample, ...]], preset: str
) -> None:
    samples = data[PRESETS[preset][0]]
    design = suggest(samples, preset, name="first")
    assert design.name == "first"
    assert check_design(design, window_format(samples, design))
    assert parse_impulse(design.model_dump(mode="json")) == design


@pytest.mark.parametrize(
    ("kind", "blocks"),
    [("motion", ["spectral_analysis", "flatten"]), ("audio", ["mfe"]), ("image", ["image"])],
)
def test_the_kind_of_data_decides(
    data: dict[str, tuple[Sample, ...]], kind: str, blocks: list[str]
) -> None:
    design = suggest(data[kind])
    assert [item.type for item in design.processing] == blocks
    assert [item.type for item in design.learning] == ["classification"]
    assert isinstance(design.input, ImageInput) == (kind == "image")


def test_windows_fit_the_recordings(motion_samples: SampleMaker) -> None:
    long = series(suggest(motion_samples(3, seconds=10)))
    assert (long.window_ms, long.stride_ms, long.interval_ms) == (2000, 1000, 10)
    short = series(suggest(motion_samples(3, seconds=0.7)))
    assert (short.window_ms, short.stride_ms) == (700, 350)


def test_sound_at_a_high_rate_is_taken_at_16_khz(sound_samples: SampleMaker) -> None:
    design = series(suggest(sound_samples(3, interval_ms=1 / 44.1)))
    assert design.interval_ms == 0.0625
    assert design.window_ms == pytest.approx(1000, abs=0.1)


def test_short_sounds_are_taken_whole_and_long_ones_by_the_second(
    sound_samples: SampleMaker,
) -> None:
    word = series(suggest(sound_samples(3, seconds=1.5), "keywords"))
    assert word.window_ms == 1500
    clip = suggest(sound_samples(3, seconds=4.0))
    assert series(clip).window_ms == 4000
    assert clip.processing[0].parameters["frame_length_s"] == 0.04
    assert clip.processing[0].parameters["fft_length"] == 1024
    assert series(suggest(sound_samples(3, seconds=8.0))).window_ms == 1000


@pytest.mark.parametrize("interval_ms", [0.0625, 0.125, 0.25, 1 / 44.1])
def test_the_fft_takes_all_of_a_frame(sound_samples: SampleMaker, interval_ms: float) -> None:
    samples = sound_samples(3, interval_ms=interval_ms)
    design = suggest(samples)
    blocks = check_design(design, window_format(samples, design))
    assert [text for item in blocks for text in item.plan.warnings] == []


def test_people_and_devices_stay_together(motion_samples: SampleMaker) -> None:
    samples = motion_samples(12)
    assert series(suggest(samples)).group_key == "device"
    people = [
        item.with_(metadata={**item.metadata, "subject": str(index % 3)})
        for index, item in enumerate(samples)
    ]
    assert series(suggest(people)).group_key == "subject"
    assert series(suggest([item.with_(metadata={}) for item in samples])).group_key == ""
    assert series(suggest([samples[0].with_(metadata={}), *samples[1:]])).group_key == ""


def test_many_numbers_as_labels_mean_regression(motion_samples: SampleMaker) -> None:
    samples = motion_samples(12)
    numbers = [item.with_(label=f"{index * 1.5}") for index, item in enumerate(samples)]
    assert [item.type for item in suggest(numbers).learning] == ["regression"]
    digits = [item.with_(label=str(index % 3)) for index, item in enumerate(samples)]
    assert [item.type for item in suggest(digits).learning] == ["classification"]


def test_rows_without_time_get_a_design_too() -> None:
    sensors = (Sensor("a", ""), Sensor("b", ""))
    rows = [
        sample_from_signal(
            Signal(np.array([[index, 1]], np.float32), 0.0, sensors), name=str(index), label="x"
        )
        for index in range(3)
    ]
    design = suggest(rows, "raw")
    assert window_format(rows, design).num_frames == 1


def test_what_makes_no_sense_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(DatasetError, match="nothing to design for"):
        suggest(())
    with pytest.raises(DesignError, match="there is no preset 'magic'; known: auto, motion"):
        suggest(data["motion"], "magic")
    with pytest.raises(DesignError, match="preset 'keywords' is for audio data") as caught:
        suggest(data["motion"], "keywords")
    assert caught.value.hint == "use motion, raw, anomaly"
