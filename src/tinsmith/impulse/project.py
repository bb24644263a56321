"""A project: a folder of plain files that diffs well in git.

tinsmith.toml       name and schema version
impulse.toml        the design
samples.jsonl       one line a recording: name, hash, label, category, metadata
data/               original bytes of the recordings, named by hash
model/              the trained impulse: fitted.json, float32.tflite, int8.tflite
results/            test.json, profile-<target>.json
impulses/<id>/      further impulses, each with its own impulse.toml, model/ and results/
deployments/        packaged, verified builds
.tinsmith/cache/    features and models by hash; may be deleted at any time
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import dataclass, replace
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
DEFAULT_IMPULSE = ""
"""The id of the impulse that lies in the project's folder itself."""

_IMPULSES = "impulses"
_IMPULSE_FILE = "impulse.toml"
_IMPULSE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Project:
    """An open project folder.

    Args:
        root: The folder.
        name: The project's name.
        impulse_id: The impulse that is looked at; the recordings and the cache serve all of them.
    """

    root: Path
    name: str
    impulse_id: str = DEFAULT_IMPULSE

    @property
    def folder(self) -> Path:
        """Where the design, the model and the results of the impulse lie."""
        return self.root / _IMPULSES / self.impulse_id if self.impulse_id else self.root

    @property
    def impulse_ids(self) -> tuple[str, ...]:
        """The impulses there are, sorted; the default one first."""
        others = sorted(path.parent.name for path in self.root.glob(f"{_IMPULSES}/*/impulse.toml"))
        has_default = (self.root / _IMPULSE_FILE).is_file()
        return ((DEFAULT_IMPULSE,) if has_default else ()) + tuple(others)

    def at(self, impulse_id: str) -> Project:
        """The same project, looking at another impulse, which need not be there yet.

        Raises:
            DesignError: The id cannot name a folder.
        """
        if impulse_id and not _IMPULSE_ID.fullmatch(impulse_id):
            raise DesignError(
                f"the impulse id is {impulse_id!r}; expected lower-case letters, digits, - and _",
                hint="for example conv-2s",
            )
        return replace(self, impulse_id=impulse_id)

    def remove_impulse(self) -> None:
        """Deletes the design, the model and the results of the impulse."""
        (self.folder / _IMPULSE_FILE).unlink(missing_ok=True)
        for name in ("model", "results"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        if self.impulse_id:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def library(self) -> Library:
        """The project's recordings."""
        return Library(self.root)

    @property
    def cache(self) -> Cache:
        """Features and models by hash."""
        return Cache(self.root / ".tinsmith" / "cache")

    def samples(self, category: Category) -> tuple[Sample, ...]:
        """The usable samples of one category that are enabled, sorted by name."""
        samples = self.library.read().category(category).samples
        return tuple(sample for sample in samples if sample.enabled)

    def impulse(self) -> Impulse:
        """The design; DesignError when there is none yet."""
        return load_impulse(self.folder / _IMPULSE_FILE)

    def save_impulse(self, impulse: Impulse) -> None:
        """Replaces the design."""
        save_impulse(impulse, self.folder / _IMPULSE_FILE)

    def fitted(self) -> FittedImpulse:
        """The trained impulse; DesignError when nothing has been trained."""
        return load_fitted(self.folder / "model")

    def save_fitted(self, fitted: FittedImpulse) -> None:
        """Replaces the trained impulse."""
        save_fitted(fitted, self.folder / "model")

    def save_result(self, name: str, value: Any) -> Path:
        """Writes `results/<name>.json` and returns its path."""
        path = self.folder / "results" / f"{name}.json"
        write_atomic(path, (json.dumps(value, indent=1) + "\n").encode())
        return path

    def results(self) -> dict[str, Any]:
        """The stored results by name.

        Raises:
            DesignError: A file of `results/` is damaged.
        """
        found = {}
        for path in sorted((self.folder / "results").glob("*.json")):
            try:
                found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise DesignError(
                    f"the result is damaged: {error}", path=path, hint="delete it, and test again"
                ) from error
        return found


def create_project(root: Path, name: str | None = None) -> Project:
    """Makes a new project in `root`, which must be absent or empty.

    Raises:
        InputError: The folder holds something already.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            "this folder is not empty", path=root, hint="choose a new folder for the project"
        )
    project = Project(root, name or root.resolve().name)
    for path, text in first_files(project.name).items():
        write_atomic(root / path, text)
    return project


def first_files(name: str) -> dict[str, bytes]:
    """What a new project's folder holds, by path."""
    import tomlkit

    text = tomlkit.dumps({"schema_version": SCHEMA_VERSION, "name": name})
    return {PROJECT_FILE: text.encode(), ".gitignore": b".tinsmith/\ndeployments/\n"}


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
