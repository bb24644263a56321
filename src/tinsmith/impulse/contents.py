"""A whole project as a value: read from a folder of plain files, and written as one.

Exporting, importing and exporting again gives the same bytes in every file: a database can hold a
project and hand it out to git, and back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinsmith.core.errors import DatasetError, DesignError, InputError
from tinsmith.core.paths import write_atomic
from tinsmith.core.progress import Progress, silent
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.project import Project, create_project, open_project

README = "README.md"


@dataclass(frozen=True, eq=False)
class ImpulseContents:
    """One impulse of a project.

    Args:
        design: As it stands.
        fitted: What was trained last, perhaps of an older design; None: nothing yet.
        results: Plain values by name (`test`, `profile-<target>-<variant>`).
    """

    design: Impulse
    fitted: FittedImpulse | None = None
    results: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ProjectContents:
    """All of a project that is kept; caches, packages and the trash are not.

    Args:
        name: Of the project.
        samples: With sources that still have the original bytes.
        impulses: By id; the id "" is the default impulse, which lies at the folder's root.
        readme: What people wrote about it, in Markdown; empty: nothing.
    """

    name: str
    samples: tuple[Sample, ...] = ()
    impulses: Mapping[str, ImpulseContents] = field(default_factory=dict)
    readme: str = ""


def read_project(root: Path) -> ProjectContents:
    """All that a project folder holds; recordings stay in their files.

    Raises:
        InputError: There is no project.
        DesignError: A file is damaged.
        DatasetError: A recording is missing, or its line is damaged.
    """
    project = open_project(root)
    dataset = project.library.read()
    if dataset.problems:
        raise DatasetError(
            f"{len(dataset.problems)} samples cannot be read; the first: {dataset.problems[0]}",
            hint="restore or remove them first, so that nothing is lost unseen",
            path=project.root,
        )
    readme = project.root / README
    return ProjectContents(
        name=project.name,
        samples=dataset.samples,
        impulses={item: _read_impulse(project.at(item)) for item in project.impulse_ids},
        readme=readme.read_text(encoding="utf-8") if readme.is_file() else "",
    )


def _read_impulse(project: Project) -> ImpulseContents:
    is_trained = (project.folder / "model" / "fitted.json").is_file()
    return ImpulseContents(
        design=project.impulse(),
        fitted=project.fitted() if is_trained else None,
        results=project.results(),
    )


def write_project(contents: ProjectContents, root: Path, *, progress: Progress = silent) -> Project:
    """Writes a project as a folder of plain files; all of it or nothing.

    Args:
        contents: What to write.
        root: Absent or empty.
        progress: Told after each sample.

    Raises:
        InputError: The folder holds something already.
        DatasetError: A recording cannot be read, or two have the same content.
        DesignError: An id of an impulse cannot name a folder.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            "this folder is not empty", path=root, hint="choose a new folder for the project"
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}.") as scratch:
        made = Path(scratch) / "project"
        _fill(create_project(made, contents.name), contents, progress)
        # Held while the library was written; means nothing in a copy.
        (made / ".lock").unlink(missing_ok=True)
        if root.exists():
            root.rmdir()
        shutil.move(made, root)
    return Project(root, contents.name)


def _fill(project: Project, contents: ProjectContents, progress: Progress) -> None:
    for name, impulse in contents.impulses.items():
        place = project.at(name)
        place.save_impulse(impulse.design)
        if impulse.fitted:
            place.save_fitted(impulse.fitted)
        for result, value in impulse.results.items():
            _check_name(result)
            place.save_result(result, value)
    if contents.readme:
        write_atomic(project.root / README, contents.readme.encode())
    # Ids of equal content are numbered in the order in which they come.
    added = project.library.add(sorted(contents.samples, key=_id_order), progress=progress)
    refused = (*added.problems, *added.duplicates)
    if refused:
        raise DatasetError(
            f"{len(refused)} of {len(contents.samples)} samples cannot be written; the first: "
            f"{refused[0]}"
        )


def _id_order(sample: Sample) -> tuple[str, int]:
    stem, _, number = sample.id.partition("-")
    return stem, int(number) if number.isdigit() else 0


def _check_name(result: str) -> None:
    if not result or result.startswith(".") or "/" in result or "\\" in result:
        raise DesignError(f"the result is named {result!r}; expected a plain file name")
