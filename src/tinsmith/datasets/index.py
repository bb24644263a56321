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
# No picture is larger; a coordinate beyond it is damage.
MAX_PIXELS = 1_000_000
# Side files by name: their JSON key with one entry per data file.
SIDE_FILES: dict[str, str] = {
    "bounding_boxes.labels": "boundingBoxes",
    "structured_labels.labels": "structuredLabels",
    "label_map.labels": "labels",
}


@dataclass(frozen=True)
class Entry:
    """What an index, side file or annotation says about one data file; None: it says nothing.

    Args:
        path: The data file as the annotation names it, with forward slashes.
        name: Name of the sample.
        category: Part of the data set.
        label: Its label.
        segments: Labels over time.
        boxes: Labelled rectangles, in pixels unless `relative`.
        metadata: Further facts.
        enabled: Whether the sample is used.
        decode: Fields of `DecodeOptions` the file was read with.
        relative: Whether boxes are in shares of the picture's width and height.
        by_stem: Whether `path` has no extension, so that any data file of that stem is meant.
    """

    path: str
    name: str | None = None
    category: Category | None = None
    label: str | None = None
    segments: tuple[Segment, ...] | None = None
    boxes: tuple[Box, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    enabled: bool | None = None
    decode: Mapping[str, Any] = field(default_factory=dict)
    relative: bool = False
    by_stem: bool = False


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
    return parse_index(path.name, _bytes(path))


def parse_index(file: str, data: bytes) -> Index:
    """The content of `info.labels`; `file` is its name in messages.

    Raises:
        DatasetError: It is no JSON, or has no list of files.
    """
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    notes: dict[str, int] = {}
    for number, item in enumerate(_items(file, data), start=1):
        try:
            entry = _entry(item, notes)
        except DatasetError as error:
            problems.append(Problem(file, f"entry {number}: {error.message}", error.hint))
            continue
        if entry.path in entries:
            problems.append(Problem(file, f"entry {number}: {entry.path} is listed twice"))
            continue
        entries[entry.path] = entry
    said = tuple(f"{INDEX_NAME}: {count} entries with {text}" for text, count in notes.items())
    return Index(entries, tuple(problems), said)


def read_side_files(folder: Path) -> tuple[dict[str, Entry], tuple[Problem, ...]]:
    """What the side files of one folder say, by data file name."""
    found: dict[str, Entry] = {}
    problems: list[Problem] = []
    for name in SIDE_FILES:
        path = folder / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            entries, more = parse_side_file(name, name, _bytes(path), found)
        except DatasetError as error:
            problems.append(Problem(name, error.message, error.hint))
            continue
        found |= entries
        problems += more
    return found, tuple(problems)


def parse_side_file(
    kind: str, file: str, data: bytes, known: Mapping[str, Entry]
) -> tuple[dict[str, Entry], list[Problem]]:
    """What one side file says, by data file name.

    Args:
        kind: A key of `SIDE_FILES`.
        file: Its name in messages.
        data: Its bytes.
        known: Entries that other side files of the folder gave, which are added to.

    Raises:
        DatasetError: It is no such file as a whole.
    """
    content = _json(file, data).get(SIDE_FILES[kind])
    if not isinstance(content, dict):
        raise DatasetError(f"has no object {SIDE_FILES[kind]!r}; expected one entry per file")
    found: dict[str, Entry] = {}
    problems: list[Problem] = []
    for path, value in content.items():
        try:
            found[path] = _with_side(known.get(path, Entry(path)), kind, value)
        except DatasetError as error:
            problems.append(Problem(file, f"{path}: {error.message}", error.hint))
    return found, problems


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


def _items(file: str, data: bytes) -> Iterable[Any]:
    text = _text(file, data)
    first = text.lstrip().split("\n", 1)[0]
    if '"__ndjson"' in first:
        return list(_lines(file, text))
    files = _json(file, data).get("files")
    if not isinstance(files, list):
        raise DatasetError('has no list "files"; expected an index of a data set', path=file)
    return files


def _lines(file: str, text: str) -> Iterable[Any]:
    for number, line in enumerate(text.split("\n")[1:], start=2):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"line {number} is no JSON: {error}", path=file) from error
        if isinstance(item, dict) and item.get("__key") == "files":
            yield item.get("__item")


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_INDEX_BYTES:
            raise DatasetError(f"is larger than {MAX_INDEX_BYTES >> 20} MB", path=path.name)
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot be read: {error}", path=path.name) from error


def _text(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"cannot be read: {error}", path=file) from error


def _json(file: str, data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(_text(file, data))
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"is no JSON: {error}", path=file) from error
    if not isinstance(content, dict):
        raise DatasetError("is no JSON object", path=file)
    return content


def _entry(item: Any, notes: dict[str, int]) -> Entry:
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        raise DatasetError("has no path; expected the file's place relative to the index")
    path = PurePosixPath(item["path"].replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise DatasetError(f"the path {item['path']!r} does not lead to a file in the folder")
    label, segments, extra = _label(item.get("label"))
    category = item.get("category")
    if not isinstance(category, str) or category not in CATEGORIES:
        if category != "split":  # means: decide it later
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
        enabled=item["enabled"] if isinstance(item.get("enabled"), bool) else None,
        decode=item["decode"] if isinstance(item.get("decode"), dict) else {},
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
        whole = value.get("label")  # ours; not in exports of others
        return whole if isinstance(whole, str) else "", _segments(value.get("labels")), {}
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
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) < MAX_PIXELS and math.isfinite(value)
