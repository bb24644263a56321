"""A sample: one recording or picture with its label, read from its source only when needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from tinsmith import signals
from tinsmith.core.errors import DatasetError
from tinsmith.core.hashing import digest, hash_bytes
from tinsmith.datasets.labelling import cut_segments
from tinsmith.signals import NO_OPTIONS, Decoded, DecodeOptions, Image, Segment, Sensor, Signal

Category = Literal["training", "testing", "validation", ""]
CATEGORIES: tuple[Category, ...] = ("training", "testing", "validation", "")
# Frames [start, end) of a recording.
Span = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A labelled rectangle in a picture, in pixels from the top left corner."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Facts:
    """What is known about a sample's content without reading it again.

    Args:
        kind: Whether the content is a time series or a picture.
        frames: Rows of a signal, 0 for a picture.
        interval_ms: Milliseconds between rows; 0 for a row of features without time and pictures.
        sensors: Name and unit of every axis, empty for a picture.
        width, height: Size of a picture in pixels, 0 for a signal.
        size_bytes: Size of the original file, or of the values of a sample made in memory.
        warnings: What the decoder had to repair or assume.
    """

    kind: Literal["signal", "image"]
    frames: int = 0
    interval_ms: float = 0.0
    sensors: tuple[Sensor, ...] = ()
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def duration_ms(self) -> float:
        """Length of a signal in milliseconds; 0 without time."""
        return self.frames * self.interval_ms


@dataclass(frozen=True)
class Whole:
    """The recording that a cropped sample is a part of: what undoing the crop brings back.

    Args:
        frames: Its length.
        segments: Its labels over time, in its own frames. Those within the part that is kept count
            as the sample has them.
    """

    frames: int
    segments: tuple[Segment, ...] = ()


class Source(Protocol):
    """Where the content of a sample comes from."""

    @property
    def span(self) -> Span | None:
        """The frames of the decoded original that are kept; None keeps all."""
        ...

    def read(self) -> Decoded:
        """The content, decoded afresh, without what is cropped away."""
        ...

    def data(self) -> bytes | None:
        """The original bytes, all of them, or None if the content never was a file."""
        ...


@dataclass(frozen=True)
class FileSource:
    """Content that stays in a file until it is needed.

    Args:
        path: The file.
        content_hash: SHA-256 the file had when it was first read.
        name: File name or relative path the decoder is told (a stored file is named by its hash).
        options: How the file is decoded.
        span: Frames [start, end) of the decoded original that are kept; None keeps all.
    """

    path: Path
    content_hash: str
    name: str
    options: DecodeOptions = field(default_factory=DecodeOptions)
    span: Span | None = None

    def data(self) -> bytes:
        """The original bytes, whatever part of them is kept.

        Raises:
            DatasetError: The file is gone or its content is no longer what was first read.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise DatasetError(
                f"the recording cannot be read: {error.strerror or error}",
                hint="put the file back or read the data set again",
                path=self.path,
            ) from error
        if hash_bytes(data) != self.content_hash:
            raise DatasetError(
                "the file has changed since the data set was read",
                hint="read the data set again",
                path=self.path,
            )
        return data

    def read(self) -> Decoded:
        """The content, decoded with the options kept for it, without what is cropped away.

        Raises:
            DatasetError: The file is gone or has changed, or the span lies outside it.
            DecodeError: The file's bytes are not what they claim to be.
        """
        return _kept(signals.decode(self.data(), self.name, self.options), self.span, self.name)


@dataclass(frozen=True, eq=False)
class MemorySource:
    """Content that was made by a program and never was a file.

    Args:
        content: All of it.
        span: Frames [start, end) that are kept; None keeps all.
    """

    content: Signal | Image
    span: Span | None = None

    def read(self) -> Decoded:
        """The content as it was given, without what is cropped away.

        Raises:
            DatasetError: The span lies outside the content.
        """
        return _kept(Decoded(self.content, format="memory"), self.span, "the recording")

    def data(self) -> None:
        """No bytes: there never was a file."""
        return


def _kept(decoded: Decoded, span: Span | None, name: str) -> Decoded:
    """What a crop leaves of decoded content."""
    if span is None:
        return decoded
    start, end = span
    content = decoded.content
    if not isinstance(content, Signal):
        raise DatasetError("only recordings over time can be cropped; this is a picture", path=name)
    if not 0 <= start < end <= content.frames:
        raise DatasetError(
            f"frames {start} to {end} are to be kept of a recording of {content.frames} frames",
            hint="undo the crop of this sample",
            path=name,
        )
    signal = replace(content, values=content.values[start:end])
    return replace(decoded, content=signal, segments=cut_segments(decoded.segments, start, end))


@dataclass(frozen=True, eq=False)
class Sample:
    """One recording or picture of a data set.

    Args:
        id: Stable name within a data set; made from the content, so it survives renaming.
        name: Name for people, usually the file name without extension.
        content_hash: SHA-256 of the original bytes (of the values for samples made in memory).
        format: File extension without dot, or "memory".
        label: Class or numeric target; "" means unlabelled.
        category: Which part of the data set it belongs to; "" means not decided.
        metadata: Further facts such as subject or device.
        segments: Labels over time, in order, without overlaps; empty if there are none. They count
            the frames that are kept.
        boxes: Labelled rectangles of a picture.
        facts: What is known about the content without reading it.
        source: Where the content is.
        enabled: Whether it is used for training and testing.
        whole: What a crop left out; None for a sample that is not cropped.
    """

    id: str
    name: str
    content_hash: str
    format: str
    label: str
    category: Category
    metadata: Mapping[str, str]
    segments: tuple[Segment, ...]
    boxes: tuple[Box, ...]
    facts: Facts
    source: Source = field(repr=False)
    enabled: bool = True
    whole: Whole | None = None

    @property
    def span(self) -> Span | None:
        """Frames [start, end) of the recording that are kept; None if it is not cropped."""
        return self.source.span

    def load(self) -> Signal | Image:
        """The content, read and decoded now.

        Raises:
            DatasetError: The file is gone or has changed.
            DecodeError: The file's bytes are not what they claim to be.
        """
        return self.source.read().content

    def load_signal(self) -> Signal:
        """The content, which must be a signal.

        Raises:
            DatasetError: It is a picture.
        """
        content = self.load()
        if not isinstance(content, Signal):
            raise DatasetError(f"{self.name} is a picture; expected a recording over time")
        return content

    def load_image(self) -> Image:
        """The content, which must be a picture.

        Raises:
            DatasetError: It is a signal.
        """
        content = self.load()
        if not isinstance(content, Image):
            raise DatasetError(f"{self.name} is a recording over time; expected a picture")
        return content

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that windows made from it depend on.

        Not its name, its category, or whether it is enabled; not what a crop left out.
        """
        options = self.source.options if isinstance(self.source, FileSource) else None
        return digest(
            self.content_hash,
            storable_options(options) if options else {},
            self.label,
            dict(self.metadata),
            self.segments,
            self.boxes,
            # Counted only where there is one, so that what is cached of whole recordings stays.
            *([] if self.span is None else [self.span]),
        )

    def with_(self, **changes: Any) -> Sample:
        """A copy with some fields changed."""
        # Half as long as `dataclasses.replace`, which every sample that is stored would wait for.
        fields = {**self.__dict__, **changes}
        fields.pop("fingerprint", None)
        return Sample(**fields)


@dataclass(frozen=True)
class Problem:
    """Something about one file or sample that the user should know; the rest was not affected."""

    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True)
class Dataset:
    """Samples, what could not be read, and how the source was understood.

    Args:
        samples: In a fixed order that does not depend on the machine.
        problems: One entry per file or line that was left out, and why.
        notes: How the folder was read: layout, where labels came from, what was ignored.
    """

    samples: tuple[Sample, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def classes(self) -> tuple[str, ...]:
        """All labels in use, sorted, labels over time included, without "unlabelled"."""
        labels = {sample.label for sample in self.samples}
        labels |= {segment.label for sample in self.samples for segment in sample.segments}
        return tuple(sorted(labels - {""}))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What the decoders had to repair or assume in samples that are used."""
        return tuple(
            Problem(sample.name, text) for sample in self.samples for text in sample.facts.warnings
        )

    def category(self, category: Category) -> Dataset:
        """The part that belongs to one category (problems and notes stay with the whole)."""
        return Dataset(tuple(s for s in self.samples if s.category == category))


def sample_from_signal(
    content: Signal | Image,
    *,
    name: str,
    label: str = "",
    metadata: Mapping[str, str] | None = None,
    category: Category = "",
    segments: tuple[Segment, ...] = (),
) -> Sample:
    """A sample from values in memory.

    Raises:
        DatasetError: The signal has no rows, or holds NaN or infinite values.
    """
    values = content.values if isinstance(content, Signal) else content.pixels
    if values.size == 0:
        raise DatasetError(f"{name} holds no values; expected at least one row")
    if isinstance(content, Signal) and not np.isfinite(content.values).all():
        row = int(np.argwhere(~np.isfinite(content.values))[0][0])
        raise DatasetError(
            f"{name} holds NaN or infinity in row {row}; expected finite numbers",
            hint="remove or interpolate the missing values",
        )
    content_hash = digest(content)
    return Sample(
        id=content_hash[:16],
        name=name,
        content_hash=content_hash,
        format="memory",
        label=label,
        category=category,
        metadata=dict(metadata or {}),
        segments=segments,
        boxes=(),
        facts=facts_of(content, size_bytes=int(values.nbytes)),
        source=MemorySource(content),
    )


def facts_of(content: Signal | Image, *, size_bytes: int, warnings: tuple[str, ...] = ()) -> Facts:
    """The facts of decoded content."""
    if isinstance(content, Image):
        return Facts(
            "image",
            width=content.width,
            height=content.height,
            size_bytes=size_bytes,
            warnings=warnings,
        )
    return Facts(
        "signal",
        frames=content.frames,
        interval_ms=content.interval_ms,
        sensors=content.sensors,
        size_bytes=size_bytes,
        warnings=warnings,
    )


def storable_options(options: DecodeOptions) -> dict[str, Any]:
    """The options that differ from the defaults, without keys (they are secrets) and limits."""
    kept: dict[str, Any] = {}
    if options is NO_OPTIONS or options == NO_OPTIONS:
        return kept
    for name in options.__dataclass_fields__:
        value = getattr(options, name)
        if name == "hmac_keys" or (name.startswith("max_") and name != "max_gap_rows"):
            continue
        if value != getattr(NO_OPTIONS, name):
            kept[name] = list(value) if isinstance(value, tuple) else value
    return kept
