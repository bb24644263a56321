"""All files of an upload: which are annotations, and what they say about which data file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.annotations import open_images, yolo
from tinsmith.datasets.annotations.base import Format, Names, Reading
from tinsmith.datasets.annotations.match import Matcher, category_of
from tinsmith.datasets.annotations.registry import FORMATS, find_format
from tinsmith.datasets.annotations.size import picture_size
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Box, Category, Problem
from tinsmith.datasets.scan import is_ignored
from tinsmith.signals import EXTENSIONS, Segment, extension_of
from tinsmith.signals.detect import KINDS

Content = bytes | Path
# Bytes a format is recognised by.
HEAD_BYTES = 64 * 1024
MAX_ANNOTATION_BYTES = 512 * 1024 * 1024
_TEXTS = frozenset({"json", "xml", "txt", "csv", "tsv", "labels", "names", "yaml", "yml"})
_VIDEOS = frozenset({"mp4", "m4v", "avi", "mov", "mkv", "webm"})
_NAME_FILES = (*yolo.NAME_FILES, *open_images.NAME_FILES)
_PICTURES = frozenset(key for key, form in EXTENSIONS.items() if KINDS[form] == "picture")


@dataclass(frozen=True)
class AnnotateOptions:
    """How annotations are looked for.

    Args:
        format: Key of the only format to read; annotations of others are left aside. None reads
            all.
        class_names: Names of numbered classes, in order; win over files with names.
    """

    format: str | None = None
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Annotation:
    """What the annotations of an upload say about one data file; None: nothing was said.

    Args:
        path: The data file.
        category: Part by annotation, else by the words train, val, test in a path; "" if open.
        label: Label; "" means it is said to be unlabelled.
        boxes: Labelled rectangles in pixels, inside the picture's file as it is shown upright.
        segments: Labels over time.
        name: Name of the sample.
        metadata: Further facts.
        enabled: Whether the sample is used.
        decode: Fields of `DecodeOptions` the file was read with when it was exported.
        formats: Keys of the formats that said something.
    """

    path: str
    category: Category = ""
    label: str | None = None
    boxes: tuple[Box, ...] | None = None
    segments: tuple[Segment, ...] | None = None
    name: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    enabled: bool | None = None
    decode: Mapping[str, Any] = field(default_factory=dict)
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Annotations:
    """The files of an upload, understood.

    Args:
        files: One entry per data file, by path, sorted.
        used: Key of the format by annotation file; "names" for files of class names.
        unmatched: Data files no annotation is about.
        problems: One per line, object or file that was left out, and why.
    """

    files: Mapping[str, Annotation]
    used: Mapping[str, str]
    unmatched: tuple[str, ...]
    problems: tuple[Problem, ...]


def annotate(files: Mapping[str, Content], options: AnnotateOptions | None = None) -> Annotations:
    """Finds the annotations among the files of an upload and what they say.

    Args:
        files: Bytes or place on disk by path in the upload, with forward slashes.
        options: What the user knows.

    Raises:
        DesignError: The format asked for does not exist.
    """
    options = options or AnnotateOptions()
    if options.format is not None and options.format not in FORMATS:
        raise DesignError(
            f"no annotation format {options.format!r}", hint=f"there are: {', '.join(FORMATS)}"
        )
    found, names, problems = _recognise(files, options)
    wanted = {path: item for path, item in found.items() if options.format in (None, item.key)}
    taken = {*found, *names.files}
    data = sorted(path for path in files if path not in taken and _is_data(path))
    merger = _Merger(files, data, problems)
    order = list(FORMATS)
    for path in sorted(wanted, key=lambda path: (order.index(wanted[path].key), path)):
        reading = _read(path, files[path], wanted[path], names, problems)
        merger.add(path, wanted[path].key, reading.entries)
    used = {path: item.key for path, item in wanted.items()} | dict.fromkeys(names.files, "names")
    return merger.result(dict(sorted(used.items())))


def _recognise(
    files: Mapping[str, Content], options: AnnotateOptions
) -> tuple[dict[str, Format], Names, list[Problem]]:
    """Annotation files with their format, and the files of class names."""
    found: dict[str, Format] = {}
    names: dict[str, bytes] = {}
    problems: list[Problem] = []
    stems = {PurePosixPath(path).stem for path in files if extension_of(path) in _PICTURES}
    for path, content in files.items():
        if extension_of(path) not in _TEXTS:
            continue
        try:
            if path.lower().endswith(_NAME_FILES):
                names[path] = _bytes(content)
            elif item := _format(path, _head(content), stems):
                found[path] = item
        except DatasetError as error:
            problems.append(Problem(path, error.message, error.hint))
    if not any(item.key in ("yolo", "open-images") for item in found.values()):
        names = {}  # a table or text of such a name is data then
    return found, Names(names, options.class_names), problems


def _format(path: str, head: bytes, stems: set[str]) -> Format | None:
    item = find_format(path, head)
    if item is not None and item.needs_picture and PurePosixPath(path).stem not in stems:
        return None
    return item


def _is_data(path: str) -> bool:
    if any(is_ignored(part) for part in PurePosixPath(path).parts):
        return False
    return extension_of(path) in EXTENSIONS or extension_of(path) in _VIDEOS


def _head(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content[:HEAD_BYTES]
    try:
        with content.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise DatasetError(f"cannot be read: {error.strerror or error}") from None


def _bytes(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        if content.stat().st_size > MAX_ANNOTATION_BYTES:
            raise DatasetError(f"is larger than {MAX_ANNOTATION_BYTES >> 20} MB")
        return content.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot be read: {error.strerror or error}") from None


def _read(
    path: str, content: Content, item: Format, names: Names, problems: list[Problem]
) -> Reading:
    """What one annotation file says; nothing, with a problem, if it is damaged."""
    try:
        reading = item.read(path, _bytes(content), names)
    except DatasetError as error:
        where = error.path if error.path is not None else path
        problems.append(Problem(where, error.message, error.hint))
        return Reading(())
    problems += reading.problems
    return reading


class _Merger:
    """Brings entries of many annotation files together, one annotation per data file."""

    def __init__(
        self, files: Mapping[str, Content], data: list[str], problems: list[Problem]
    ) -> None:
        self._files = files
        self._matcher = Matcher(data)
        self._problems = problems
        self._found = {path: Annotation(path, category_of(path)) for path in data}
        # Data file and aspect -> the format that said it.
        self._owner: dict[tuple[str, str], str] = {}
        self._doubled: dict[tuple[str, str, str], int] = {}

    def add(self, source: str, key: str, entries: Iterable[Entry]) -> None:
        """Takes over what the file `source` of format `key` says."""
        for entry in entries:
            try:
                path = self._matcher.find(entry, source)
                self._found[path] = self._with(self._found[path], key, self._absolute(entry, path))
            except DatasetError as error:
                self._problems.append(Problem(source, error.message, error.hint))
                continue
            if entry.category is None and not self._found[path].category:
                category = category_of(source, with_name=True)
                self._found[path] = replace(self._found[path], category=category)

    def result(self, used: Mapping[str, str]) -> Annotations:
        """Everything found."""
        for (winner, loser, aspect), count in self._doubled.items():
            text = f"{count} files have {aspect} in {winner} and in {loser}; {winner} was used"
            self._problems.append(Problem("annotations", text, "upload one of the two"))
        unmatched = tuple(path for path, item in self._found.items() if not item.formats)
        return Annotations(self._found, used, unmatched, tuple(self._problems))

    def _with(self, old: Annotation, key: str, entry: Entry) -> Annotation:
        changes: dict[str, Any] = {"formats": tuple(dict.fromkeys((*old.formats, key)))}
        if entry.label is not None and self._owns(old.path, "labels", key):
            changes["label"] = entry.label
        if entry.segments is not None and self._owns(old.path, "labels over time", key):
            changes["segments"] = entry.segments
        says_boxes = entry.boxes or (entry.label is None and entry.segments is None)
        if says_boxes and key != "label-map" and self._owns(old.path, "boxes", key):
            changes["boxes"] = (*(old.boxes or ()), *entry.boxes)
        if entry.category is not None:
            changes["category"] = entry.category
        changes["metadata"] = {**entry.metadata, **old.metadata}
        for name in ("name", "enabled"):
            if getattr(old, name) is None:
                changes[name] = getattr(entry, name)
        changes["decode"] = old.decode or entry.decode
        return replace(old, **changes)

    def _owns(self, path: str, aspect: str, key: str) -> bool:
        """Whether format `key` may say this about the file: the first one to say it wins."""
        owner = self._owner.setdefault((path, aspect), key)
        if owner != key:
            place = (owner, key, aspect)
            self._doubled[place] = self._doubled.get(place, 0) + 1
        return owner == key

    def _absolute(self, entry: Entry, path: str) -> Entry:
        """The entry with boxes in pixels, rounded to a thousandth of one."""
        if not entry.relative or not entry.boxes:
            return entry
        width, height = picture_size(path, self._files[path])
        boxes = tuple(
            Box(
                box.label,
                round(box.x * width, 3),
                round(box.y * height, 3),
                round(box.width * width, 3),
                round(box.height * height, 3),
            )
            for box in entry.boxes
        )
        return replace(entry, boxes=boxes, relative=False)
