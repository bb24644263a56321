"""Cropping, and undoing it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import Sample, WindowSpec, make_windows, sample_from_signal
from tinsmith.datasets.crop import crop, crop_loudest, uncrop
from tinsmith.datasets.folder import read_folder
from tinsmith.datasets.labelling import label_codes
from tinsmith.datasets.sample import MemorySource
from tinsmith.signals import Image, Segment, Sensor, Signal


def test_the_loud_part_is_kept_whatever_the_offset_of_the_axis() -> None:
    values = np.full((1000, 1), 500.0, np.float32)
    values[600:700, 0] += 100 * np.sin(np.arange(100))
    sample = sample_from_signal(
        Signal(values, 1.0, (Sensor("audio", "wav"),)), name="word", label="yes",
        metadata={"who": "ann"},
    )  # fmt: skip
    cropped = crop_loudest(sample, 100)
    np.testing.assert_array_equal(cropped.load_signal().values, values[600:700])
    assert (cropped.name, cropped.label, cropped.metadata) == ("word", "yes", {"who": "ann"})
    assert cropped.fingerprint != sample.fingerprint
    assert crop_loudest(sample, 1000) is sample
    with pytest.raises(DatasetError, match="length_ms is 0"):
        crop_loudest(sample, 0)


def test_content_facts_and_labels_follow_a_crop(make_sample) -> None:
    sample = make_sample(segments=(Segment(10, 39, "on"), Segment(40, 49, "off")))
    cropped = crop(sample, 30, 60)
    np.testing.assert_array_equal(cropped.load_signal().values, sample.load_signal().values[30:60])
    assert cropped.span == (30, 60)
    assert (cropped.facts.frames, cropped.facts.duration_ms) == (30, 300)
    assert cropped.segments == (Segment(0, 9, "on"), Segment(10, 19, "off"))
    assert cropped.id == sample.id
    assert cropped.fingerprint != sample.fingerprint
    assert uncrop(cropped).fingerprint == sample.fingerprint


def test_windows_of_a_cropped_recording_are_those_of_its_part(make_sample) -> None:
    sample = make_sample(segments=(Segment(0, 49, "on"), Segment(50, 99, "off")))
    windows = make_windows([crop(sample, 40, 100)], WindowSpec(100, 100))
    assert windows.labels == ("on", "off", "off", "off", "off", "off")
    assert windows.values[0, 0] == 400


def test_labels_edited_within_a_crop_stay_and_those_outside_come_back(make_sample) -> None:
    sample = make_sample(segments=(Segment(0, 69, "on"), Segment(70, 99, "off")))
    edited = crop(sample, 20, 80).with_(segments=(Segment(5, 9, "new"),))
    assert uncrop(edited).segments == (
        Segment(0, 19, "on"), Segment(25, 29, "new"), Segment(80, 99, "off"),
    )  # fmt: skip


def test_a_file_is_cropped_without_touching_it(write_csv, tmp_path) -> None:
    path = write_csv(tmp_path / "in" / "a.1.csv", rows=30)
    (sample,) = read_folder(tmp_path / "in").samples
    cropped = crop(sample, 10, 15)
    np.testing.assert_array_equal(cropped.load_signal().values, sample.load_signal().values[10:15])
    assert cropped.source.data() == path.read_bytes()
    assert uncrop(cropped).source == sample.source
    without_whole = cropped.with_(whole=None)  # as a row of a table may have it
    assert uncrop(without_whole).facts == sample.facts
    assert uncrop(crop(without_whole, 1, 3)).facts == sample.facts


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (6, 5), (0, 101), (100, 101)])
def test_a_crop_to_what_is_not_there_is_refused(make_sample, start: int, end: int) -> None:
    with pytest.raises(DatasetError, match="expected a part of 0 to 100"):
        crop(make_sample(), start, end)


def test_pictures_are_not_cropped() -> None:
    picture = sample_from_signal(Image(np.zeros((2, 3, 3), np.uint8)), name="p")
    with pytest.raises(DatasetError, match="this is a picture"):
        crop(picture, 0, 1)
    spanned = picture.with_(source=MemorySource(picture.load_image(), (0, 1)))
    with pytest.raises(DatasetError, match="this is a picture"):
        spanned.load()


def test_a_span_outside_the_content_is_an_error_when_it_is_read(make_sample) -> None:
    sample = make_sample()
    wrong = sample.with_(source=MemorySource(sample.load_signal(), (90, 110)))
    with pytest.raises(DatasetError, match="recording of 100 frames"):
        wrong.load()


def test_keeping_all_changes_nothing_and_undoing_no_crop_neither(make_sample) -> None:
    sample = make_sample()
    assert crop(sample, 0, 100) is sample
    assert uncrop(sample) is sample


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_crops_of_crops_come_back_as_they_were(data: st.DataObject) -> None:
    frames = data.draw(st.integers(2, 40))
    codes = data.draw(st.lists(st.sampled_from(["", "a", "b"]), min_size=frames, max_size=frames))
    segments = tuple(Segment(i, i, label) for i, label in enumerate(codes) if label)
    values = np.arange(frames, dtype=np.float32)[:, None]
    sample = sample_from_signal(
        Signal(values, 1.0, (Sensor("x", "g"),)), name="s", segments=segments
    )
    cropped: Sample = sample
    first, last = 0, frames
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, last - first - 1))
        end = data.draw(st.integers(start + 1, last - first))
        cropped = crop(cropped, start, end)
        first, last = first + start, first + end
        assert cropped.load_signal().values[:, 0].tolist() == list(range(first, last))
        assert _labels(cropped) == codes[first:last]
    back = uncrop(cropped)
    assert back.facts == sample.facts
    assert _labels(back) == codes
    assert back.whole is None


def _labels(sample: Sample) -> list[str]:
    names, codes = label_codes(sample.segments, "", sample.facts.frames)
    return [names[code] for code in codes]
