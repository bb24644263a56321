"""Windows: their number, content, labels and what does not fit together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets import (
    WindowSpec,
    make_image_windows,
    make_windows,
    regression_targets,
    sample_from_signal,
)
from tinsmith.datasets.windows import windows_by_part
from tinsmith.signals import Image, Segment, Sensor, Signal


def test_values_are_frame_by_frame_with_axes_together(make_sample) -> None:
    windows = make_windows([make_sample()], WindowSpec(size_ms=30, stride_ms=20))
    assert windows.num_frames == 3
    assert windows.num_axes == 3
    assert windows.axis_names == ("accX", "accY", "accZ")
    np.testing.assert_array_equal(windows.values[1], [20, 21, 22, 30, 31, 32, 40, 41, 42])
    np.testing.assert_array_equal(windows.start_ms[:3], [0, 20, 40])
    assert windows.values.dtype == np.float32


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    frames=st.lists(st.integers(1, 80), min_size=1, max_size=4),
    size=st.integers(1, 40),
    stride=st.integers(1, 50),
    zero_pad=st.booleans(),
)
def test_number_and_content_of_windows(
    frames: list[int], size: int, stride: int, zero_pad: bool
) -> None:
    rng = np.random.default_rng(0)
    sensors = (Sensor("x", ""), Sensor("y", ""))
    values = [rng.normal(size=(n, 2)).astype(np.float32) for n in frames]
    samples = [
        sample_from_signal(Signal(v, 10.0, sensors), name=f"{i}") for i, v in enumerate(values)
    ]
    expected = []
    for own in values:
        padded = np.zeros((size, 2), np.float32)
        padded[: min(len(own), size)] = own[:size]
        if len(own) < size:
            expected += [padded] if zero_pad else []
        else:
            expected += [own[s : s + size] for s in range(0, len(own) - size + 1, stride)]
    spec = WindowSpec(10.0 * size, 10.0 * stride, zero_pad=zero_pad)
    if not expected:
        with pytest.raises(DatasetError, match="shorter than a window"):
            make_windows(samples, spec)
        return
    windows = make_windows(samples, spec)
    np.testing.assert_array_equal(windows.values, [window.ravel() for window in expected])
    usable = sorted(set(windows.sample_index.tolist()))
    for parts in ([usable], [[index] for index in usable]):
        cut = list(windows_by_part(samples, parts, spec))
        together = np.concatenate([part.values for part in cut])
        np.testing.assert_array_equal(together, windows.values)
        assert sum((part.labels for part in cut), ()) == windows.labels
    without = {p.path for p in windows.problems}
    assert without == {s.name for i, s in enumerate(samples) if i not in windows.sample_index}


def test_too_short_recordings_are_reported_and_the_rest_is_cut(make_sample) -> None:
    samples = [make_sample("long"), make_sample("short", frames=4)]
    windows = make_windows(samples, WindowSpec(100, 100))
    assert len(windows) == 10
    assert [p.path for p in windows.problems] == ["short"]
    assert "lasts 40 ms" in windows.problems[0].message


def test_labels_groups_and_positions_follow_the_samples(make_sample) -> None:
    samples = [
        make_sample("a", "idle", metadata={"who": "ann"}),
        make_sample("b", "walk", offset=1, metadata={"who": "bob"}),
    ]
    windows = make_windows(samples, WindowSpec(500, 500), group_key="who")
    assert windows.labels == ("idle", "idle", "walk", "walk")
    assert windows.groups == ("ann", "ann", "bob", "bob")
    np.testing.assert_array_equal(windows.sample_index, [0, 0, 1, 1])
    own = make_windows(samples, WindowSpec(500, 500))
    assert own.groups == (samples[0].id,) * 2 + (samples[1].id,) * 2


def test_missing_group_key_names_samples_and_known_keys(make_sample) -> None:
    with pytest.raises(DatasetError, match="no metadata 'who': one") as caught:
        make_windows([make_sample(metadata={"hand": "L"})], WindowSpec(100, 100), group_key="who")
    assert "hand" in str(caught.value.hint)


def test_labels_over_time_move_with_resampling(make_sample) -> None:
    sample = make_sample(segments=(Segment(0, 49, "rest"), Segment(50, 99, "run")))
    for interval in (None, 5.0, 20.0, 12.5):
        windows = make_windows([sample], WindowSpec(250, 250, interval_ms=interval))
        assert windows.labels == ("rest", "rest", "run", "run")


def test_uncovered_frames_take_the_sample_label_or_none(make_sample) -> None:
    segments = (Segment(0, 49, "run"),)
    with_label = make_sample("a", "idle", segments=segments)
    without = make_sample("b", "", segments=segments)
    assert make_windows([with_label], WindowSpec(500, 500)).labels == ("run", "idle")
    windows = make_windows([without], WindowSpec(500, 500))
    assert windows.labels == ("run", "")
    assert windows.labelled().labels == ("run",)
    assert windows.classes == ("run",)


def test_resampling_to_the_target_rate_keeps_a_slow_wave() -> None:
    time = np.arange(400) / 100
    values = np.sin(2 * np.pi * 2 * time).astype(np.float32)[:, None] * 100
    sample = sample_from_signal(Signal(values, 10.0, (Sensor("x", "g"),)), name="wave")
    windows = make_windows([sample], WindowSpec(2000, 2000, interval_ms=16.0))
    assert windows.num_frames == 125
    assert windows.interval_ms == 16.0
    expected = 100 * np.sin(2 * np.pi * 2 * (np.arange(125) * 0.016))
    np.testing.assert_allclose(windows.values[0][10:], expected[10:], atol=1.5)


def test_rates_that_differ_need_a_target_rate(make_sample) -> None:
    samples = [make_sample("a"), make_sample("b", offset=1), make_sample("c", interval_ms=20)]
    with pytest.raises(DatasetError, match=r"100 Hz, but 1 differ: c \(50 Hz\)"):
        make_windows(samples, WindowSpec(100, 100))
    assert len(make_windows(samples, WindowSpec(100, 100, interval_ms=10))) == 10 + 10 + 20


def test_clock_error_is_the_same_rate(make_sample) -> None:
    samples = [make_sample("a"), make_sample("b", interval_ms=10.03)]
    windows = make_windows(samples, WindowSpec(100, 100))
    np.testing.assert_array_equal(windows.values[:10], windows.values[10:])


def test_mixed_axes_name_the_samples_that_differ(make_sample) -> None:
    samples = [make_sample("a"), make_sample("odd", axes=("accX", "accY"))]
    with pytest.raises(DatasetError, match=r"accX, accY, accZ: odd \(accX, accY\)"):
        make_windows(samples, WindowSpec(100, 100))
    chosen = make_windows(samples, WindowSpec(100, 100, sensors=("accY", "accX")))
    np.testing.assert_array_equal(chosen.values[0][:4], [1, 0, 11, 10])


def test_axes_in_another_order_are_taken_by_name(make_sample) -> None:
    swapped = make_sample("b", axes=("accZ", "accX", "accY"))
    windows = make_windows([make_sample("a"), swapped], WindowSpec(100, 1000))
    np.testing.assert_array_equal(windows.values[1][:3], [1, 2, 0])


def test_mixed_units_are_refused_and_unknown_ones_tolerated(make_sample) -> None:
    samples = [make_sample("a"), make_sample("b", units="N/A", offset=1)]
    assert len(make_windows(samples, WindowSpec(100, 100))) == 20
    with pytest.raises(DatasetError, match="several units"):
        make_windows([*samples, make_sample("c", units="g")], WindowSpec(100, 100))


def test_rows_without_time_are_windows(make_sample) -> None:
    samples = [make_sample("a", frames=1, interval_ms=0), make_sample("b", interval_ms=0, frames=1)]
    windows = make_windows(samples, WindowSpec(1000, 1000))
    assert windows.values.shape == (2, 3)
    assert windows.interval_ms == 0
    with pytest.raises(DatasetError, match="no sampling rate"):
        make_windows([*samples, make_sample("c")], WindowSpec(1000, 1000))


def test_pictures_among_recordings_are_refused(make_sample) -> None:
    picture = sample_from_signal(Image(np.zeros((4, 4, 3), np.uint8)), name="pic")
    with pytest.raises(DatasetError, match="pictures: pic"):
        make_windows([make_sample(), picture], WindowSpec(100, 100))
    with pytest.raises(DatasetError, match="recordings over time: one"):
        make_image_windows([make_sample(), picture], 4, 4, "squash")
    with pytest.raises(DatasetError, match="no samples"):
        make_windows([], WindowSpec(100, 100))


def test_pixels_are_packed_red_first() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 1] = (0x12, 0x34, 0x56)
    sample = sample_from_signal(Image(pixels), name="pic", label="cat")
    windows = make_image_windows([sample], 3, 2, "squash")
    assert windows.values.shape == (1, 6)
    assert windows.values[0, 1] == 0x123456
    assert windows.values[0, 0] == 0
    assert windows.labels == ("cat",)


def test_white_survives_as_float() -> None:
    sample = sample_from_signal(Image(np.full((1, 1, 3), 255, np.uint8)), name="pic")
    assert int(make_image_windows([sample], 1, 1, "squash").values[0, 0]) == 0xFFFFFF


def test_regression_targets_must_be_numbers() -> None:
    np.testing.assert_array_equal(regression_targets(["1.5", "-2"]), np.float32([1.5, -2]))
    with pytest.raises(DatasetError, match="'idle', 'nan'"):
        regression_targets(["1", "nan", "idle"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"size_ms": 0}, "size_ms is 0"),
        ({"stride_ms": float("nan")}, "stride_ms is nan"),
        ({"interval_ms": -1}, "interval_ms is -1"),
        ({"label_share": 1.5}, "label_share is 1.5"),
        ({"label_rule": "any"}, "label_priority"),
    ],
)
def test_nonsense_is_refused(fields, said: str) -> None:
    with pytest.raises(DesignError, match=said):
        WindowSpec(**{"size_ms": 100, "stride_ms": 100, **fields})


def test_progress_reaches_the_end(make_sample) -> None:
    seen = []
    make_windows([make_sample("a"), make_sample("b")], WindowSpec(100, 100), progress=seen.append)
    assert [(step.done, step.total) for step in seen] == [(1, 2), (2, 2)]


def test_window_length_rounds_to_whole_frames() -> None:
    spec = WindowSpec(1000, 500)
    assert spec.frames(16.0) == 62
    assert spec.frames(1000 / 119) == 119
    assert spec.frames(8.4034) == 119
    assert spec.stride_frames(2000) == 1
