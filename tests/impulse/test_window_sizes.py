"""Suggested window sizes say what they would really give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.datasets.windows import WindowSpec, make_windows
from tinsmith.impulse.window_sizes import data_kind, suggest_windows
from tinsmith.signals import Segment, Sensor, Signal

SampleMaker = Callable[..., tuple[Sample, ...]]


def recording(label: str, frames: int, segments: tuple[Segment, ...] = ()) -> Sample:
    values = np.random.default_rng([frames, len(label)]).normal(size=(frames, 1))
    signal = Signal(values.astype(np.float32), 10.0, (Sensor("x", ""),))
    return sample_from_signal(signal, name=f"{label}{frames}", label=label, segments=segments)


def counted(samples: tuple[Sample, ...]) -> None:
    """Every candidate's numbers are those of windows really cut."""
    for item in suggest_windows(samples):
        spec = WindowSpec(item.window_ms, item.stride_ms, zero_pad=True, interval_ms=10.0)
        windows = make_windows(samples, spec)
        assert item.windows == len(windows)
        assert item.per_label == Counter(windows.labels)
        frames = windows.num_frames
        lengths = [sample.facts.frames for sample in samples]
        empty = sum(max(0, frames - length) for length in lengths)
        assert item.padding == pytest.approx(empty / (len(windows) * frames))
        assert item.left_out == sum(length < frames for length in lengths)


def test_the_numbers_are_those_of_windows_really_cut(motion_samples: SampleMaker) -> None:
    counted(motion_samples(6))
    counted(tuple(recording(label, frames) for label in "ab" for frames in (40, 130, 700)))


def test_labels_over_time_are_counted_as_windows_are_labelled() -> None:
    segments = (Segment(100, 199, "clap"), Segment(400, 489, "knock"), Segment(700, 799, "clap"))
    samples = tuple(recording("", 1000 + n, segments) for n in range(3))
    assert data_kind(samples) == "event"
    counted(samples)
    best = suggest_windows(samples)[0]
    assert best.kind == "event"
    assert 900 <= best.window_ms <= 1000


def test_short_recordings_of_one_length_are_events(sound_samples: SampleMaker) -> None:
    best = suggest_windows(sound_samples(6))[0]
    assert (best.kind, best.window_ms, best.is_recommended) == ("event", 1000.0, True)
    assert (best.windows, best.padding, best.left_out) == (6, 0.0, 0)


def test_long_recordings_are_continuous_and_windows_overlap() -> None:
    samples = tuple(recording(label, 6000 + n) for label in "ab" for n in range(3))
    found = suggest_windows(samples)
    assert data_kind(samples) == "continuous"
    assert found[0].kind == "continuous"
    assert (found[0].window_ms, found[0].stride_ms) == (2000, 1000)
    assert sum(item.is_recommended for item in found) == 1
    assert {item.kind for item in found} == {"event", "continuous"}


def test_balance_is_one_for_equal_and_zero_for_one_label() -> None:
    even = suggest_windows([recording(label, 6000) for label in "ab"])
    assert all(item.balance == pytest.approx(1.0) for item in even)
    one = suggest_windows([recording("a", 6000)])
    assert all(item.balance == 0 for item in one)
    odd = suggest_windows([recording("a", 6000), recording("b", 600)])
    assert all(item.balance < 0.9 for item in odd if item.window_ms < 3000)


def test_a_resampled_input_is_counted_at_its_rate(motion_samples: SampleMaker) -> None:
    samples = motion_samples(3)
    for item in suggest_windows(samples, interval_ms=20.0):
        spec = WindowSpec(item.window_ms, item.stride_ms, zero_pad=True, interval_ms=20.0)
        assert item.windows == len(make_windows(samples, spec))


def test_pictures_and_rows_are_not_cut(picture_samples: SampleMaker) -> None:
    with pytest.raises(DatasetError, match="none of them a recording over time"):
        suggest_windows(picture_samples(2))
