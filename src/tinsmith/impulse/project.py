"""A project: a folder of plain files that diffs well in git.

tinsmith.toml       name and schema version
impulse.toml        the design
samples.jsonl       one line a recording: name, hash, label, category, metadata
data/               original bytes of the recordings, named by hash
model/              the trained impulse: fitted.json, float32.tflite, int8.tflite
results/            test.json, profile-<target>.json
deployments/        packaged, verified builds
.tinsmith/cache/    features and models by hash; may be deleted at any time
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinsmith.core.errors import DesignError, InputError
from tinsmith.core.paths import write_atomic
from tinsmith.datasets.library import Library
from tinsmith.datasets.sample import Category, Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse, load_impulse, save_impulse
from tinsmith.impulse.fitted import FittedImpulse, load_fitted, save_fitted

SCHEMA_VERSION = 1
PROJECT_FILE = "tinsmith.toml"


@dataclass(frozen=True)
class Project:
    """An open project folder.

    Args:
        root: The folder.
        name: The project's name.
    """

    root: Path
    name: str

    @property
    def library(self) -> Library:
        """The project's recordings."""
        return Library(self.root)

    @property
    def cache(self) -> Cache:
        """Features and models by hash."""
        return Cache(self.root / ".tinsmith" / "cache")

    def samples(self, category: Category) -> tuple[Sample, ...]:
        """The usable samples of one category, sorted by name."""
        return self.library.read().category(category).samples

    def impulse(self) -> Impulse:
        """The design; DesignError when there is none yet."""
        return load_impulse(self.root / "impulse.toml")

    def save_impulse(self, impulse: Impulse) -> None:
        """Replaces the design."""
        save_impulse(impulse, self.root / "impulse.toml")

    def fitted(self) -> FittedImpulse:
        """The trained impulse; DesignError when nothing has been trained."""
        return load_fitted(self.root / "model")

    def save_fitted(self, fitted: FittedImpulse) -> None:
        """Replaces the trained impulse."""
        save_fitted(fitted, self.root / "model")

    def save_result(self, name: str, value: Any) -> Path:
        """Writes `results/<name>.json` and returns its path."""
        path = self.root / "results" / f"{name}.json"
        write_atomic(path, (json.dumps(value, indent=1) + "\n").encode())
        return path


def create_project(root: Path, name: str | None = None) -> Project:
    """Makes a new project in `root`, which must be absent or empty.

    Raises:
        InputError: The folder holds something already.
    """
    import tomlkit

    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            "this folder is not empty", path=root, hint="choose a new folder for the project"
        )
    project = Project(root, name or root.resolve().name)
    text = tomlkit.dumps({"schema_version": SCHEMA_VERSION, "name": project.name})
    write_atomic(root / PROJECT_FILE, text.encode())
    write_atomic(root / ".gitignore", b".tinsmith/\ndeployments/\n")
    return project


def open_project(start: Path) -> Project:
    """The project `start` lies in: the nearest folder upwards with a `tinsmith.toml`.

    Raises:
        InputError: There is none.
        DesignError: The project file is damaged or of a newer Tinsmith.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / PROJECT_FILE).is_file():
            return _read(folder)
    raise InputError(
        f"no project here or above: there is no {PROJECT_FILE}",
        path=start,
        hint="make one with `tinsmith new NAME`, or name it with --project FOLDER",
    )


def _read(folder: Path) -> Project:
    path = folder / PROJECT_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        version, name = data["schema_version"], str(data["name"])
    except (ValueError, KeyError, OSError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DesignError(
            f"the project file is damaged: {reason}",
            path=path,
            hint=f'expected schema_version = {SCHEMA_VERSION} and name = "..."',
        ) from error
    if version != SCHEMA_VERSION:
        raise DesignError(
            f"schema_version is {version}; this Tinsmith reads {SCHEMA_VERSION}",
            path=path,
            hint="use the Tinsmith the project was made with, or a newer one",
        )
    return Project(folder, name)
