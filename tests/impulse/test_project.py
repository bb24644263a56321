"""A project is a folder of plain files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tinsmith.core.errors import DesignError, InputError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.project import create_project, open_project


def test_a_new_project_is_opened_from_any_folder_inside(tmp_path: Path) -> None:
    made = create_project(tmp_path / "watch")
    deep = made.root / "a" / "b"
    deep.mkdir(parents=True)
    found = open_project(deep)
    assert (found.root, found.name) == (made.root.resolve(), "watch")


@pytest.mark.parametrize("name", ['say "hi"', "Zürich ✓", "back\\slash", "tab\there", "😀", "\x7f"])
def test_any_name_survives(tmp_path: Path, name: str) -> None:
    create_project(tmp_path / "p", name)
    assert open_project(tmp_path / "p").name == name


def test_everything_is_kept(
    tmp_path: Path,
    motion_samples: Callable[..., tuple[Sample, ...]],
    motion_design: Impulse,
    fitted: FittedImpulse,
) -> None:
    project = create_project(tmp_path / "p")
    samples = [item.with_(category="training") for item in motion_samples(4)]
    project.library.add([*samples[:3], samples[3].with_(category="testing")])
    project.save_impulse(motion_design)
    project.save_fitted(fitted)
    again = open_project(project.root)
    assert len(again.samples("training")) == 3
    assert len(again.samples("testing")) == 1
    assert again.impulse() == motion_design
    assert again.fitted().key == fitted.key
    path = again.save_result("test", {"accuracy": 0.5})
    assert json.loads(path.read_text(encoding="utf-8")) == {"accuracy": 0.5}
    files = {item.relative_to(project.root).parts[0] for item in project.root.rglob("*")}
    assert files == {
        ".gitignore", "data", "impulse.toml", "model", "results", "samples.jsonl", "tinsmith.toml",
    } | ({".lock"} & files)  # fmt: skip


def test_samples_that_are_set_aside_neither_train_nor_test(
    tmp_path: Path, motion_samples: Callable[..., tuple[Sample, ...]]
) -> None:
    project = create_project(tmp_path / "p")
    project.library.add([item.with_(category="testing") for item in motion_samples(3)])
    first = project.samples("testing")[0]
    project.library.set_enabled([first.id], False)
    assert first.id not in {sample.id for sample in project.samples("testing")}
    assert len(project.samples("testing")) == 2


def test_what_can_be_made_again_is_not_for_git(tmp_path: Path) -> None:
    create_project(tmp_path / "p")
    assert (tmp_path / "p/.gitignore").read_text() == ".tinsmith/\ndeployments/\n"


def test_a_project_is_never_made_over_something(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="this folder is not empty"):
        create_project(tmp_path / "full")
    with pytest.raises(InputError, match="this folder is not empty"):
        create_project(tmp_path / "full" / "thesis.txt")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    assert create_project(tmp_path / "empty").name == "empty"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name = ", "the project file is damaged"),
        (b"\xff\xfe\x00", "the project file is damaged"),
        (b'name = "a"', "the project file is damaged: 'schema_version' is missing"),
        (b'schema_version = 1\nname = "a"\n[', "the project file is damaged"),
        (b'schema_version = 2\nname = "a"\n', "schema_version is 2; this Tinsmith reads 1"),
    ],
)
def test_a_damaged_project_file_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "tinsmith.toml"
    path.write_bytes(data)
    with pytest.raises(DesignError, match=message) as caught:
        open_project(tmp_path)
    assert caught.value.path == str(path)
    assert caught.value.hint


def test_without_a_project_the_way_to_make_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no project here or above") as caught:
        open_project(tmp_path)
    assert "tinsmith new NAME" in str(caught.value.hint)


def test_nothing_designed_and_nothing_trained_say_so(tmp_path: Path) -> None:
    project = create_project(tmp_path / "p")
    assert project.samples("training") == ()
    with pytest.raises(DesignError, match="there is no impulse yet"):
        project.impulse()
    with pytest.raises(DesignError, match="nothing has been trained yet"):
        project.fitted()
