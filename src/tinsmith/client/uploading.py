"""Files on their way into a project: what is sent, and in which batches."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from tinsmith.client.steps import FilePart
from tinsmith.client.types import Box, Segment
from tinsmith.core.errors import InputError

Category = Literal["training", "testing", "validation", "split"]

# Files of one request; the server takes up to 1,000.
_BATCH_FILES = 100
_BATCH_BYTES = 16 * 1024 * 1024
_CATEGORIES: dict[str, Category] = {
    "training": "training", "train": "training",
    "testing": "testing", "test": "testing",
    "validation": "validation", "valid": "validation", "val": "validation",
}  # fmt: skip


class SensorLike(Protocol):
    """An axis of a recording."""

    @property
    def name(self) -> str:
        """Such as accX."""
        ...

    @property
    def units(self) -> str:
        """Such as m/s2."""
        ...


class SignalLike(Protocol):
    """A recording in memory, as `tinsmith.signals.Signal` is one."""

    @property
    def values(self) -> Any:
        """[frames, axes], a NumPy array."""
        ...

    @property
    def interval_ms(self) -> float:
        """Between two frames."""
        ...

    @property
    def sensors(self) -> Sequence[SensorLike]:
        """The axes."""
        ...


@dataclass(frozen=True)
class SampleFile:
    """A file to be uploaded, with what is known of it.

    Args:
        name: File name with its ending, which helps to recognise the format.
        content: Its bytes, or where they are.
        label: Its label; None lets the server find out.
        category: The part it belongs to; "split" decides by content; None takes the upload's.
        metadata: Facts, such as who was recorded.
        segments: Labels over time that are not in the file itself.
        boxes: Labelled rectangles of a picture.
    """

    name: str
    content: bytes | Path
    label: str | None = None
    category: Category | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    segments: Sequence[Segment] = ()
    boxes: Sequence[Box] = ()

    @property
    def marks(self) -> dict[str, list[dict[str, Any]]]:
        """Labels over time and boxes as the API takes them; empty if there are none."""
        marks: dict[str, Sequence[Segment | Box]] = {
            "segments": self.segments,
            "boxes": self.boxes,
        }
        return {name: [asdict(item) for item in items] for name, items in marks.items() if items}

    @classmethod
    def from_signal(
        cls, signal: SignalLike, name: str, *, device_type: str = "TINSMITH", **known: Any
    ) -> SampleFile:
        """A recording in memory, as an acquisition file that reads back to the same values.

        Args:
            signal: The recording.
            name: Name of the sample.
            device_type: What recorded it.
            known: `label`, `category` and `metadata`, as above.

        Raises:
            InputError: A value is no finite number.
        """
        values = signal.values.tolist()
        if not all(math.isfinite(value) for row in values for value in row):
            raise InputError(f"{name} has values that are no finite numbers", hint="leave them out")
        payload = {
            "device_type": device_type,
            "interval_ms": signal.interval_ms,
            "sensors": [{"name": item.name, "units": item.units} for item in signal.sensors],
            "values": values,
        }
        document = {
            "protected": {"ver": "v1", "alg": "none"},
            "signature": "0" * 64,
            "payload": payload,
        }
        return cls(f"{name}.json", json.dumps(document).encode(), **known)


Uploadable = str | Path | SampleFile


def find_files(what: Uploadable | Iterable[Uploadable], default: SampleFile) -> list[SampleFile]:
    """The files that are meant: files as they are, folders with all that is in them.

    In a folder, one named training, testing or validation decides the part of what is below it.
    Hidden files are left out.

    Args:
        what: Paths of files and folders, and files in memory.
        default: Label, category and metadata where a file has none of its own.

    Raises:
        InputError: There is no such file, or none at all.
    """
    listed = [what] if isinstance(what, str | Path | SampleFile) else list(what)
    found = [_completed(file, default) for item in listed for file in _expanded(item)]
    if not found:
        raise InputError("there are no files to upload", hint="hidden files are left out")
    return found


def _expanded(item: Uploadable) -> Iterator[SampleFile]:
    if isinstance(item, SampleFile):
        yield item
        return
    path = Path(item)
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path).parts
            if file.is_file() and not any(part.startswith(".") for part in inside):
                category = next((_CATEGORIES[p] for p in inside[:-1] if p in _CATEGORIES), None)
                yield SampleFile(file.name, file, category=category)
    elif path.is_file():
        yield SampleFile(path.name, path)
    else:
        raise InputError("there is no such file or folder", path=path, hint="check the name")


def _completed(file: SampleFile, default: SampleFile) -> SampleFile:
    return replace(
        file,
        label=default.label if file.label is None else file.label,
        category=file.category or default.category,
        metadata={**default.metadata, **file.metadata},
    )


@dataclass(frozen=True)
class Batch:
    """Files that go into one request, because the same is said of all of them.

    Args:
        form: Label, category and metadata as the API takes them.
        files: Names and contents.
        places: Positions of the files in the whole upload.
    """

    form: Mapping[str, str]
    files: tuple[FilePart, ...]
    places: tuple[int, ...]


def batches(files: Sequence[SampleFile], *, allow_duplicates: bool) -> list[Batch]:
    """Groups files by what is said of them, in pieces of bounded size."""
    groups: dict[str, list[int]] = {}
    forms: dict[str, dict[str, str]] = {}
    for place, file in enumerate(files):
        form = _form(file, allow_duplicates)
        key = json.dumps(form, sort_keys=True)
        forms[key] = form
        groups.setdefault(key, []).append(place)
    return [
        Batch(forms[key], tuple(part for _, part in piece), tuple(place for place, _ in piece))
        for key, places in groups.items()
        for piece in _pieces(files, places)
    ]


def _pieces(
    files: Sequence[SampleFile], places: Sequence[int]
) -> Iterator[list[tuple[int, FilePart]]]:
    piece: list[tuple[int, FilePart]] = []
    total = 0
    for place in places:
        part = FilePart(files[place].name, files[place].content)
        if piece and (len(piece) == _BATCH_FILES or total + part.size > _BATCH_BYTES):
            yield piece
            piece, total = [], 0
        piece.append((place, part))
        total += part.size
    if piece:
        yield piece


def _form(file: SampleFile, allow_duplicates: bool) -> dict[str, str]:
    form: dict[str, str] = {"category": file.category or "training"}
    if file.label is not None:
        form["label"] = file.label
    if file.metadata:
        form["metadata"] = json.dumps(dict(sorted(file.metadata.items())))
    if allow_duplicates:
        form["allow_duplicates"] = "true"
    return form
