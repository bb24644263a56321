"""A project leaves as plain files and comes back identical."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tinsmith.core.errors import DatasetError, DesignError, InputError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.contents import ImpulseContents, ProjectContents, read_project, write_project
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.evaluate import evaluate
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.project import DEFAULT_IMPULSE, create_project, open_project
from tinsmith.signals import Segment

SampleMaker = Callable[..., tuple[Sample, ...]]


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def contents(
    motion_samples: SampleMaker, motion_design: Impulse, fitted: FittedImpulse
) -> ProjectContents:
    """A trained project with two impulses, a tested one and one that is only designed."""
    samples = motion_samples(6)
    segments = (Segment(0, 99, "idle"), Segment(100, 299, "turning"))
    results = {"test": {"int8": evaluate(fitted, samples).to_dict()}, "note": {"ü": [0.1, None]}}
    return ProjectContents(
        name="Pümpen ✓",
        samples=(*(item.with_(category="training") for item in samples[:5]),
                 samples[5].with_(category="testing", segments=segments)),
        impulses={
            DEFAULT_IMPULSE: ImpulseContents(motion_design, fitted, results),
            "second-2s": ImpulseContents(motion_design.model_copy(update={"name": "Second"})),
        },
        readme="# Pumps\n\nWhat we know.\n",
    )  # fmt: skip


def test_export_import_export_gives_the_same_bytes(
    contents: ProjectContents, tmp_path: Path
) -> None:
    write_project(contents, tmp_path / "first")
    write_project(read_project(tmp_path / "first"), tmp_path / "second")
    first, second = files(tmp_path / "first"), files(tmp_path / "second")
    assert first == second
    assert {name for name in first if not name.startswith("data/")} == {
        ".gitignore", "README.md", "impulse.toml", "impulses/second-2s/impulse.toml",
        "model/fitted.json", "model/float32.tflite", "model/impulse.toml", "model/int8.tflite",
        "results/note.json", "results/test.json", "samples.jsonl", "tinsmith.toml",
    }  # fmt: skip
    assert sum(name.startswith("data/") for name in first) == 6
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}


def test_crops_parts_of_one_recording_and_disabled_samples_survive(
    contents: ProjectContents, tmp_path: Path
) -> None:
    project = write_project(contents, tmp_path / "p")
    first, second, third = project.library.samples()[:3]
    project.library.crop(first.id, 20, 220)
    project.library.split(second.id, [(0, 120), (100, 300)])
    project.library.update([third.with_(enabled=False)])
    write_project(read_project(project.root), tmp_path / "first")
    write_project(read_project(tmp_path / "first"), tmp_path / "second")
    assert files(tmp_path / "first") == files(tmp_path / "second")
    lines = (tmp_path / "first" / "samples.jsonl").read_text()
    assert lines == (project.root / "samples.jsonl").read_text()


def test_an_imported_project_is_the_one_that_was_exported(
    contents: ProjectContents, fitted: FittedImpulse, tmp_path: Path
) -> None:
    project = write_project(contents, tmp_path / "p")
    assert project.impulse_ids == ("", "second-2s")
    found = read_project(tmp_path / "p")
    assert (found.name, found.readme) == (contents.name, contents.readme)
    assert [item.name for item in found.samples] == sorted(item.name for item in contents.samples)
    assert found.impulses["second-2s"].design.name == "Second"
    assert found.impulses["second-2s"].fitted is None
    trained = found.impulses[DEFAULT_IMPULSE].fitted
    assert trained is not None
    assert trained.key == fitted.key
    written = json.loads(json.dumps(contents.impulses[DEFAULT_IMPULSE].results))
    assert found.impulses[DEFAULT_IMPULSE].results == written


def test_impulses_of_one_project_do_not_touch_each_other(
    motion_design: Impulse, fitted: FittedImpulse, tmp_path: Path
) -> None:
    project = create_project(tmp_path / "p")
    assert project.impulse_ids == ()
    project.save_impulse(motion_design)
    other = project.at("other")
    other.save_impulse(motion_design.model_copy(update={"name": "Other"}))
    other.save_fitted(fitted)
    other.save_result("test", 1)
    again = open_project(tmp_path / "p")
    assert again.impulse_ids == ("", "other")
    assert (again.impulse().name, again.at("other").impulse().name) == ("Machine watch", "Other")
    assert (again.results(), again.at("other").results()) == ({}, {"test": 1})
    with pytest.raises(DesignError, match="nothing has been trained yet"):
        again.fitted()
    again.at("other").remove_impulse()
    assert again.impulse_ids == ("",)
    assert not (tmp_path / "p" / "impulses" / "other").exists()
    again.remove_impulse()
    assert again.impulse_ids == ()


@pytest.mark.parametrize("name", ["../up", "A", "a/b", ".", "a b", "-a"])
def test_an_id_that_is_no_plain_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DesignError, match="the impulse id is"):
        create_project(tmp_path / "p").at(name)


def test_nothing_is_written_when_something_cannot_be(
    contents: ProjectContents, tmp_path: Path
) -> None:
    twice = replace(contents, samples=(*contents.samples, contents.samples[0].with_(name="copy")))
    with pytest.raises(DatasetError, match="1 of 7 samples cannot be written; the first: copy"):
        write_project(twice, tmp_path / "p")
    bad = ImpulseContents(contents.impulses[""].design, results={"../outside": 1})
    with pytest.raises(DesignError, match="expected a plain file name"):
        write_project(replace(contents, impulses={"": bad}), tmp_path / "p")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="this folder is not empty"):
        write_project(contents, tmp_path / "full")
    assert files(tmp_path) == {"full/thesis.txt": b"mine"}


def test_a_project_with_damage_is_not_exported_in_part(
    contents: ProjectContents, tmp_path: Path
) -> None:
    project = write_project(contents, tmp_path / "p")
    (project.root / "results" / "note.json").write_text("{")
    with pytest.raises(DesignError, match="the result is damaged"):
        read_project(project.root)
    next((project.root / "data").glob("*/*")).unlink()
    with pytest.raises(DatasetError, match="1 samples cannot be read"):
        read_project(project.root)
