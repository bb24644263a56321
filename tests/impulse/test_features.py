"""Features are computed once per recording and block, and only what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.progress import Step
from tinsmith.datasets.sample import MemorySource, Sample, sample_from_signal
from tinsmith.dsp import extract
from tinsmith.dsp.block import Block, BlockPlan
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.features import (
    FeatureTable,
    cut_windows,
    extract_features,
    feature_table,
    plan_blocks,
    require_labels,
    window_format,
)
from tinsmith.signals import Decoded, Segment, Sensor, Signal

SampleMaker = Callable[..., tuple[Sample, ...]]


@dataclass
class Work:
    """What was really done: recordings read, and windows extracted by each block."""

    read: list[str] = field(default_factory=list)
    extracted: dict[str, int] = field(default_factory=dict)

    def reset(self) -> None:
        self.read.clear()
        self.extracted.clear()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts the real work that runs through the module."""
    done = Work()
    read = MemorySource.read

    def counted_extract(block: Block, plan: BlockPlan, values: FloatArray) -> FloatArray:
        done.extracted[block.name] = done.extracted.get(block.name, 0) + len(values)
        return extract(block, plan, values)

    def counted_read(source: MemorySource) -> Decoded:
        done.read.append("recording")
        return read(source)

    monkeypatch.setattr("tinsmith.impulse.features.extract", counted_extract)
    monkeypatch.setattr(MemorySource, "read", counted_read)
    return done


def table_of(samples: Sequence[Sample], design: Impulse, cache: Cache) -> FeatureTable:
    return feature_table(samples, design, window_format(samples, design), cache=cache)


def changed(design: Impulse, block: int, **parameters: Any) -> Impulse:
    document = design.model_dump(mode="json")
    document["processing"][block]["parameters"].update(parameters)
    return parse_impulse(document)


def test_the_table_holds_what_windows_and_blocks_give(
    training_samples: tuple[Sample, ...], motion_design: Impulse
) -> None:
    window = window_format(training_samples, motion_design)
    assert (window.num_frames, window.num_axes, window.length) == (100, 3, 300)
    table = table_of(training_samples, motion_design, Cache(None))
    windows = cut_windows(training_samples, motion_design, window)
    blocks = plan_blocks(motion_design, window)
    expected = extract_features(blocks, windows.values)
    assert len(table) == len(windows) == 24 * 5
    for name, values in expected.items():
        assert table.features[name].tobytes() == values.tobytes()
    assert table.labels == windows.labels
    assert table.groups == windows.groups
    assert table.start_ms.tolist() == windows.start_ms.tolist()
    assert table.sample_index.tolist() == windows.sample_index.tolist()
    joined = table.joined(["statistics", "spectral"])
    assert joined.shape == (120, sum(item.plan.num_features for item in blocks))


def test_long_recordings_among_short_ones_give_the_same_windows(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    long = motion_samples(2, first=50, seconds=40.0)
    samples = [*motion_samples(2), long[0], *motion_samples(1, first=9), long[1]]
    window = window_format(samples, motion_design)
    table = table_of(samples, motion_design, Cache(None))
    windows = cut_windows(samples, motion_design, window)
    assert np.bincount(windows.sample_index).max() > 2 * 32
    for name, values in extract_features(
        plan_blocks(motion_design, window), windows.values
    ).items():
        assert table.features[name].tobytes() == values.tobytes()
    assert (table.labels, table.groups) == (windows.labels, windows.groups)
    assert table.start_ms.tolist() == windows.start_ms.tolist()
    assert table.sample_index.tolist() == windows.sample_index.tolist()


def test_a_second_look_computes_nothing(
    training_samples: tuple[Sample, ...], motion_design: Impulse, work: Work
) -> None:
    cache = Cache(None)
    first = table_of(training_samples, motion_design, cache)
    assert len(work.read) == 24
    assert work.extracted == {"spectral_analysis": 120, "flatten": 120}
    work.reset()
    again = table_of(training_samples, motion_design, cache)
    assert (work.read, work.extracted) == ([], {})
    assert again.features["spectral"].tobytes() == first.features["spectral"].tobytes()


def test_a_changed_parameter_recomputes_its_block_alone(
    training_samples: tuple[Sample, ...], motion_design: Impulse, work: Work
) -> None:
    cache = Cache(None)
    table_of(training_samples, motion_design, cache)
    work.reset()
    table_of(training_samples, changed(motion_design, 0, fft_length=16), cache)
    assert work.extracted == {"spectral_analysis": 120}
    work.reset()
    table_of(training_samples, changed(motion_design, 0, fft_length=32), cache)
    assert work.extracted == {}


def test_an_added_recording_is_the_only_one_computed(
    motion_samples: SampleMaker, motion_design: Impulse, work: Work
) -> None:
    cache = Cache(None)
    table_of(motion_samples(6), motion_design, cache)
    work.reset()
    table = table_of(motion_samples(7), motion_design, cache)
    assert (len(work.read), work.extracted) == (1, {"spectral_analysis": 5, "flatten": 5})
    assert len(table) == 35
    work.reset()
    table_of(motion_samples(4), motion_design, cache)
    assert work.read == []


def test_renaming_and_moving_a_recording_computes_nothing(
    training_samples: tuple[Sample, ...], motion_design: Impulse, work: Work
) -> None:
    cache = Cache(None)
    table_of(training_samples, motion_design, cache)
    work.reset()
    moved = [
        item.with_(name=f"other{index}", category="testing")
        for index, item in enumerate(reversed(training_samples))
    ]
    table_of(moved, motion_design, cache)
    assert work.read == []


def test_a_new_label_is_seen(training_samples: tuple[Sample, ...], motion_design: Impulse) -> None:
    cache = Cache(None)
    table_of(training_samples, motion_design, cache)
    relabelled = [training_samples[0].with_(label="new"), *training_samples[1:]]
    assert table_of(relabelled, motion_design, cache).labels[:5] == ("new",) * 5


@pytest.mark.parametrize("change", [{"window_ms": 900}, {"stride_ms": 250}, {"interval_ms": 20}])
def test_changed_windows_recompute_everything(
    training_samples: tuple[Sample, ...],
    motion_design: Impulse,
    work: Work,
    change: dict[str, float],
) -> None:
    cache = Cache(None)
    table_of(training_samples, motion_design, cache)
    work.reset()
    document = motion_design.model_dump(mode="json")
    document["input"].update(change)
    table_of(training_samples, parse_impulse(document), cache)
    assert len(work.read) == 24


def test_a_damaged_entry_is_computed_again(
    motion_samples: SampleMaker, motion_design: Impulse, work: Work, tmp_path: Any
) -> None:
    samples = motion_samples(3)
    first = table_of(samples, motion_design, Cache(tmp_path))
    damaged = sorted(path for path in (tmp_path / "features").rglob("*") if path.is_file())
    damaged[0].write_bytes(b"")
    index = next(path for path in (tmp_path / "windows").rglob("*") if path.is_file())
    index.write_bytes(b"{}")
    work.reset()
    again = table_of(samples, motion_design, Cache(tmp_path))
    assert 1 <= len(work.read) <= 2
    assert again.labels == first.labels
    assert again.features["spectral"].tobytes() == first.features["spectral"].tobytes()


def test_progress_ends_at_the_number_of_samples(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    steps: list[Step] = []
    samples = motion_samples(5)
    window = window_format(samples, motion_design)
    feature_table(samples, motion_design, window, cache=Cache(None), progress=steps.append)
    assert [step.done for step in steps] == [0, 5]
    assert {(step.stage, step.total) for step in steps} == {("features", 5)}


def test_recordings_too_short_are_named_and_left_out(
    motion_samples: SampleMaker, motion_document: Callable[..., dict[str, Any]]
) -> None:
    document = motion_document()
    document["input"]["zero_pad"] = False
    design = parse_impulse(document)
    short = motion_samples(1, first=50, seconds=0.5)[0]
    cache = Cache(None)
    for _ in range(2):  # the second time from the cache
        table = table_of([*motion_samples(3), short], design, cache)
        assert len(table) == 15
        assert [problem.path for problem in table.problems] == [short.name]
        assert "shorter than a window (500 ms)" in table.problems[0].message
    with pytest.raises(DatasetError, match="no recording is as long as a window"):
        table_of([short], design, cache)


def test_another_rate_is_resampled(motion_samples: SampleMaker, motion_design: Impulse) -> None:
    slow = motion_samples(3, interval_ms=20.0)
    table = table_of([*motion_samples(3), *slow], motion_design, Cache(None))
    assert len(table) == 30


def test_rows_without_time_are_windows_of_one_frame(
    motion_document: Callable[..., dict[str, Any]],
) -> None:
    rows = tuple(
        sample_from_signal(
            Signal(np.array([[index, 2.0]], np.float32), 0.0, (Sensor("a", ""), Sensor("b", ""))),
            name=f"row{index}",
            label=str(index % 2),
        )
        for index in range(4)
    )
    document = motion_document(
        processing=[{"id": "raw", "type": "raw"}],
        learning=[{"id": "network", "type": "classification"}],
    )
    document["input"]["group_key"] = ""
    design = parse_impulse(document)
    assert window_format(rows, design).num_frames == 1
    assert table_of(rows, design, Cache(None)).features["raw"][:, 0].tolist() == [0, 1, 2, 3]


def test_samples_that_do_not_fit_are_refused(
    motion_samples: SampleMaker, picture_samples: SampleMaker, motion_design: Impulse
) -> None:
    with pytest.raises(DatasetError, match="there are no samples to work on"):
        window_format((), motion_design)
    with pytest.raises(DatasetError, match="1 of 2 samples are pictures: disc"):
        window_format([*motion_samples(1), *picture_samples(1)], motion_design)
    whole = motion_samples(2)
    signal = whole[0].load_signal()
    two = replace(signal, values=signal.values[:, :2], sensors=signal.sensors[:2])
    odd = sample_from_signal(two, name="odd", label="idle", metadata={"device": "x"})
    with pytest.raises(DatasetError, match="1 of 3 recordings do not have the axes"):
        window_format([*whole, odd], motion_design)


def test_windows_without_a_label_are_dropped_from_training(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    samples = list(motion_samples(3))
    segments = (Segment(0, 149, "idle"), Segment(150, 299, "turning"))
    samples[0] = samples[0].with_(label="", segments=segments)
    samples[1] = samples[1].with_(label="")
    table = table_of(samples, motion_design, Cache(None))
    labelled = require_labels(table)
    assert len(table) == 15
    assert len(labelled) == 10
    assert set(labelled.labels[:5]) == {"idle", "turning"}
    assert require_labels(labelled) is labelled
    nothing = [sample.with_(label="", segments=()) for sample in samples]
    with pytest.raises(DesignError, match="no window has a label"):
        require_labels(table_of(nothing, motion_design, Cache(None)))
