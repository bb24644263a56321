"""The summary of a data set."""

from __future__ import annotations

import json

import numpy as np

from tinsmith.datasets import Dataset, Problem, sample_from_signal
from tinsmith.datasets.sample import Box
from tinsmith.datasets.summary import summarise
from tinsmith.signals import Image, Segment


def _messages(*samples, problems=()) -> str:
    dataset = Dataset(tuple(samples), tuple(problems))
    return " | ".join(f"{f.level}: {f.message}" for f in summarise(dataset).findings)


def test_numbers(make_sample) -> None:
    samples = (
        make_sample("a", "idle").with_(category="training"),
        make_sample("b", "walk", frames=50, metadata={"who": "x"}).with_(category="training"),
        make_sample("c", "walk", offset=1).with_(category="testing"),
        make_sample("d", "", offset=2),
    )
    summary = summarise(Dataset(samples))
    assert (summary.samples, summary.recordings, summary.pictures, summary.unlabelled) == (
        4,
        4,
        0,
        1,
    )
    assert summary.duration_ms == 3500
    assert (summary.shortest_ms, summary.median_ms, summary.longest_ms) == (500, 1000, 1000)
    assert [(part.category, part.samples) for part in summary.parts] == [
        ("training", 2), ("testing", 1), ("", 1),
    ]  # fmt: skip
    assert [(c.label, c.samples, c.duration_ms) for c in summary.classes] == [
        ("idle", 1, 1000), ("walk", 2, 1500),
    ]  # fmt: skip
    assert summary.rates[0].name == "100"
    assert summary.sensors[0].names == ("accX", "accY", "accZ")
    assert [(entry.name, entry.samples) for entry in summary.metadata] == [("who", 1)]
    assert json.loads(json.dumps(summary.to_json()))["parts"][0]["category"] == "training"


def test_labels_over_time_count_by_duration(make_sample) -> None:
    sample = make_sample(segments=(Segment(0, 29, "on"), Segment(30, 99, "off")))
    classes = summarise(Dataset((sample,))).classes
    assert [(entry.label, entry.duration_ms) for entry in classes] == [("off", 700), ("on", 300)]


def test_boxes_count_as_labels() -> None:
    picture = sample_from_signal(Image(np.zeros((2, 2, 3), np.uint8)), name="p")
    boxed = picture.with_(boxes=(Box("dog", 0, 0, 1, 1),))
    summary = summarise(Dataset((boxed,)))
    assert [entry.label for entry in summary.classes] == ["dog"]
    assert summary.unlabelled == 0
    assert summary.sizes[0].name == "2x2"


def test_findings(make_sample) -> None:
    long = make_sample("long", "idle", frames=1000)
    assert "much rarer than 'idle': walk" in _messages(long, make_sample("w", "walk"))
    assert "warning: all samples have the label 'idle'" in _messages(long)
    assert "differ only in spelling: Idle, idle" in _messages(long, make_sample("x", "Idle"))
    assert "no sample is set aside" in _messages(long)
    parts = (long.with_(category="training"), make_sample("w", "walk").with_(category="testing"))
    assert "no training samples: walk" in _messages(*parts)
    assert "different axes" in _messages(long, make_sample("x", axes=("a",)))
    assert "rates from 50 to 100 Hz" in _messages(long, make_sample("x", interval_ms=20))
    assert "far shorter" in _messages(long, long, make_sample("x", frames=10))
    assert "equal content: long, long" in _messages(long, long)
    picture = sample_from_signal(Image(np.zeros((2, 2, 3), np.uint8)), name="p")
    assert "mixed" in _messages(long, picture)
    assert "no label: x" in _messages(long, make_sample("x", ""))
    assert "1 files or lines were left out" in _messages(long, problems=[Problem("f", "odd")])


def test_warnings_come_first(make_sample) -> None:
    levels = [f.level for f in summarise(Dataset((make_sample(), make_sample("b", "")))).findings]
    assert levels == sorted(levels, reverse=True)
    assert set(levels) == {"warning", "note"}


def test_a_good_data_set_has_no_findings(make_sample) -> None:
    samples = [
        make_sample(f"{n}", "ab"[n % 2], offset=n).with_(category=("training", "testing")[n // 4])
        for n in range(8)
    ]
    assert summarise(Dataset(tuple(samples))).findings == ()


def test_nothing_is_summed_up_too() -> None:
    summary = summarise(Dataset(()))
    assert summary.samples == 0
    assert summary.findings == ()
