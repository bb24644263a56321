"""Finding events, and splitting recordings at them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.crop import uncrop
from tinsmith.datasets.events import EventOptions, find_events, segment, split
from tinsmith.signals import Segment, Sensor, Signal

_RATE_HZ = 8000


def _recording(starts_ms: list[int], *, length_ms: int = 10_000, event_ms: int = 300) -> Signal:
    """Noise with bursts of a tone."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 30, length_ms * _RATE_HZ // 1000)
    for start in starts_ms:
        first, count = start * _RATE_HZ // 1000, event_ms * _RATE_HZ // 1000
        tone = 2000 * np.sin(np.arange(count) * 0.5) * np.hanning(count)
        values[first : first + count] += tone
    return Signal(values.astype(np.float32)[:, None], 1000 / _RATE_HZ, (Sensor("audio", "wav"),))


def _ms(spans: tuple[tuple[int, int], ...]) -> list[tuple[float, float]]:
    return [(start * 1000 / _RATE_HZ, end * 1000 / _RATE_HZ) for start, end in spans]


@pytest.mark.parametrize("window_ms", [400, 1000, 1500])
def test_every_burst_gets_a_window_with_the_burst_in_its_middle(window_ms: int) -> None:
    starts = [500, 2500, 5000, 8200]
    found = _ms(find_events(_recording(starts), EventOptions(window_ms)))
    assert len(found) == 4
    for start, (first, last) in zip(starts, found, strict=True):
        assert last - first == window_ms
        if first > 0:
            assert (first + last) / 2 == pytest.approx(start + 150, abs=window_ms / 10)


@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize(("interval_ms", "frames"), [(1 / 16, 160_000), (16.0, 4000), (10.0, 400)])
def test_noise_alone_holds_no_events(interval_ms: float, frames: int, axes: int) -> None:
    values = np.random.default_rng(1).normal(size=(frames, axes)).astype(np.float32)
    signal = Signal(values, interval_ms, tuple(Sensor(f"a{n}", "g") for n in range(axes)))
    assert find_events(signal, EventOptions(1000)) == ()


@pytest.mark.parametrize("value", [0.0, 12.5])
def test_a_constant_holds_no_events(value: float) -> None:
    signal = Signal(np.full((5000, 2), value, np.float32), 1.0, (Sensor("x", "g"),) * 2)
    assert find_events(signal, EventOptions(200)) == ()


def test_an_event_counts_on_whichever_axis_it_is() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, [1000.0, 0.01], (4000, 2)).astype(np.float32)
    values[1000:1040, 1] += 0.2
    signal = Signal(values, 10.0, (Sensor("a", "deg/s"), Sensor("b", "g")))
    ((start, end),) = find_events(signal, EventOptions(1000))
    assert start <= 1000
    assert end >= 1040


def test_of_two_events_within_one_window_the_louder_is_kept_unless_windows_may_overlap() -> None:
    signal = _recording([3000, 3700])
    one = find_events(signal, EventOptions(1000))
    both = find_events(signal, EventOptions(1000, overlap=0.5, min_distance_ms=500))
    assert len(one) == 1
    assert len(both) == 2
    assert both[1][0] - both[0][0] >= 0.5 * _RATE_HZ


def test_a_shift_moves_windows_but_keeps_events_inside_and_depends_on_the_seed_alone() -> None:
    starts = [1000, 3000, 5000, 7000]
    signal = _recording(starts)
    options = EventOptions(1000, shift=1.0)
    first = find_events(signal, options, seed="a")
    assert first == find_events(signal, options, seed="a")
    assert first != find_events(signal, options, seed="b")
    assert first != find_events(signal, EventOptions(1000))
    for start, (begin, end) in zip(starts, _ms(first), strict=True):
        assert begin <= start + 60
        assert end >= start + 240


def test_a_recording_of_one_event_gives_itself() -> None:
    signal = _recording([200], length_ms=800)
    assert find_events(signal, EventOptions(1000)) == ((0, signal.frames),)


def test_rows_without_time_hold_no_events() -> None:
    signal = Signal(np.ones((1, 3), np.float32), 0.0, (Sensor("a", ""),) * 3)
    with pytest.raises(DatasetError, match="without time"):
        find_events(signal, EventOptions(100))


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_ms": 0}, {"window_ms": float("nan")}, {"min_distance_ms": -1}, {"overlap": 1},
        {"shift": 1.5}, {"threshold": 0},
    ],
)  # fmt: skip
def test_options_without_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(DesignError, match=next(iter(wrong))):
        EventOptions(**{"window_ms": 100, **wrong})


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 3000),
    bursts=st.lists(st.integers(0, 2999), max_size=8),
    window_ms=st.floats(1, 4000),
    overlap=st.sampled_from([0.0, 0.3, 0.9]),
    shift=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_windows_are_inside_of_one_length_and_overlap_no_more_than_said(
    frames: int, bursts: list[int], window_ms: float, overlap: float, shift: float
) -> None:
    values = np.random.default_rng(frames).normal(size=(frames, 1))
    for burst in bursts:
        values[burst : burst + 20] += 30
    signal = Signal(values.astype(np.float32), 1.0, (Sensor("x", "g"),))
    spans = find_events(signal, EventOptions(window_ms, overlap=overlap, shift=shift), seed="s")
    size = min(max(1, round(window_ms)), frames)
    assert all(start >= 0 and end <= frames and end - start == size for start, end in spans)
    starts = [start for start, _ in spans]
    assert starts == sorted(starts)
    assert all(
        after - before >= size - overlap * size for before, after in itertools.pairwise(starts)
    )


def test_parts_keep_what_is_known_of_the_recording(make_sample) -> None:
    sample = make_sample(
        "long", "knock", metadata={"who": "ann"}, segments=(Segment(0, 99, "x"),)
    ).with_(category="testing", enabled=False)
    parts = split(sample, [(0, 10), (20, 30), (25, 35)])
    assert [part.name for part in parts] == ["long.s1", "long.s2", "long.s3"]
    assert [part.id for part in parts] == [f"{sample.id}-{n}" for n in (1, 2, 3)]
    for part, start in zip(parts, (0, 20, 25), strict=True):
        assert (part.label, part.metadata, part.category) == ("knock", {"who": "ann"}, "testing")
        assert not part.enabled
        assert part.load_signal().values[0, 0] == 10 * start
        assert part.segments == (Segment(0, 9, "x"),)
        assert uncrop(part).facts == sample.facts


def test_parts_of_a_part_count_from_its_start_and_take_free_ids(make_sample) -> None:
    sample = make_sample()
    part = split(sample, [(50, 100)])[0]
    (again,) = split(part, [(10, 20)], taken={f"{sample.id}-1"})
    assert again.id == f"{sample.id}-2"
    assert again.name == "one.s1.s1"
    assert again.span == (60, 70)


def test_a_segment_is_given_in_milliseconds_and_ends_with_the_recording(make_sample) -> None:
    assert segment(make_sample(), 100, 200).span == (10, 30)
    assert segment(make_sample(), 900, 5000).span == (90, 100)
    with pytest.raises(DatasetError, match="expected a part of"):
        segment(make_sample(), 1000, 50)
    with pytest.raises(DatasetError, match="length above 0"):
        segment(make_sample(), 0, 0)


def test_a_split_into_nothing_is_refused(make_sample) -> None:
    with pytest.raises(DatasetError, match="at least one span"):
        split(make_sample(), [])
