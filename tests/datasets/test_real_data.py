"""Real data sets of many layouts, read as a user would."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tinsmith.datasets import WindowSpec, make_image_windows, make_windows
from tinsmith.datasets.events import EventOptions, find_events
from tinsmith.datasets.folder import FolderOptions, read_folder
from tinsmith.datasets.library import Library
from tinsmith.datasets.splits import folds, split_by_metadata
from tinsmith.datasets.summary import summarise
from tinsmith.signals import DecodeOptions, Segment, Sensor, Signal, decode


@pytest.mark.slow
def test_smartwatch_by_pattern(shared_data: Path, tmp_path: Path) -> None:
    options = FolderOptions(pattern="{label}.s{subject:02d}{side}.csv")
    dataset = read_folder(shared_data / "smartwatch-exercises", options)
    assert len(dataset) == 84
    assert dataset.problems == ()
    assert set(Counter(s.label for s in dataset.samples).values()) == {12}
    assert {s.metadata["subject"] for s in dataset.samples} == {f"{n:02d}" for n in range(1, 7)}
    assert {s.metadata["side"] for s in dataset.samples} == {"L", "R"}
    windows = make_windows(dataset.samples, WindowSpec(4000, 2000), group_key="subject")
    assert (windows.num_frames, windows.num_axes) == (200, 6)
    assert len(windows) == sum((s.facts.frames - 200) // 100 + 1 for s in dataset.samples)
    split = split_by_metadata(dataset.samples, "subject", testing=["05"])
    assert sum(s.category == "testing" for s in split) == 14
    library = Library(tmp_path)
    assert len(library.add(split).added) == 84
    again = make_windows(library.samples(), WindowSpec(4000, 2000), group_key="subject")
    np.testing.assert_array_equal(again.values, windows.values)
    assert library.verify() == ()


def test_keywords(shared_data: Path) -> None:
    dataset = read_folder(shared_data / "keywords")
    assert Counter(s.label for s in dataset.samples) == {
        "computer": 45,
        "jarvis": 45,
        "unknown": 45,
    }
    assert dataset.problems == ()
    windows = make_windows(dataset.samples, WindowSpec(1000, 500))
    assert windows.num_frames == 16000
    assert abs(windows.values).max() > 1000
    for fold in folds(dataset.samples, 5):
        assert Counter(dataset.samples[p].label for p in fold.testing) == {
            "computer": 9, "jarvis": 9, "unknown": 9,
        }  # fmt: skip


@pytest.mark.slow
def test_sound_events_folds_from_names(shared_data: Path) -> None:
    options = FolderOptions(pattern="{fold:d}-{source}-{take:1}.ogg")
    dataset = read_folder(shared_data / "sound-events", options)
    assert len(dataset) == 100
    assert set(Counter(s.label for s in dataset.samples).values()) == {20}
    made = folds(dataset.samples, by="group", key="fold")
    assert [(fold.name, len(fold.testing)) for fold in made] == [(str(n), 20) for n in range(1, 6)]
    windows = make_windows(dataset.samples[:3], WindowSpec(4900, 4900, interval_ms=1000 / 16000))
    assert windows.values.shape == (3, 78400)


@pytest.mark.slow
def test_clothing_images(shared_data: Path) -> None:
    dataset = read_folder(shared_data / "clothing-images")
    assert len(dataset.classes) == 10
    assert Counter(s.category for s in dataset.samples) == {"training": 240, "testing": 80}
    windows = make_image_windows(dataset.category("testing").samples, 32, 32, "fit-short")
    assert windows.values.shape == (80, 1024)
    assert windows.values.max() <= 0xFFFFFF


@pytest.mark.slow
def test_fan_vibration_without_header(shared_data: Path) -> None:
    options = FolderOptions(decode=DecodeOptions(interval_ms=5.0))
    dataset = read_folder(shared_data / "fan-vibration", options)
    assert set(Counter(s.label for s in dataset.samples).values()) == {70}
    assert len(dataset.classes) == 8
    windows = make_windows(dataset.samples, WindowSpec(1000, 1000))
    assert windows.values.shape == (560, 600)
    np.testing.assert_allclose(windows.values[0][:3], [-0.042969, 0.167969, 0.937988], rtol=1e-6)


@pytest.mark.slow
def test_har_smartphone_csv(shared_data: Path) -> None:
    dataset = read_folder(shared_data / "har-smartphone")
    assert set(Counter(s.label for s in dataset.samples).values()) == {40}
    assert len(dataset) == 240
    assert [problem.path for problem in dataset.problems] == ["windows.npz"]
    assert make_windows(dataset.samples, WindowSpec(2560, 2560)).values.shape == (240, 768)


def test_motion_gestures(shared_data: Path) -> None:
    dataset = read_folder(shared_data / "motion-gestures-cbor")
    assert Counter((s.category, s.label) for s in dataset.samples) == {
        ("training", "idle"): 11,
        ("testing", "idle"): 4,
        ("testing", "updown"): 4,
        ("testing", "wave"): 4,
        ("testing", "snake"): 2,
        ("testing", "shake"): 1,
    }
    assert [problem.path for problem in dataset.problems] == ["testing/idle.0.wrong"]
    assert {s.facts.interval_ms for s in dataset.samples} == {16}
    assert {tuple(x.name for x in s.facts.sensors) for s in dataset.samples} == {
        ("accX", "accY", "accZ")
    }
    summary = summarise(dataset)
    assert any("no training samples" in finding.message for finding in summary.findings)


def test_coffee_machine_events(shared_data: Path) -> None:
    dataset = read_folder(shared_data / "coffee-machine-events")
    assert len(dataset) == 7
    assert dataset.problems == ()
    assert Counter(s.category for s in dataset.samples) == {"training": 5, "testing": 2}
    counts = Counter(segment.label for s in dataset.samples for segment in s.segments)
    assert counts == {"idle": 42, "grind": 7, "extract": 14, "pump": 14}
    third = next(s for s in dataset.samples if s.name == "coffeemachine_multilabel_3")
    assert third.segments[1] == Segment(327, 1510, "grind")
    windows = make_windows(dataset.samples, WindowSpec(1000, 500))
    assert windows.classes == ("extract", "grind", "idle", "pump")
    assert "" not in windows.labels


def test_exported_pictures_with_index_and_boxes(shared_data: Path) -> None:
    exported = read_folder(shared_data / "format-zoo" / "labels" / "dataset")
    assert len(exported) == 6
    assert exported.classes == ("background", "capacitor", "diode")
    boxed = read_folder(shared_data / "format-zoo" / "labels" / "object_detection")
    found = {s.name.split(".")[0]: {box.label for box in s.boxes} for s in boxed.samples}
    assert found == {"1": {"dog", "toy"}, "51": {"toy", "ball", "dog"}}
    assert {sample.label for sample in boxed.samples} == {""}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["format-zoo", "malformed"])
def test_every_odd_file_is_reported_and_nothing_breaks(shared_data: Path, name: str) -> None:
    folder = shared_data / name
    dataset = read_folder(folder, FolderOptions(keep_duplicates=True, label_from="folder"))
    used = {s.source.path.relative_to(folder).as_posix() for s in dataset.samples}
    refused = {problem.path for problem in dataset.problems}
    everything = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("README.md", "README.txt", "MANIFEST.csv")
    }
    side_files = {path for path in everything if path.endswith(".labels")}
    assert used | refused | side_files == everything
    assert not used & refused
    assert all(problem.message for problem in dataset.problems)
    for sample in dataset.samples:
        content = sample.load()
        values = content.values if hasattr(content, "values") else content.pixels
        assert values.size > 0
        assert np.isfinite(values).all()
    summarise(dataset)


@pytest.mark.slow
def test_every_heart_beat_is_an_event(shared_data: Path) -> None:
    folder = shared_data / "heart-ppg-ecg"
    signal = decode((folder / "ecg_mitbih100_360hz.csv").read_bytes(), "ecg.csv").content
    assert isinstance(signal, Signal)
    lines = (folder / "ecg_mitbih100_beats.csv").read_text().splitlines()[1:]
    beats = [float(line.split(",")[0]) / signal.interval_ms for line in lines]
    spans = find_events(signal, EventOptions(500))
    assert abs(len(spans) - len(beats)) <= 2
    found = sum(any(start <= beat < end for start, end in spans) for beat in beats)
    assert found >= len(beats) - 2


def test_digits_spoken_one_after_the_other_are_told_apart(shared_data: Path) -> None:
    rng = np.random.default_rng(0)
    clips = [
        s.load_signal().values[:, 0] for s in read_folder(shared_data / "spoken-digits").samples
    ]
    order = rng.permutation([n for n, clip in enumerate(clips) if len(clip) < 8000])[:60]
    parts, marks, length = [], [], 0
    for number in order:
        gap = rng.normal(0, 20, 8000)
        parts += [gap, clips[number]]
        marks.append(length + len(gap) + len(clips[number]) / 2)
        length += len(gap) + len(clips[number])
    values = np.concatenate(parts).astype(np.float32)[:, None]
    spans = find_events(Signal(values, 1 / 8, (Sensor("audio", "wav"),)), EventOptions(1000))
    assert abs(len(spans) - len(marks)) <= 2
    assert sum(any(start < mark < end for start, end in spans) for mark in marks) >= 57
