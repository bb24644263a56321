"""What the API says of samples."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)

from tinsmith.server.text import Text
from tinsmith.store.tables import SampleRow

CategoryName = Literal["training", "testing", "validation", ""]
SignatureName = Literal["valid", "invalid", "unsigned", "unchecked"]
Label = Annotated[Text, StringConstraints(max_length=200)]
_GivenLabel = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
MetadataName = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
MetadataValue = Annotated[Text, StringConstraints(max_length=1000)]
Index = Annotated[int, Field(ge=0, lt=2**53)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Metadata(RootModel[dict[MetadataName, MetadataValue]]):
    """Facts about a sample, such as its subject."""


def _few(entries: dict[str, str]) -> dict[str, str]:
    if len(entries) > 200:
        raise ValueError(f"has {len(entries)} entries; expected at most 200")
    return entries


Entries = Annotated[dict[MetadataName, MetadataValue], AfterValidator(_few)]


class SensorOut(_Strict):
    """One axis of a recording."""

    name: str
    units: str


class SegmentModel(_Strict):
    """A label over part of a recording, first and last frame included."""

    start_index: Index
    end_index: Index
    label: _GivenLabel


class BoxModel(_Strict):
    """A labelled rectangle of a picture, in pixels from the top left corner."""

    label: _GivenLabel
    x: float = Field(ge=0, allow_inf_nan=False)
    y: float = Field(ge=0, allow_inf_nan=False)
    width: float = Field(gt=0, allow_inf_nan=False)
    height: float = Field(gt=0, allow_inf_nan=False)


class SpanModel(_Strict):
    """Part of a recording: frames from `start` to before `end`."""

    start: Index
    end: Index


class SampleOut(_Strict):
    """A sample: one recording or picture."""

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
    span: SpanModel | None = Field(description="The frames of the upload that a crop has kept.")
    segments: list[SegmentModel]
    boxes: list[BoxModel]
    metadata: dict[str, str]
    signature: SignatureName
    warnings: list[str]
    device_id: int | None
    parent_id: int | None
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(description="Since when it is in the trash.")


class Uploaded(_Strict):
    """What became of one uploaded file."""

    name: str
    status: Literal["added", "duplicate", "failed"]
    sample_id: int | None = Field(default=None, description="The new sample, or the one there is.")
    message: str | None = None
    hint: str | None = None


class UploadReport(_Strict):
    """What became of an upload, file by file, in order."""

    added: int
    duplicates: int
    failed: int
    files: list[Uploaded]

    @property
    def first_sample_id(self) -> int | None:
        """The first sample it speaks of, if any."""
        return next((file.sample_id for file in self.files if file.sample_id), None)


class LabelCount(_Strict):
    """How much there is of one label in one category."""

    category: CategoryName
    label: str
    enabled: bool
    samples: int
    length_ms: float
    size_bytes: int


class LabelOverTime(_Strict):
    """How much there is of a label over time, or how many boxes have it."""

    label: str
    samples: int
    count: int = Field(description="Stretches of time, or boxes.")
    length_ms: float


class CategoryTotal(_Strict):
    """How much of the data a category holds, what is disabled left out."""

    category: CategoryName
    samples: int
    length_ms: float
    share: float = Field(description="Of the length; of the number where nothing has a length.")


class Summary(_Strict):
    """A project's data at a glance."""

    data_revision: int = Field(description="Rises with every change of the samples.")
    samples: int
    disabled: int
    unlabelled: int
    length_ms: float
    size_bytes: int
    categories: list[CategoryTotal]
    labels_over_time: list[LabelOverTime] = Field(description="The 1,000 most frequent.")
    warnings: list[str] = Field(description="What is wrong with the split, if anything.")


class SampleChange(_Strict):
    """What changes of a sample; what is left out stays."""

    name: Annotated[Text, StringConstraints(min_length=1, max_length=300)] | None = None
    label: Label | None = None
    category: CategoryName | None = None
    enabled: bool | None = None
    metadata: Entries | None = Field(default=None, description="All of it.")
    segments: list[SegmentModel] | None = Field(
        default=None, max_length=100_000, description="Labels over time, all of them."
    )
    boxes: list[BoxModel] | None = Field(
        default=None, max_length=10_000, description="Labelled rectangles, all of them."
    )


class Selection(_Strict):
    """Samples by number, or all that a query finds."""

    ids: list[Annotated[int, Field(ge=1, lt=2**63)]] | None = Field(default=None, max_length=10_000)
    query: Annotated[Text, StringConstraints(max_length=2000)] | None = Field(
        default=None, description='As in the list of samples; "" finds all.'
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Selection:
        if (self.ids is None) == (self.query is None):
            raise ValueError("expected either ids or query")
        return self


class BulkChangeIn(_Strict):
    """What is set on many samples; what is left out stays."""

    label: Label | None = None
    category: CategoryName | None = None
    enabled: bool | None = None
    metadata: Entries = Field(default={}, description="Entries that are added or replaced.")
    remove_metadata: list[MetadataName] = Field(default=[], max_length=200)


class BulkEdit(_Strict):
    """A change of many samples."""

    select: Selection
    change: BulkChangeIn


class BulkSelect(_Strict):
    """Something done to many samples."""

    select: Selection


class BulkResult(_Strict):
    """How many samples were changed."""

    changed: int


class EventsIn(_Strict):
    """How events are found; see `datasets.events`."""

    window_ms: float = Field(gt=0, le=1e9, allow_inf_nan=False, description="Length of a part.")
    min_distance_ms: float | None = Field(
        default=None, ge=0, le=1e9, allow_inf_nan=False, description="Least time between events."
    )
    overlap: float = Field(default=0.0, ge=0, lt=1, description="Largest share parts may share.")
    threshold: float = Field(
        default=4.0, gt=0, le=1000, description="How far above the noise an event is."
    )
    shift: float = Field(
        default=0.0, ge=0, le=1, description="Random displacement, so events are not all centred."
    )


class EventsOut(_Strict):
    """Parts of a recording in which something happens."""

    spans: list[SpanModel]


class SplitIn(_Strict):
    """The parts a recording is split into."""

    spans: list[SpanModel] = Field(min_length=1, max_length=10_000)
    keep: bool = Field(default=False, description="Keep the whole; otherwise it goes to the trash.")


class PartIn(_Strict):
    """A part of a recording that becomes a sample of its own."""

    start_ms: float = Field(ge=0, le=1e15, allow_inf_nan=False)
    length_ms: float = Field(gt=0, le=1e15, allow_inf_nan=False)


class RatiosIn(_Strict):
    """How samples are dealt out to the categories."""

    method: Literal["rebalance", "stratify"] = Field(
        default="rebalance",
        description="By the hash of each name, or spreading labels or metadata evenly.",
    )
    training: float = Field(default=0.8, ge=0, le=1e6)
    testing: float = Field(default=0.2, ge=0, le=1e6)
    validation: float = Field(default=0.0, ge=0, le=1e6)
    by: list[Annotated[Text, StringConstraints(max_length=200)]] = Field(
        default=[""], min_length=1, max_length=20, description='"" is the label, others metadata.'
    )
    together: MetadataName | None = Field(
        default=None, description="Metadata whose values are not torn apart, such as `subject`."
    )
    salt: Annotated[Text, StringConstraints(max_length=200)] = ""


class ApplyPlan(RatiosIn):
    """A split that was looked at and is to be made."""

    plan: str = Field(pattern="^[0-9a-f]{64}$", description="As the preview named it.")


class MoveOut(_Strict):
    """A sample that changes its category."""

    sample_id: int
    name: str
    before: CategoryName
    after: CategoryName


class PlanOut(_Strict):
    """What a split would do."""

    plan: str = Field(description="Names what is shown here; send it to make the split.")
    moves: int
    first_moves: list[MoveOut] = Field(description="The first 100.")
    before: dict[str, dict[str, int]] = Field(description="Samples by category and label.")
    after: dict[str, dict[str, int]]
    notes: list[str]


class DetailOut(_Strict):
    """A part of a recording for drawing: least and greatest value of each entry, by axis."""

    start: int
    end: int
    step: int = Field(description="Frames of an entry; with 1 the entries are the frames.")
    frames: int
    interval_ms: float
    axes: list[str]
    minimum: list[list[float]]
    maximum: list[list[float]]


class ValuesOut(_Strict):
    """Frames of a recording."""

    start: int
    interval_ms: float
    axes: list[str]
    values: list[list[float]]


class SpectrogramQuery(_Strict):
    """What a spectrogram shows."""

    axis: int = Field(default=0, ge=0, lt=2**31)
    start: Index = Field(default=0, description="First frame.")
    end: Annotated[int, Field(ge=1, lt=2**53)] | None = Field(
        default=None, description="Frame after the last; the end if left out."
    )
    columns: int = Field(default=400, ge=1, le=2000)
    window_frames: int | None = Field(default=None, ge=2, le=8192)


class SpectrogramOut(_Strict):
    """How much of each frequency there is at each time, in decibels."""

    levels_db: list[list[float]]
    start_ms: float
    step_ms: float
    bin_hz: float


_PLAIN = (
    "id", "key", "name", "label", "category", "enabled", "format", "kind", "content_hash", "frames",
    "interval_ms", "length_ms", "width", "height", "size_bytes", "signature", "warnings",
    "device_id", "parent_id", "revision",
)  # fmt: skip
_OTHER = ("sensors", "span", "segments", "boxes", "facts", "created_at", "updated_at", "deleted_at")
# What a query must read so that `sample_out` can show a sample.
SAMPLE_COLUMNS = tuple(getattr(SampleRow, name) for name in _PLAIN + _OTHER)


def sample_out(row: Any) -> dict[str, Any]:
    """A row as `SampleOut` describes it; built by hand, as lists of samples must be quick."""
    shown = {name: getattr(row, name) for name in _PLAIN}
    shown["sensors"] = [{"name": name, "units": units} for name, units in row.sensors]
    shown["span"] = {"start": row.span[0], "end": row.span[1]} if row.span else None
    shown["segments"] = [
        {"start_index": start, "end_index": end, "label": label}
        for start, end, label in row.segments
    ]
    shown["boxes"] = [
        {"label": label, "x": x, "y": y, "width": width, "height": height}
        for label, x, y, width, height in row.boxes
    ]
    shown["metadata"] = row.facts
    for name in ("created_at", "updated_at", "deleted_at"):
        moment: datetime | None = getattr(row, name)
        shown[name] = moment.isoformat() if moment else None
    return shown
