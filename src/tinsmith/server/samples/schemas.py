"""What the API says of samples."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.store.tables import SampleRow

CategoryName = Literal["training", "testing", "validation", ""]


class SensorOut(BaseModel):
    """One axis of a recording."""

    model_config = ConfigDict(extra="forbid")

    name: str
    units: str


class SegmentModel(BaseModel):
    """A label over part of a recording, first and last frame included."""

    model_config = ConfigDict(extra="forbid")

    start_index: int = Field(ge=0, lt=2**53)
    end_index: int = Field(ge=0, lt=2**53)
    label: str = Field(min_length=1, max_length=200)


class BoxModel(BaseModel):
    """A labelled rectangle of a picture, in pixels from the top left corner."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, max_length=200)
    x: float = Field(ge=0, allow_inf_nan=False)
    y: float = Field(ge=0, allow_inf_nan=False)
    width: float = Field(gt=0, allow_inf_nan=False)
    height: float = Field(gt=0, allow_inf_nan=False)


class SampleOut(BaseModel):
    """A sample: one recording or picture."""

    model_config = ConfigDict(extra="forbid")

    id: int
    key: str = Field(description="Its stable id in the project's plain files.")
    name: str
    label: str = Field(description='Class or number; "" means unlabelled.')
    category: CategoryName
    enabled: bool
    format: str
    kind: Literal["signal", "image"]
    content_hash: str
    frames: int
    interval_ms: float
    length_ms: float
    width: int
    height: int
    size_bytes: int
    sensors: list[SensorOut]
    segments: list[SegmentModel]
    boxes: list[BoxModel]
    metadata: dict[str, str]
    signature: Literal["valid", "invalid", "unsigned", "unchecked"]
    warnings: list[str]
    device_id: int | None
    parent_id: int | None
    revision: int
    created_at: datetime
    updated_at: datetime


class Uploaded(BaseModel):
    """What became of one uploaded file."""

    model_config = ConfigDict(extra="forbid")

    name: str
    status: Literal["added", "duplicate", "failed"]
    sample_id: int | None = Field(default=None, description="The new sample, or the one there is.")
    message: str | None = None
    hint: str | None = None


class UploadReport(BaseModel):
    """What became of an upload, file by file, in order."""

    model_config = ConfigDict(extra="forbid")

    added: int
    duplicates: int
    failed: int
    files: list[Uploaded]


class LabelCount(BaseModel):
    """How much there is of one label in one category."""

    model_config = ConfigDict(extra="forbid")

    category: CategoryName
    label: str
    enabled: bool
    samples: int
    length_ms: float
    size_bytes: int


def sample_out(row: SampleRow) -> SampleOut:
    """A row as the API shows it."""
    plain = {
        name: getattr(row, name)
        for name in SampleOut.model_fields
        if name not in ("sensors", "segments", "boxes", "metadata")
    }
    return SampleOut(
        **plain,
        sensors=[SensorOut(name=name, units=units) for name, units in row.sensors],
        segments=[
            SegmentModel.model_construct(start_index=start, end_index=end, label=label)
            for start, end, label in row.segments
        ],
        boxes=[
            BoxModel.model_construct(label=label, x=x, y=y, width=width, height=height)
            for label, x, y, width, height in row.boxes
        ],
        metadata=row.facts,
    )
