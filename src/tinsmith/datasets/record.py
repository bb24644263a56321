"""A sample as one line of JSON, and back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import (
    Box,
    Category,
    Facts,
    FileSource,
    Sample,
    Whole,
    storable_options,
)
from tinsmith.signals import NO_OPTIONS, DecodeOptions, Segment, Sensor

# The newest form of a line this version writes and reads.
RECORD_VERSION = 1
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")

_Index = Annotated[int, Field(ge=0)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Options(_Strict):
    interval_ms: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    delimiter: str | None = None
    decimal: str | None = None
    has_header: bool | None = None
    time_column: str | None = None
    time_unit: Literal["s", "ms", "us", "ns"] | None = None
    columns: tuple[str, ...] = ()
    label_column: str | None = None
    metadata_columns: tuple[str, ...] = ()
    units: dict[str, str] = {}
    resample_irregular: bool = False
    max_gap_rows: _Index = 5


class _Content(_Strict):
    kind: Literal["signal", "image"]
    frames: _Index = 0
    interval_ms: _Amount = 0.0
    sensors: tuple[tuple[str, str], ...] = ()
    width: _Index = 0
    height: _Index = 0
    size_bytes: _Index = 0
    warnings: tuple[str, ...] = ()


class _Whole(_Strict):
    frames: _Index
    segments: tuple[tuple[_Index, _Index, str], ...] = ()


class _Record(_Strict):
    version: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}(-[0-9]+)?$")]
    name: str
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    format: Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")]
    label: str = ""
    category: Category = ""
    metadata: dict[str, str] = {}
    segments: tuple[tuple[_Index, _Index, str], ...] = ()
    boxes: tuple[tuple[str, float, float, float, float], ...] = ()
    options: _Options = _Options()
    content: _Content
    enabled: bool = True
    # Both or neither: what is kept of the recording, and what is needed to undo that.
    span: tuple[_Index, _Index] | None = None
    whole: _Whole | None = None

    @model_validator(mode="after")
    def _crop_fits(self) -> _Record:
        if (self.span is None) != (self.whole is None):
            raise ValueError("span and whole belong together; one of them is missing")
        if self.span is None or self.whole is None:
            return self
        start, end = self.span
        if not 0 <= start < end <= self.whole.frames:
            raise ValueError(f"the span {start} to {end} is not within {self.whole.frames} frames")
        if self.content.kind != "signal" or self.content.frames != end - start:
            raise ValueError(
                f"the span holds {end - start} frames, the content {self.content.frames}"
            )
        return self


def to_line(sample: Sample) -> str:
    """One line of JSON, fields that hold their default left out, always in the same order.

    Raises:
        DatasetError: A field holds something that cannot be stored, such as broken text.
    """
    try:
        record = _record(sample)
    except ValidationError as error:
        raise DatasetError(
            f"the sample cannot be stored: {_first(error)}", path=sample.name
        ) from None
    line = json.dumps(record.model_dump(exclude_defaults=True, mode="json"), ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError as error:
        broken = line[error.start : error.end]
        raise DatasetError(
            f"the sample cannot be stored: {broken!r} is not valid text", path=sample.name
        ) from None
    return line


def _record(sample: Sample) -> _Record:
    options = sample.source.options if isinstance(sample.source, FileSource) else NO_OPTIONS
    facts = sample.facts
    return _Record(
        id=sample.id,
        name=sample.name,
        hash=sample.content_hash,
        format=sample.format,
        label=sample.label,
        category=sample.category,
        metadata=dict(sorted(sample.metadata.items())),
        segments=_triples(sample.segments),
        boxes=tuple((b.label, b.x, b.y, b.width, b.height) for b in sample.boxes),
        options=_Options(**storable_options(options)),
        content=_Content(
            kind=facts.kind,
            frames=facts.frames,
            interval_ms=facts.interval_ms,
            sensors=tuple((s.name, s.units) for s in facts.sensors),
            width=facts.width,
            height=facts.height,
            size_bytes=facts.size_bytes,
            warnings=facts.warnings,
        ),
        enabled=sample.enabled,
        span=sample.span,
        whole=_stored_whole(sample.whole),
    )


def _stored_whole(whole: Whole | None) -> _Whole | None:
    return _Whole(frames=whole.frames, segments=_triples(whole.segments)) if whole else None


def _triples(segments: tuple[Segment, ...]) -> tuple[tuple[int, int, str], ...]:
    return tuple((s.start_index, s.end_index, s.label) for s in segments)


def _segments(triples: tuple[tuple[int, int, str], ...]) -> tuple[Segment, ...]:
    return tuple(Segment(*triple) for triple in triples)


def _first(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the line"
    return f"{where}: {first['msg']}"


def from_line(line: str, data: Path) -> Sample:
    """The sample of one line; its content lies under the folder `data`.

    Raises:
        DatasetError: The line is no such JSON; says which field is wrong.
    """
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        raise DatasetError(
            "a merge conflict is not resolved", hint="keep the lines of one side or of both"
        )
    try:
        record = _Record.model_validate_json(line)
    except ValidationError as error:
        raise DatasetError(_first(error)) from None
    return _sample(record, data)


def _sample(record: _Record, data: Path) -> Sample:
    content = record.content
    path = blob_path(data, record.hash, record.format)
    options = DecodeOptions(**record.options.model_dump())
    return Sample(
        id=record.id,
        name=record.name,
        content_hash=record.hash,
        format=record.format,
        label=record.label,
        category=record.category,
        metadata=record.metadata,
        segments=_segments(record.segments),
        boxes=tuple(Box(*box) for box in record.boxes),
        facts=Facts(
            kind=content.kind,
            frames=content.frames,
            interval_ms=content.interval_ms,
            sensors=tuple(Sensor(*sensor) for sensor in content.sensors),
            width=content.width,
            height=content.height,
            size_bytes=content.size_bytes,
            warnings=content.warnings,
        ),
        source=FileSource(
            path, record.hash, f"{record.name}.{record.format}", options, record.span
        ),
        enabled=record.enabled,
        whole=Whole(record.whole.frames, _segments(record.whole.segments))
        if record.whole
        else None,
    )


def blob_path(data: Path, content_hash: str, extension: str) -> Path:
    """Where content is kept: two hex digits of folders keep folders small."""
    return data / content_hash[:2] / f"{content_hash}.{extension}"


def storable_extension(extension: str) -> str:
    """The extension in the form stored files have; `bin` if it has none."""
    lower = extension.lower()
    return lower if _EXTENSION.fullmatch(lower) else "bin"
