"""Index and side files of an exported data set: `info.labels`, `structured_labels.labels`, ..."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import CATEGORIES, Box, Category, Problem
from tinsmith.signals import Segment

INDEX_NAME = "info.labels"
MAX_INDEX_BYTES = 512 * 1024 * 1024
# Side files by name: their JSON key with one entry per data file.
SIDE_FILES: dict[str, str] = {
    "bounding_boxes.labels": "boundingBoxes",
    "structured_labels.labels": "structuredLabels",
    "label_map.labels": "labels",
}


@dataclass(frozen=True)
class Entry:
    """What an index or side file says about one data file; None means it says nothing."""

    path: str
    name: str | None = None
    category: Category | None = None
    label: str | None = None
    segments: tuple[Segment, ...] | None = None
    boxes: tuple[Box, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Index:
    """The entries of an index file, by path, and what was wrong with it."""

    entries: Mapping[str, Entry]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def read_index(path: Path) -> Index:
    """Reads `info.labels`, as one JSON object or one object per line.

    Raises:
        DatasetError: It is no JSON, or has no list of files.
    """
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    notes: dict[str, int] = {}
    for number, item in enumerate(_items(path), start=1):
        try:
            entry = _entry(item, notes)
        except DatasetError as error:
            problems.append(Problem(path.name, f"entry {number}: {error.message}", error.hint))
            continue
        if entry.path in entries:
            problems.append(Problem(path.name, f"entry {number}: {entry.path} is listed twice"))
            continue
        entries[entry.path] = entry
    said = tuple(f"{INDEX_NAME}: {count} entries with {text}" for text, count in notes.items())
    return Index(entries, tuple(problems), said)


def read_side_files(folder: Path) -> tuple[dict[str, Entry], tuple[Problem, ...]]:
    """What the side files of one folder say, by data file name."""
    found: dict[str, Entry] = {}
    problems: list[Problem] = []
    for name, key in SIDE_FILES.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            content = _json(path).get(key)
            if not isinstance(content, dict):
                raise DatasetError(f"has no object {key!r}; expected one entry per file")
        except DatasetError as error:
            problems.append(Problem(name, error.message, error.hint))
            continue
        for file, value in content.items():
            try:
                old = found.get(file, Entry(file))
                found[file] = _with_side(old, name, value)
            except DatasetError as error:
                problems.append(Problem(name, f"{file}: {error.message}", error.hint))
    return found, tuple(problems)


def _with_side(entry: Entry, name: str, value: Any) -> Entry:
    segments, boxes, metadata = entry.segments, entry.boxes, dict(entry.metadata)
    if name == "bounding_boxes.labels":
        boxes = _boxes(value)
    elif name == "structured_labels.labels":
        segments = _segments(value)
    elif isinstance(value, list):
        metadata |= {str(index): str(item) for index, item in enumerate(value)}
    else:
        metadata |= _strings(value, "labels")
    return Entry(entry.path, segments=segments, boxes=boxes, metadata=metadata)


def _items(path: Path) -> Iterable[Any]:
    text = _text(path)
    first = text.lstrip().split("\n", 1)[0]
    if '"__ndjson"' in first:
        return list(_lines(text))
    content = _json(path)
    files = content.get("files")
    if not isinstance(files, list):
        raise DatasetError('has no list "files"; expected an index of a data set', path=path.name)
    return files


def _lines(text: str) -> Iterable[Any]:
    for number, line in enumerate(text.split("\n")[1:], start=2):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"line {number} is no JSON: {error}", path=INDEX_NAME) from error
        if isinstance(item, dict) and item.get("__key") == "files":
            yield item.get("__item")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_INDEX_BYTES:
            raise DatasetError(f"is larger than {MAX_INDEX_BYTES >> 20} MB", path=path.name)
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot be read: {error}", path=path.name) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"is no JSON: {error}", path=path.name) from error
    if not isinstance(content, dict):
        raise DatasetError("is no JSON object", path=path.name)
    return content


def _entry(item: Any, notes: dict[str, int]) -> Entry:
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        raise DatasetError("has no path; expected the file's place relative to the index")
    path = PurePosixPath(item["path"].replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise DatasetError(f"the path {item['path']!r} does not lead to a file in the folder")
    label, segments, extra = _label(item.get("label"))
    category = item.get("category")
    if category not in CATEGORIES:
        _count(notes, f"category {category!r}, which was left undecided")
        category = ""
    if item.get("attachments"):
        _count(notes, "attachments, which were ignored")
    return Entry(
        path=path.as_posix(),
        name=str(item["name"]) if item.get("name") else None,
        category=cast("Category", category),
        label=label,
        segments=segments,
        boxes=_boxes(item.get("boundingBoxes") or []),
        metadata=_strings(item.get("metadata") or {}, "metadata") | extra,
    )


def _count(notes: dict[str, int], text: str) -> None:
    notes[text] = notes.get(text, 0) + 1


def _label(value: Any) -> tuple[str, tuple[Segment, ...] | None, dict[str, str]]:
    """Label, labels over time, and metadata of the forms a label can have."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "unlabeled":
        return "", None, {}
    if kind == "label" and isinstance(value.get("label"), str | int | float):
        return str(value["label"]), None, {}
    if kind == "multi-label":
        return "", _segments(value.get("labels")), {}
    if kind == "keyvalue-labels":
        return "", None, _strings(value.get("labels"), "labels")
    raise DatasetError(
        f"the label {json.dumps(value)[:80]} is not understood; expected type unlabeled, label, "
        "multi-label or keyvalue-labels"
    )


def _segments(value: Any) -> tuple[Segment, ...]:
    if not isinstance(value, list):
        raise DatasetError("labels over time are no list")
    segments = []
    for item in value:
        fields = item if isinstance(item, dict) else {}
        start, end, label = (fields.get(key) for key in ("startIndex", "endIndex", "label"))
        if not (_whole(start) and _whole(end) and isinstance(label, str)):
            raise DatasetError(
                f"the segment {json.dumps(item)[:80]} is not understood; expected startIndex, "
                "endIndex and label"
            )
        segments.append(Segment(cast("int", start), cast("int", end), label))
    return tuple(segments)


def _boxes(value: Any) -> tuple[Box, ...]:
    if not isinstance(value, list):
        raise DatasetError("bounding boxes are no list")
    boxes = []
    for item in value:
        fields = item if isinstance(item, dict) else {}
        numbers = [fields.get(key) for key in ("x", "y", "width", "height")]
        if not all(_number(number) for number in numbers) or "label" not in fields:
            raise DatasetError(
                f"the bounding box {json.dumps(item)[:80]} is not understood; expected label, x, "
                "y, width and height"
            )
        x, y, width, height = (float(cast("float", number)) for number in numbers)
        boxes.append(Box(str(fields["label"]), x, y, width, height))
    return tuple(boxes)


def _strings(value: Any, what: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise DatasetError(f"{what} is no object of names and values")
    return {
        str(key): item if isinstance(item, str) else json.dumps(item) for key, item in value.items()
    }


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
