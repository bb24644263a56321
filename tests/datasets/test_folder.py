"""Folders as data sets."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.folder import FolderOptions, read_files, read_folder
from tinsmith.datasets.sample import Dataset
from tinsmith.signals import DecodeOptions, Segment


def _labels(dataset: Dataset) -> dict[str, str]:
    return {sample.name: sample.label for sample in dataset.samples}


def test_one_folder_per_label(tmp_path: Path, write_csv) -> None:
    for number, label in enumerate(["idle", "walk"]):
        write_csv(tmp_path / label / "take 1.csv", seed=number)
        write_csv(tmp_path / label / "deep" / "take 2.csv", seed=10 + number)
    dataset = read_folder(tmp_path)
    assert sorted((s.name, s.label) for s in dataset.samples) == [
        ("take 1", "idle"), ("take 1", "walk"), ("take 2", "idle"), ("take 2", "walk"),
    ]  # fmt: skip
    assert dataset.problems == ()
    assert "labels come from folders: idle, walk" in dataset.notes


def test_parts_and_labels_from_folders(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "Train" / "idle" / "a.csv", seed=1)
    write_csv(tmp_path / "Train" / "walk" / "b.csv", seed=2)
    write_csv(tmp_path / "test" / "idle" / "c.csv", seed=3)
    write_csv(tmp_path / "val" / "idle" / "d.csv", seed=4)
    dataset = read_folder(tmp_path)
    assert {s.name: (s.category, s.label) for s in dataset.samples} == {
        "a": ("training", "idle"),
        "b": ("training", "walk"),
        "c": ("testing", "idle"),
        "d": ("validation", "idle"),
    }
    assert "parts come from folders: testing, training, validation" in dataset.notes


def test_labels_from_names_below_a_single_folder(tmp_path: Path, write_csv) -> None:
    for number in range(4):
        write_csv(
            tmp_path / "csv" / f"{'idle' if number % 2 else 'walk'}.{number}.csv", seed=number
        )
    dataset = read_folder(tmp_path)
    assert _labels(dataset) == {
        "idle.1": "idle",
        "idle.3": "idle",
        "walk.0": "walk",
        "walk.2": "walk",
    }


def test_names_that_all_differ_are_no_labels(tmp_path: Path, write_csv) -> None:
    for number in range(25):
        write_csv(tmp_path / f"rec_{number}.csv", seed=number)
        write_csv(tmp_path / "sub" / "normal" / f"rec_{number}.csv", seed=number)
    assert read_folder(tmp_path / "sub").classes == ("normal",)
    flat = read_folder(tmp_path, FolderOptions(keep_duplicates=True, label_from="auto"))
    assert len(flat) == 50
    for path in (tmp_path / "sub" / "normal").iterdir():
        path.unlink()
    flat = read_folder(tmp_path)
    assert flat.classes == ()
    assert any("Give a pattern" in note for note in flat.notes)


def test_source_of_labels_can_be_forced(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "one" / "walk.1.csv", seed=1)
    write_csv(tmp_path / "two" / "idle.1.csv", seed=2)
    for source, labels in (
        ("auto", ("one", "two")),
        ("folder", ("one", "two")),
        ("name", ("idle", "walk")),
        ("none", ()),
    ):
        assert read_folder(tmp_path, FolderOptions(label_from=source)).classes == labels
    with pytest.raises(DatasetError, match=r"no info\.labels"):
        read_folder(tmp_path, FolderOptions(label_from="index"))


def test_pattern_gives_label_part_and_metadata(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "walk.s01L.train.csv", seed=1)
    write_csv(tmp_path / "walk.s1.train.csv", seed=2)
    write_csv(tmp_path / "walk.s02R.odd.csv", seed=3)
    options = FolderOptions(pattern="{label}.s{subject:02d}{side}.{category}.csv")
    dataset = read_folder(tmp_path, options)
    (sample,) = dataset.samples
    assert (sample.label, sample.category) == ("walk", "training")
    assert sample.metadata == {"subject": "01", "side": "L"}
    said = {problem.path: problem.message for problem in dataset.problems}
    assert "expected 2 or more digits for {subject}" in said["walk.s1.train.csv"]
    assert "'odd'; expected training" in said["walk.s02R.odd.csv"]
    with pytest.raises(DesignError, match="names no field"):
        read_folder(tmp_path, FolderOptions(pattern="x.csv"))


def _index(folder: Path, *files: dict[str, object]) -> None:
    (folder / "info.labels").write_text(json.dumps({"version": 1, "files": list(files)}))


def _entry(path: str, label: object, **more: object) -> dict[str, object]:
    return {"path": path, "category": "training", "label": label, "boundingBoxes": [], **more}


def test_index_gives_everything(tmp_path: Path, write_csv) -> None:
    for number, name in enumerate(["a", "b", "c", "d", "e"]):
        write_csv(tmp_path / "training" / f"{name}.csv", seed=number)
    multi = {"type": "multi-label", "labels": [
        {"startIndex": 0, "endIndex": 9, "label": "on"},
        {"startIndex": 10, "endIndex": 25, "label": "off"},
    ]}  # fmt: skip
    _index(
        tmp_path,
        _entry(
            "training/a.csv", {"type": "label", "label": "one"}, name="first", metadata={"k": "v"}
        ),
        _entry("training/b.csv", multi, category="testing"),
        _entry("training/c.csv", {"type": "unlabeled"}, category="split"),
        _entry(
            "training/d.csv",
            {"type": "keyvalue-labels", "labels": {"x": "1"}},
            category="post-processing",
            enabled=False,
        ),
        _entry("training/gone.csv", {"type": "label", "label": "one"}),
        _entry("../out.csv", {"type": "label", "label": "one"}),
        _entry("training/e.csv", {"type": "strange"}),
    )
    dataset = read_folder(tmp_path)
    by_name = {sample.name: sample for sample in dataset.samples}
    assert by_name["first"].label == "one"
    assert by_name["first"].metadata == {"k": "v"}
    assert by_name["b"].segments == (Segment(0, 9, "on"), Segment(10, 19, "off"))
    assert by_name["b"].label == ""
    assert by_name["b"].category == "testing"
    assert by_name["c"].category == ""
    assert by_name["d"].metadata == {"x": "1"}
    assert set(by_name) == {"first", "b", "c", "d"}
    said = " | ".join(str(problem) for problem in dataset.problems)
    assert "gone.csv: is listed in info.labels but is not there" in said
    assert "does not lead to a file in the folder" in said
    assert "strange" in said
    assert "training/e.csv: is not listed" in said
    assert not by_name["d"].enabled
    assert all(by_name[name].enabled for name in ("first", "b", "c"))
    assert any("category 'post-processing'" in note for note in dataset.notes)
    assert not any("split" in note for note in dataset.notes)
    assert any("was cut there" in warning.message for warning in dataset.warnings)


def test_index_with_one_object_per_line(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "a.csv", seed=1)
    write_csv(tmp_path / "b.csv", seed=2)
    lines = [
        {"__ndjson": True, "version": 1},
        {"__key": "files", "__item": _entry("a.csv", {"type": "label", "label": "x"})},
        {"__key": "files", "__item": _entry("b.csv", {"type": "label", "label": "y"})},
    ]
    (tmp_path / "info.labels").write_text("\n".join(json.dumps(line) for line in lines))
    assert _labels(read_folder(tmp_path)) == {"a": "x", "b": "y"}


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"files": 3}', "[" * 100000])
def test_damaged_index_is_an_error(tmp_path: Path, write_csv, text: str) -> None:
    write_csv(tmp_path / "a.csv")
    (tmp_path / "info.labels").write_text(text)
    with pytest.raises(DatasetError, match=r"info\.labels"):
        read_folder(tmp_path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_LABELS = st.fixed_dictionaries(
    {"type": st.sampled_from(["label", "multi-label", "keyvalue-labels", "unlabeled"])},
    optional={"label": _JSON, "labels": _JSON},
)
_ENTRIES = _JSON | st.fixed_dictionaries(
    {"path": st.sampled_from(["a.csv", "", ".", "/", "c:/x", "../x", "x/../../y"]) | _JSON},
    optional={
        "label": _LABELS | _JSON, "category": _JSON, "name": _JSON, "metadata": _JSON,
        "boundingBoxes": _JSON, "attachments": _JSON,
    },
)  # fmt: skip


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_ENTRIES, max_size=4), st.booleans())
def test_any_index_gives_samples_or_clear_problems(
    tmp_path: Path, write_csv, entries: list[object], by_line: bool
) -> None:
    write_csv(tmp_path / "a.csv")
    if by_line:
        lines = [{"__ndjson": True}, *({"__key": "files", "__item": entry} for entry in entries)]
        text = "\n".join(json.dumps(line) for line in lines)
    else:
        text = json.dumps({"files": entries})
    (tmp_path / "info.labels").write_text(text)
    side = {"boundingBoxes": {"a.csv": entries}, "structuredLabels": {"a.csv": entries}}
    (tmp_path / "bounding_boxes.labels").write_text(json.dumps(side))
    (tmp_path / "structured_labels.labels").write_text(json.dumps(side))
    dataset = read_folder(tmp_path)
    assert len(dataset) == 1 or "a.csv" in {problem.path for problem in dataset.problems}


def test_labels_that_are_no_text_are_refused(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "a.csv")
    _index(tmp_path, _entry("a.csv", {"type": "label", "label": "\ud800"}))
    dataset = read_folder(tmp_path)
    assert len(dataset) == 0
    assert "is not valid text" in dataset.problems[0].message


def test_names_that_are_no_text_are_refused(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "idle.1.csv")
    write_csv(Path(os.fsdecode(os.fsencode(tmp_path) + b"/idle.\xff.csv")), seed=1)
    dataset = read_folder(tmp_path)
    assert len(dataset) == 1
    assert dataset.problems[0].path == "idle.\\xff.csv"


def test_side_files(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "x" / "a.csv", seed=1)
    write_csv(tmp_path / "y" / "b.csv", seed=2)
    segments = [{"startIndex": 0, "endIndex": 19, "label": "on"}]
    content = {"a.csv": segments, "missing.csv": segments, "b.csv": 3}
    side = {"version": 1, "type": "structured-labels", "structuredLabels": content}
    (tmp_path / "x" / "structured_labels.labels").write_text(json.dumps(side))
    (tmp_path / "y" / "label_map.labels").write_text('{"labels": {"b.csv": ["p", "q"]}}')
    dataset = read_folder(tmp_path)
    by_name = {sample.name: sample for sample in dataset.samples}
    assert by_name["a"].segments == (Segment(0, 19, "on"),)
    assert by_name["b"].metadata == {"0": "p", "1": "q"}
    said = " | ".join(str(problem) for problem in dataset.problems)
    assert "missing.csv: has labels in a side file but is not there" in said
    assert "b.csv: labels over time are no list" in said


def test_odd_files_are_reported_one_by_one_and_the_rest_loads(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "idle" / "good.csv", seed=1)
    write_csv(tmp_path / "idle" / "copy.csv", seed=1)
    write_csv(tmp_path / "walk" / "good too.csv", seed=2)
    (tmp_path / "walk" / "empty.wav").write_bytes(b"")
    (tmp_path / "walk" / "cut.wav").write_bytes(b"RIFF\x00\x00")
    (tmp_path / "walk" / "movie.xyz").write_bytes(b"123")
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.csv").write_text("1")
    os.mkfifo(tmp_path / "walk" / "pipe.csv")
    dataset = read_folder(tmp_path)
    assert [sample.name for sample in dataset.samples] == ["copy", "good too"]
    assert {problem.path for problem in dataset.problems} == {
        "walk/empty.wav", "walk/cut.wav", "walk/movie.xyz", "walk/pipe.csv", "idle/good.csv",
    }  # fmt: skip
    assert "2 hidden files or documents ignored: .hidden, README.md" in dataset.notes


def test_duplicates_across_parts_say_so(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "training" / "idle.1.csv", seed=1)
    write_csv(tmp_path / "testing" / "walk.1.csv", seed=1)
    (problem,) = read_folder(tmp_path).problems
    assert "same content" in problem.message
    assert "'walk' there, 'idle' here" in problem.message
    assert "in testing there" in problem.message
    kept = read_folder(tmp_path, FolderOptions(keep_duplicates=True))
    assert len({sample.id for sample in kept.samples}) == 2


def test_links_are_never_followed(tmp_path: Path, write_csv) -> None:
    secret = write_csv(tmp_path / "outside" / "secret.csv", seed=1)
    folder = tmp_path / "data"
    write_csv(folder / "idle.1.csv", seed=2)
    (folder / "idle.2.csv").symlink_to(secret)
    (folder / "more").symlink_to(secret.parent)
    (folder / "loop").symlink_to(folder)
    dataset = read_folder(folder)
    assert [sample.name for sample in dataset.samples] == ["idle.1"]
    assert {problem.path for problem in dataset.problems} == {"idle.2.csv", "more", "loop"}


def test_missing_folder_and_file_instead_of_folder(tmp_path: Path, write_csv) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="is a file"):
        read_folder(write_csv(tmp_path / "a.csv"))


def test_empty_folder_is_an_empty_data_set(tmp_path: Path) -> None:
    assert len(read_folder(tmp_path)) == 0


def test_header_less_csv_takes_the_given_interval(tmp_path: Path) -> None:
    (tmp_path / "fan.1.csv").write_text("1, 2, 3\n4, 5, 6\n7, 8, 9\n")
    options = FolderOptions(decode=DecodeOptions(interval_ms=5))
    (sample,) = read_folder(tmp_path, options).samples
    assert sample.facts.interval_ms == 5
    np.testing.assert_array_equal(sample.load_signal().values, [[1, 2, 3], [4, 5, 6], [7, 8, 9]])


def test_content_is_read_only_when_needed_and_must_not_have_changed(
    tmp_path: Path, write_csv
) -> None:
    path = write_csv(tmp_path / "a.csv", seed=1)
    (sample,) = read_folder(tmp_path).samples
    assert sample.load_signal().frames == 20
    write_csv(path, seed=2)
    with pytest.raises(DatasetError, match="changed"):
        sample.load()
    path.unlink()
    with pytest.raises(DatasetError, match="cannot be read"):
        sample.load()


def test_result_does_not_depend_on_threads(tmp_path: Path, write_csv) -> None:
    for number in range(30):
        write_csv(tmp_path / f"{'ab'[number % 2]}.{number}.csv", seed=number // 2)
    one = read_folder(tmp_path, FolderOptions(threads=1))
    many = read_folder(tmp_path, FolderOptions(threads=8))
    assert [s.id for s in one.samples] == [s.id for s in many.samples]
    assert one.problems == many.problems
    assert len(one) == 15


def test_single_files(tmp_path: Path, write_csv) -> None:
    path = write_csv(tmp_path / "walk.1.csv", seed=1)
    dataset = read_files([path, tmp_path / "none.csv"], FolderOptions(category="testing"))
    assert [(s.name, s.label, s.category) for s in dataset.samples] == [
        ("walk.1", "walk", "testing")
    ]
    assert dataset.problems[0].path.endswith("none.csv")


def test_fingerprint_changes_with_what_windows_depend_on(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "a.csv", seed=1)
    (sample,) = read_folder(tmp_path).samples
    same = sample.with_(name="b", category="testing")
    assert same.fingerprint == sample.fingerprint
    assert sample.with_(label="x").fingerprint != sample.fingerprint
    assert sample.with_(segments=(Segment(0, 1, "x"),)).fingerprint != sample.fingerprint
    options = FolderOptions(decode=DecodeOptions(columns=("x",)))
    assert read_folder(tmp_path, options).samples[0].fingerprint != sample.fingerprint


def test_annotations_of_other_tools_label_a_folder(tmp_path: Path, write_csv) -> None:
    write_csv(tmp_path / "a.csv", seed=1)
    write_csv(tmp_path / "b.csv", seed=2)
    (tmp_path / "train.csv").write_text("file_name,class_name\na.csv,up\nlost.csv,down\n")
    dataset = read_folder(tmp_path)
    by_name = {sample.name: sample for sample in dataset.samples}
    assert set(by_name) == {"a", "b"}
    assert (by_name["a"].label, by_name["a"].category) == ("up", "training")
    assert by_name["b"].label == "b"
    assert any("annotation files: csv-labels" in note for note in dataset.notes)
    assert ["lost.csv" in problem.message for problem in dataset.problems] == [True]
    plain = read_folder(tmp_path, FolderOptions(annotations=False))
    assert [problem.path for problem in plain.problems] == ["train.csv"]


def test_pictures_with_boxes_of_real_tools_are_read(shared_data: Path) -> None:
    dataset = read_folder(shared_data / "coco-mini-boxes")
    assert len(dataset) == 36
    assert sum(len(sample.boxes) for sample in dataset.samples) == 222
    assert ["36 files have boxes" in problem.message for problem in dataset.problems] == [True]
