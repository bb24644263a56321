"""The library on disk."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import sample_from_signal
from tinsmith.datasets.folder import FolderOptions, read_folder
from tinsmith.datasets.library import Library
from tinsmith.datasets.splits import split_by_hash
from tinsmith.signals import DecodeOptions, Image, Segment, Sensor, Signal


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def recordings(tmp_path: Path, write_csv):
    for number in range(6):
        write_csv(tmp_path / "in" / f"{'ab'[number % 2]}.{number}.csv", seed=number)
    return read_folder(tmp_path / "in").samples


def test_samples_come_back_as_they_went_in(library: Library, recordings) -> None:
    added = library.add(recordings)
    assert len(added.added) == 6
    back = {sample.name: sample for sample in Library(library.path).samples()}
    for sample in recordings:
        own = back[sample.name]
        for field in ("id", "content_hash", "label", "category", "metadata", "facts", "format"):
            assert getattr(own, field) == getattr(sample, field)
        assert own.fingerprint == sample.fingerprint
        np.testing.assert_array_equal(own.load_signal().values, sample.load_signal().values)
        stored = library.data / sample.content_hash[:2] / f"{sample.content_hash}.csv"
        assert stored.read_bytes() == sample.source.data()


def test_every_field_survives(library: Library, recordings) -> None:
    sample = recordings[0].with_(
        name="ü \u2028 \"x\"", label="Tür", category="testing", metadata={"b": "2", "a": "1"},
        segments=(Segment(0, 3, "on"), Segment(4, 9, "off")),
    )  # fmt: skip
    library.add([sample])
    (back,) = library.samples()
    assert (back.name, back.label, back.category) == (sample.name, "Tür", "testing")
    assert back.metadata == {"a": "1", "b": "2"}
    assert back.segments == sample.segments
    assert library.verify() == ()


def test_lines_are_sorted_and_change_alone(library: Library, recordings) -> None:
    library.add(recordings[::-1])
    before = (library.path / "samples.jsonl").read_text().splitlines()
    names = [json.loads(line)["name"] for line in before]
    assert names == sorted(names)
    library.relabel([recordings[2].id], "other")
    after = (library.path / "samples.jsonl").read_text().splitlines()
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    twice = Library(library.path.parent / "second")
    twice.add(recordings)
    twice.relabel([recordings[2].id], "other")
    assert (twice.path / "samples.jsonl").read_text().splitlines() == after


def test_equal_content_is_refused_and_said(library: Library, recordings) -> None:
    library.add(recordings[:3])
    added = library.add([recordings[0].with_(label="new"), recordings[3], recordings[3]])
    assert [sample.name for sample in added.added] == [recordings[3].name]
    assert len(added.duplicates) == 2
    assert "'a' there, 'new' here" in added.duplicates[0].message
    assert library.get(recordings[0].id).label == "a"


def test_values_in_memory_are_stored(library: Library) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 2)).astype(np.float32)
    signal = Signal(values, 12.5, (Sensor("x", "g"), Sensor("y", "g")))
    picture = Image(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    library.add([sample_from_signal(signal, name="s"), sample_from_signal(picture, name="p")])
    back = library.get("s").load_signal()
    np.testing.assert_array_equal(back.values, values)
    assert back.interval_ms == 12.5
    assert back.sensors == signal.sensors
    np.testing.assert_array_equal(library.get("p").load_image().pixels, picture.pixels)
    again = library.add([sample_from_signal(signal, name="s again")])
    assert len(again.duplicates) == 1


def test_decode_options_are_kept_but_keys_are_not(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "fan"
    folder.mkdir()
    (folder / "fan.1.csv").write_text("1, 2\n3, 4\n")
    options = DecodeOptions(interval_ms=5.0, hmac_keys=("very secret",))
    library.add(read_folder(folder, FolderOptions(decode=options)).samples)
    assert library.get("fan.1").load_signal().interval_ms == 5.0
    assert "secret" not in (library.path / "samples.jsonl").read_text()


def test_removed_samples_come_back(library: Library, recordings) -> None:
    library.add(recordings)
    gone = [recordings[0].id, recordings[1].id]
    library.remove(gone)
    assert len(library.samples()) == 4
    assert {sample.id for sample in library.trash()} == set(gone)
    library.restore([gone[0]])
    assert len(library.samples()) == 5
    library.restore()
    assert len(library.samples()) == 6
    assert library.trash() == ()
    assert library.verify() == ()


def test_emptied_trash_deletes_only_what_nothing_mentions(library: Library, recordings) -> None:
    library.add(recordings)
    library.remove([recordings[0].id, recordings[1].id])
    library.add([recordings[1]])
    assert library.empty_trash() == 1
    assert library.verify() == ()
    assert len(library.samples()) == 5


def test_labels_parts_metadata_segments_names(library: Library, recordings) -> None:
    library.add(recordings)
    first = recordings[0].id
    library.relabel([first], "new")
    library.set_category([first], "testing")
    library.set_metadata([first], {"who": "ann", "hand": "L"})
    library.set_metadata([first], {"hand": None})
    library.set_segments(first, [Segment(0, 9, "on"), Segment(5, 5, "off")])
    library.rename(first, "renamed")
    sample = library.get("renamed")
    assert (sample.label, sample.category, sample.metadata) == ("new", "testing", {"who": "ann"})
    assert [segment.label for segment in sample.segments] == ["on", "off", "on"]
    with pytest.raises(DatasetError, match="outside"):
        library.set_segments(first, [Segment(30, 40, "x")])
    with pytest.raises(DatasetError, match="part"):
        library.set_category([first], "other")  # type: ignore[arg-type]


def test_a_split_is_stored(library: Library, recordings) -> None:
    library.add(recordings)
    library.update(split_by_hash(library.samples(), testing=0.5))
    assert {sample.category for sample in library.samples()} <= {"training", "testing"}


def test_unknown_ids_change_nothing(library: Library, recordings) -> None:
    library.add(recordings)
    before = (library.path / "samples.jsonl").read_bytes()
    for change in (
        lambda: library.relabel([recordings[0].id, "0" * 16], "x"),
        lambda: library.remove([recordings[0].id, "nothing"]),
    ):
        with pytest.raises(DatasetError, match="nothing was changed"):
            change()
    assert (library.path / "samples.jsonl").read_bytes() == before
    with pytest.raises(DatasetError, match="no sample 'zz'"):
        library.get("zz")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "JSON"),
        ("<<<<<<< HEAD", "merge conflict"),
        ('{"id": "x"}', "id"),
        ("[]", "object"),
        ('{"surprise": 1}', ":4:"),
    ],
)
def test_damaged_lines_are_reported_and_never_overwritten(
    library: Library, recordings, line: str, said: str
) -> None:
    library.add(recordings[:3])
    index = library.path / "samples.jsonl"
    index.write_text(index.read_text() + line + "\n")
    before = index.read_bytes()
    dataset = library.read()
    assert len(dataset) == 3
    assert "samples.jsonl:4" in dataset.problems[0].path
    assert said in str(dataset.problems[0])
    with pytest.raises(DatasetError, match="nothing was changed"):
        library.relabel([recordings[0].id], "x")
    with pytest.raises(DatasetError, match="nothing was changed"):
        library.add([recordings[4]])
    with pytest.raises(DatasetError, match="nothing was changed"):
        library.collect_garbage()
    assert index.read_bytes() == before


def test_broken_text_is_refused_and_changes_nothing(library: Library, recordings) -> None:
    library.add(recordings[:1])
    with pytest.raises(DatasetError, match="cannot be stored"):
        library.relabel([recordings[0].id], "\ud800")
    added = library.add([recordings[1].with_(metadata={"k": "\udfff"})])
    assert "cannot be stored" in added.problems[0].message
    assert library.verify() == ()
    assert [sample.label for sample in library.samples()] == ["a"]


def test_missing_and_changed_content(library: Library, recordings) -> None:
    library.add(recordings)
    first, second = library.samples()[:2]
    first.source.path.unlink()
    second.source.path.write_bytes(b"1,2\n")
    dataset = library.read()
    assert len(dataset) == 5
    assert dataset.problems[0].path == first.name
    assert any("changed" in problem.message for problem in library.verify())
    with pytest.raises(DatasetError, match="changed"):
        second.load()
    library.remove([second.id])
    library.add([recordings[1]])
    assert library.get(recordings[1].id).load_signal().frames == 20


def test_interrupted_writing_leaves_a_usable_library(
    library: Library, recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(recordings[:2])
    real = Library._write

    def interrupted(self: Library, name: str, samples: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        library.add(recordings[2:])
    monkeypatch.setattr(Library, "_write", real)
    assert len(library.samples()) == 2
    assert len(library.verify()) == 4
    assert library.collect_garbage() == 4
    assert library.verify() == ()
    assert len(library.add(recordings).added) == 4


def test_many_writers_lose_nothing(library: Library, recordings) -> None:
    threads = [
        threading.Thread(target=Library(library.path).add, args=([sample],))
        for sample in recordings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(library.samples()) == len(recordings)


def test_nothing_is_written_by_looking(tmp_path: Path) -> None:
    library = Library(tmp_path / "none")
    assert library.samples() == ()
    assert library.verify() == ()
    assert not (tmp_path / "none").exists()


def test_samples_are_set_aside_and_used_again(library: Library, recordings) -> None:
    library.add(recordings)
    some = [recordings[0].id, recordings[3].id]
    library.set_enabled(some, False)
    assert {s.id for s in library.samples() if not s.enabled} == set(some)
    library.remove(some)
    library.restore(some)
    assert {s.id for s in library.samples() if not s.enabled} == set(some)
    library.set_enabled(some, True)
    assert all(s.enabled for s in library.samples())
    assert "enabled" not in (library.path / "samples.jsonl").read_text()


def test_a_bulk_edit_changes_all_of_a_selection_or_nothing(library: Library, recordings) -> None:
    library.add(recordings)
    ids = [sample.id for sample in recordings[:4]]
    library.relabel(ids, "new")
    library.set_category(ids, "validation")
    library.set_metadata(ids, {"who": "ann"})
    library.set_enabled(ids, False)
    changed = [sample for sample in library.samples() if sample.id in ids]
    assert {(s.label, s.category, s.metadata["who"], s.enabled) for s in changed} == {
        ("new", "validation", "ann", False)
    }
    before = (library.path / "samples.jsonl").read_bytes()
    missing = [*ids, "0" * 16]
    for edit in (
        lambda: library.relabel(missing, "x"),
        lambda: library.set_category(missing, "training"),
        lambda: library.set_metadata(missing, {"who": None}),
        lambda: library.set_enabled(missing, True),
        lambda: library.uncrop(missing),
        lambda: library.remove(missing),
    ):
        with pytest.raises(DatasetError, match="nothing was changed"):
            edit()
    assert (library.path / "samples.jsonl").read_bytes() == before
    assert library.trash() == ()


def test_a_crop_is_stored_and_undone(library: Library, recordings) -> None:
    library.add(recordings)
    sample = library.get(recordings[0].id)
    library.set_segments(sample.id, [Segment(0, 9, "on"), Segment(10, 19, "off")])
    content = sample.source.data()
    cropped = library.crop(sample.id, 5, 12)
    back = Library(library.path).get(sample.id)
    assert back.fingerprint == cropped.fingerprint
    assert back.whole == cropped.whole
    assert back.segments == (Segment(0, 4, "on"), Segment(5, 6, "off"))
    np.testing.assert_array_equal(
        back.load_signal().values, recordings[0].load_signal().values[5:12]
    )
    assert back.source.data() == content
    library.set_segments(sample.id, [Segment(0, 6, "all")])
    with pytest.raises(DatasetError, match="outside the recording of 7"):
        library.set_segments(sample.id, [Segment(7, 7, "late")])
    (whole,) = library.uncrop([sample.id])
    assert whole.segments == (Segment(0, 4, "on"), Segment(5, 11, "all"), Segment(12, 19, "off"))
    assert Library(library.path).get(sample.id).facts == sample.facts
    assert library.verify() == ()


def test_a_split_replaces_a_recording_by_parts_of_the_same_content(
    library: Library, recordings
) -> None:
    library.add(recordings)
    whole = recordings[0]
    parts = library.split(whole.id, [(0, 10), (5, 15)])
    assert [s.id for s in library.samples() if s.content_hash == whole.content_hash] == [
        part.id for part in parts
    ]
    assert [s.id for s in library.trash()] == [whole.id]
    assert library.verify() == ()
    again = library.split(parts[1].id, [(0, 2)])
    assert again[0].id == f"{whole.id}-3"
    assert again[0].span == (5, 7)
    library.empty_trash()
    assert len(library.samples()) == 7
    np.testing.assert_array_equal(
        library.uncrop([again[0].id])[0].load_signal().values, whole.load_signal().values
    )


def test_a_split_is_undone_by_the_trash(library: Library, recordings) -> None:
    library.add(recordings)
    parts = library.split(recordings[0].id, [(0, 10), (10, 20)])
    library.remove([part.id for part in parts])
    library.restore([recordings[0].id])
    assert {s.id for s in library.samples()} == {s.id for s in recordings}


def test_adding_keeps_parts_and_refuses_what_they_are_part_of(library: Library, recordings) -> None:
    library.add(recordings[:2])
    parts = library.split(recordings[0].id, [(0, 10), (10, 20)])
    added = library.add([*recordings[:3], parts[0]])
    assert [s.name for s in added.added] == [recordings[2].name]
    assert len(added.duplicates) == 3
    assert len(library.samples()) == 4
    other = Library(library.path.parent / "other")
    assert len(other.add(library.samples()).added) == 4
    assert [s.span for s in other.samples()] == [s.span for s in library.samples()]
    assert other.verify() == ()


def test_a_stored_change_carries_the_crop(library: Library, recordings) -> None:
    library.add(recordings)
    old = library.samples()
    library.crop(old[0].id, 2, 8)
    library.update([sample.with_(enabled=False) for sample in library.samples()])
    assert library.get(old[0].id).span == (2, 8)
    assert not library.get(old[0].id).enabled
    library.update(old)
    assert library.get(old[0].id).facts == old[0].facts
    assert library.get(old[0].id).span is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"span": [3, 9]}, "belong together"),
        ({"span": [3, 9], "whole": {"frames": 20}}, "6 frames"),
        ({"span": [0, 20], "whole": {"frames": 10}}, "not within 10"),
        ({"span": [5, 5], "whole": {"frames": 10}}, "not within 10"),
        ({"span": [-1, 5], "whole": {"frames": 10}}, "greater than or equal to 0"),
        ({"enabled": "maybe"}, "enabled"),
    ],
)
def test_a_damaged_crop_is_reported(library: Library, recordings, change, message) -> None:
    library.add(recordings[:1])
    index = library.path / "samples.jsonl"
    index.write_text(json.dumps(json.loads(index.read_text()) | change) + "\n")
    (problem,) = library.read().problems
    assert message in problem.message
