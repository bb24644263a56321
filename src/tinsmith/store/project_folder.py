"""Reading a project folder, which nobody has to trust, as a state to be stored as rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Integer, String, inspect

from tinsmith.core.errors import DatasetError, InputError
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets import FileSource, Sample
from tinsmith.impulse.contents import ImpulseContents, read_project
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.fitted import VARIANTS, FittedImpulse
from tinsmith.impulse.project import PROJECT_FILE
from tinsmith.store.blobs import BlobStore
from tinsmith.store.plain import clean
from tinsmith.store.project_files import TEST_FIELDS, result_text
from tinsmith.store.project_state import Document, ProjectState, dump_line, store_lines
from tinsmith.store.samples import columns_of
from tinsmith.store.tables import ImpulseRow, Project, SampleRow
from tinsmith.store.tables.base import Base
from tinsmith.store.trained import trained_columns

_SAMPLE_DEFAULTS = {"signature": "unsigned", "device": None, "parent": None, "created_by": None}


def find_project(root: Path) -> Path:
    """The project folder in an unpacked archive: itself, or the one folder in it.

    Raises:
        InputError: There is none, or there are several.
    """
    places = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    found = [place for place in places if (place / PROJECT_FILE).is_file()]
    if len(found) != 1:
        raise InputError(
            f"the archive holds {len(found)} projects; expected one",
            hint=f"pack one project folder, with its {PROJECT_FILE}",
        )
    return found[0]


def read_folder(root: Path, blobs: BlobStore, progress: Progress = silent) -> ProjectState:
    """The state of a project folder; its contents are stored as blobs, no row is.

    Raises:
        InputError: There is no project, or a text is too long to be kept.
        DesignError: A design, a model or a result is damaged.
        DatasetError: A recording is missing or is not the one its line says.
    """
    contents = read_project(root)
    project = {
        "name": contents.name, "description": "", "readme": contents.readme, "target": {},
        "import_rule": {}, "settings": {},
    }  # fmt: skip
    check_row(Project, project)
    parts = _Parts([], [], [], [], [])
    for number, (folder, item) in enumerate(contents.impulses.items(), start=1):
        _add_impulse(parts, number, folder, item, blobs)
    samples = sorted(contents.samples, key=lambda sample: sample.id)
    return ProjectState(
        project=project,
        samples=store_lines(blobs, _lines(samples, blobs, progress)),
        impulses=tuple(parts.impulses),
        models=tuple(parts.models),
        tests=tuple(parts.tests),
        profiles=tuple(parts.profiles),
        results=tuple(parts.results),
    )


def check_row(table: type[Base], document: Mapping[str, Any]) -> None:
    """Checks that what is about to be stored fits into the columns of its table.

    Raises:
        InputError: A text is too long, or a value cannot be kept by every database.
    """
    columns = inspect(table).columns
    for name, value in document.items():
        column = columns.get(name)
        if column is None:
            continue
        clean(value, name)
        limit = column.type.length if isinstance(column.type, String) else None
        if limit is not None and isinstance(value, str) and len(value) > limit:
            raise InputError(
                f"{name} has {len(value)} characters; expected at most {limit}: {value[:60]!r}"
            )
        is_short = isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
        if is_short and isinstance(value, int) and abs(value) >= 2**31:
            raise InputError(f"{name} is {value}, which is too large")


@dataclass(frozen=True)
class _Parts:
    impulses: list[Document]
    models: list[Document]
    tests: list[Document]
    profiles: list[Document]
    results: list[Document]


def _lines(samples: list[Sample], blobs: BlobStore, progress: Progress) -> Iterator[bytes]:
    for done, sample in enumerate(samples, start=1):
        assert isinstance(sample.source, FileSource)
        blob = blobs.put_file(sample.source.path)
        if blob.hash != sample.content_hash:
            raise DatasetError(
                f"its content has the hash {blob.hash}, its line says {sample.content_hash}",
                path=sample.name,
                hint="restore the file, or remove the sample",
            )
        sample = replace(sample, facts=replace(sample.facts, size_bytes=blob.size))
        try:
            columns = columns_of(sample)
            check_row(SampleRow, columns)
        except InputError as error:
            raise error.at(sample.name) from None
        progress(Step("storing", done, len(samples), sample.name))
        yield dump_line({**columns, **_SAMPLE_DEFAULTS, "created_at": None})


def _add_impulse(
    parts: _Parts, number: int, folder: str, item: ImpulseContents, blobs: BlobStore
) -> None:
    """Adds an impulse and all that was made from it, under numbers of this state."""
    design = _design(item.design)
    impulse: Document = {
        "id": number, "folder": folder, "name": item.design.name, "design": design,
        "is_default": not folder, "model_id": number if item.fitted else None,
    }  # fmt: skip
    check_row(ImpulseRow, impulse)
    parts.impulses.append(impulse)
    if item.fitted:
        parts.models.append(_model(number, item.fitted, blobs))
    for name, value in item.results.items():
        if item.fitted and _is_test(name, value):
            parts.tests.extend(_test(number, item, blobs) for item in value.values())
        elif item.fitted and _is_profile(name, value):
            parts.profiles.append(_profile(number, value))
        else:
            data = result_text(value)
            parts.results.append(
                {
                    "kind": "", "key": f"{number}/{name}"[:200], "file_name": f"{name}.json",
                    "blob_hash": blobs.put(data).hash, "size_bytes": len(data),
                    "document": {"impulse_id": number, "name": name},
                }
            )  # fmt: skip


def _design(impulse: Impulse) -> Document:
    document: Document = impulse.model_dump(mode="json")
    clean(document, impulse.name)
    return document


def _model(number: int, fitted: FittedImpulse, blobs: BlobStore) -> Document:
    document = {
        "id": number, "impulse_id": number, "design": _design(fitted.design),
        **trained_columns(fitted, blobs), "counters": {}, "is_current": True,
    }  # fmt: skip
    for name in ("classes", "history", "warnings", "metrics"):
        clean(document[name], name)
    return document


def _is_test(name: str, value: Any) -> bool:
    """Whether a result is what model testing writes; anything else is kept as it is."""
    wanted = {*TEST_FIELDS, "windows"}
    return (
        name == "test"
        and isinstance(value, dict)
        and len(value) > 0
        and list(value) == [variant for variant in VARIANTS if variant in value]
        and all(
            isinstance(item, dict) and set(item) == wanted and item["variant"] == variant
            for variant, item in value.items()
        )
        and all(isinstance(item["windows"], list) and _is_clean(item) for item in value.values())
    )


def _test(number: int, document: Document, blobs: BlobStore) -> Document:
    metrics = {name: document[name] for name in TEST_FIELDS}
    windows = json.dumps(document["windows"]).encode()
    return {
        "model_id": number, "variant": document["variant"], "metrics": metrics,
        "windows_hash": blobs.put(windows).hash, "is_current": True,
    }  # fmt: skip


def _is_profile(name: str, value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("target"), str)
        and value.get("variant") in VARIANTS
        and name == f"profile-{value['target']}-{value['variant']}"
        and 0 < len(value["target"]) <= 80
        and _is_clean(value)
    )


def _profile(number: int, document: Document) -> Document:
    return {
        "model_id": number, "target": document["target"], "variant": document["variant"],
        "memory": "balanced", "document": document,
    }  # fmt: skip


def _is_clean(value: Any) -> bool:
    try:
        clean(value, "result")
    except InputError:
        return False
    return True
