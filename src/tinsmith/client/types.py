"""What the server sends, generated from its OpenAPI document by tools/client_types.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, kw_only=True)
class About:
    """What this server is, and how one gets in."""

    name: str
    version: str
    sign_up: Literal["invitation"]
    """How one gets an account: by an invitation, or from an administrator."""
    sign_in: list[Literal["password", "link"]]
    """Ways to sign in."""
    signed_in: bool
    """Whether the one who asks is."""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key, without its secret."""

    id: int
    name: str
    scope: Literal["admin", "read-only", "ingestion", "ingestion+deployment"]
    prefix: str
    """The beginning of the secret."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Box:
    """A labelled rectangle of a picture, in pixels from the top left corner."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class ClassResult:
    """One row of truth; null where nothing was claimed."""

    name: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, kw_only=True)
class Export:
    """A project as plain files, ready to be downloaded."""

    id: int
    version: int | None
    """The version it is of; null: of that moment."""
    file_name: str
    files: int
    size_bytes: int
    """Of all files together; the zip is a little larger."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a model."""

    name: str
    hash: str
    """SHA-256 of its bytes; the ETag of its download."""
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something worth knowing about one place of a document or about a budget."""

    path: str
    """Keys and positions joined by dots, such as `processing.0.type`; empty for the document as a whole. Of budgets: `ram_bytes`, `flash_bytes` or `latency_ms`."""
    message: str
    hint: str
    severity: Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True)
class ImportedFile:
    """One file of an import, or a problem with one."""

    path: str
    status: Literal["read", "problem"]
    name: str | None = None
    label: str | None = None
    category: str | None = None
    segments: int | None = 0
    boxes: int | None = 0
    is_matched: bool | None = None
    """Whether an annotation is about it; null without annotations."""
    message: str | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobError:
    """Why a job did not succeed, as every error of the API says it."""

    code: str
    """A stable word for programs, such as `interrupted`."""
    message: str
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobEvent:
    """One thing a job said."""

    number: int
    """Counts up within the job; ask for events `after` it."""
    at: datetime
    kind: Literal["log", "progress", "metric", "state"]
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A long task."""

    id: int
    project_id: int | None
    kind: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]
    arguments: dict[str, Any]
    progress: dict[str, Any]
    """Stage, done, total and note of the last report."""
    result: dict[str, Any] | None
    error: JobError | None
    retry_of: int | None
    time_limit_s: int | None
    memory_limit_mb: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """How much there is of one label in one category."""

    category: Literal["training", "testing", "validation", ""]
    label: str
    enabled: bool
    samples: int
    length_ms: float
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Me:
    """The caller."""

    id: int | None
    """The user's number; null for a key without a user."""
    email: str | None
    name: str | None
    is_admin: bool
    has_password: bool
    """Without one, only one-time links sign in."""
    scope: str | None
    """The key's scope, if a key is used."""
    project_id: int | None
    """The only project the key opens, if it has one."""
    created_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewApiKey:
    """A key that was made just now."""

    id: int
    name: str
    scope: Literal["admin", "read-only", "ingestion", "ingestion+deployment"]
    prefix: str
    """The beginning of the secret."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    secret: str
    """The key itself; it is shown this once."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project."""

    id: int
    name: str
    description: str
    readme: str
    visibility: Literal["private", "public"]
    organization_id: int | None
    revision: int
    """Rises with every change; the ETag."""
    data_revision: int
    """Rises with every change of its samples."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A label over part of a recording, first and last frame included."""

    start_index: int
    end_index: int
    label: str


FrequenciesHzItem: TypeAlias = float


@dataclass(frozen=True, kw_only=True)
class SensorCapability:
    """Something a device can record with."""

    name: str
    units: str | None = ""
    max_length_ms: float | None = None
    """The longest recording; null: no limit known."""
    frequencies_hz: list[FrequenciesHzItem] | None = field(default_factory=list)
    """Rates it offers; empty: whatever it does."""


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """One axis of a recording."""

    name: str
    units: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """Part of a recording: frames from `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """Model testing of one variant."""

    id: int
    model_id: int
    impulse_id: int
    job_id: int | None
    variant: Literal["float32", "int8"]
    metrics: dict[str, Any]
    """At the thresholds of training."""
    data_revision: int
    data_changed: bool
    """Whether samples changed since the test."""
    design_changed: bool
    """Whether the impulse's design changed since."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Tested:
    """The last test of a variant in one line."""

    test_result_id: int
    value: float | None
    """Accuracy; the mean absolute error of a regression, the area under the curve of an anomaly block alone."""


@dataclass(frozen=True, kw_only=True)
class ThresholdsIn:
    """What decides about a window, once its scores are known."""

    minimum_confidence: float | None = 0.0
    """A window whose best score is lower is uncertain."""
    anomaly: float | None = None
    """A window that scores higher is an anomaly; null: the threshold of training."""
    largest_error: float | None = 0.0
    """How far off a right number may be (regression)."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What windows were judged by."""

    minimum_confidence: float
    anomaly: float | None
    """Null where there is no anomaly block."""
    largest_error: float


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """What became of one uploaded file."""

    name: str
    status: Literal["added", "duplicate", "failed"]
    sample_id: int | None = None
    """The new sample, or the one there is."""
    message: str | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class VersionImpulse:
    """An impulse as a version keeps it."""

    id: int
    name: str
    is_default: bool
    model_id: int | None
    training: dict[str, Any] | None
    """Metrics of the model's training."""
    testing: dict[str, dict[str, float]]
    """Scores of its test by variant."""


@dataclass(frozen=True, kw_only=True)
class VersionSummary:
    """What a version holds, in numbers."""

    samples: int
    categories: dict[str, int]
    """Samples by category, and `disabled` ones."""
    length_ms: dict[str, float]
    """Their length by category."""
    size_bytes: int
    impulses: list[VersionImpulse]


@dataclass(frozen=True, kw_only=True)
class WindowResult:
    """One window of a test."""

    sample_id: int | None
    sample: str
    start_ms: float
    label: str
    decision: str
    is_right: bool
    scores: list[float] | None
    """In the order of the model's classes."""
    anomaly: float | None


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Whether something fits the project's target."""

    variant: str
    core: str
    fits: bool | None
    """Null if it was measured on another core."""
    ram_bytes: int | None
    flash_bytes: int | None
    latency_ms: float | None
    """Estimated; null where it is not known."""
    findings: list[Finding]
    """What does not fit, or hardly does."""


@dataclass(frozen=True, kw_only=True)
class DeploymentDetail:
    """A package, with the report on how it was verified."""

    id: int
    number: int
    """Rises within the project and never comes twice."""
    impulse_id: int | None
    model_id: int | None
    job_id: int | None
    created_by: int | None
    form: str
    target: str
    variant: str
    memory: str
    file_name: str
    size_bytes: int
    hash: str
    """SHA-256 of the package; the ETag of its download."""
    impulse_changed: bool
    """Whether the impulse has another design or another model by now, or is gone."""
    data_changed: bool
    """Whether samples changed since the model was trained."""
    budget: Budget
    """Whether what was measured fits the project's target."""
    created_at: datetime
    deleted_at: datetime | None
    """When the package was deleted."""
    report: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A package."""

    id: int
    number: int
    """Rises within the project and never comes twice."""
    impulse_id: int | None
    model_id: int | None
    job_id: int | None
    created_by: int | None
    form: str
    target: str
    variant: str
    memory: str
    file_name: str
    size_bytes: int
    hash: str
    """SHA-256 of the package; the ETag of its download."""
    impulse_changed: bool
    """Whether the impulse has another design or another model by now, or is gone."""
    data_changed: bool
    """Whether samples changed since the model was trained."""
    budget: Budget
    """Whether what was measured fits the project's target."""
    created_at: datetime
    deleted_at: datetime | None
    """When the package was deleted."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device."""

    id: int
    identifier: str
    """What the device calls itself."""
    name: str
    type: str
    sensors: list[SensorCapability]
    connected: bool
    """Whether it can be asked to record."""
    last_seen_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Impulse:
    """A design."""

    id: int
    name: str
    design: dict[str, Any]
    is_default: bool
    model_id: int | None
    """The model in use."""
    model_is_stale: bool
    """Whether data or design changed since the model in use was trained."""
    metrics: dict[str, float]
    """By variant the accuracy of the model's last test; the mean absolute error of a regression, the area under the curve of an anomaly block alone."""
    thresholds: ThresholdsIn | None
    """Saved ones; null: those of training."""
    findings: list[Finding]
    """What the project's data makes doubtful; filled when a design is saved."""
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ModelDetail:
    """A trained impulse with everything there is to see."""

    id: int
    impulse_id: int
    job_id: int | None
    in_use: bool
    """Whether its impulse uses it."""
    classes: list[str]
    metrics: dict[str, Any]
    """Of training: parameters and the best epoch."""
    tested: dict[str, Tested]
    """The last test of each variant."""
    budget: list[Budget]
    """Of each variant's last profile: whether it fits the project's target."""
    warnings: list[str]
    counters: dict[str, Any]
    """Recordings computed and taken from the cache."""
    data_revision: int
    data_changed: bool
    """Whether samples changed since it was trained."""
    design_changed: bool
    """Whether its impulse's design changed since."""
    created_at: datetime
    design: dict[str, Any]
    """The design it was trained from."""
    history: list[dict[str, Any]]
    """One entry an epoch."""
    files: list[File]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained impulse."""

    id: int
    impulse_id: int
    job_id: int | None
    in_use: bool
    """Whether its impulse uses it."""
    classes: list[str]
    metrics: dict[str, Any]
    """Of training: parameters and the best epoch."""
    tested: dict[str, Tested]
    """The last test of each variant."""
    budget: list[Budget]
    """Of each variant's last profile: whether it fits the project's target."""
    warnings: list[str]
    counters: dict[str, Any]
    """Recordings computed and taken from the cache."""
    data_revision: int
    data_changed: bool
    """Whether samples changed since it was trained."""
    design_changed: bool
    """Whether its impulse's design changed since."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProfileDetail:
    """What a model costs on a target, stage by stage."""

    id: int
    model_id: int
    job_id: int | None
    variant: Literal["float32", "int8"]
    target: str
    memory: str
    budget: Budget
    created_at: datetime
    document: dict[str, Any]
    """Instructions of every stage, RAM over time, flash, stack and time."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a model costs on a target."""

    id: int
    model_id: int
    job_id: int | None
    variant: Literal["float32", "int8"]
    target: str
    memory: str
    budget: Budget
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """A test at given thresholds; nothing was run again."""

    thresholds: Thresholds
    count: int
    """Windows that count."""
    ignored: int
    """Windows whose label the network never learned."""
    accuracy: float
    certain: float
    """Share of windows that got a class or are anomalies."""
    rows: list[str]
    """What windows are; empty for regression."""
    columns: list[str]
    """What windows were taken for."""
    confusion: list[list[int]]
    """Windows by row and column."""
    classes: list[ClassResult]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample: one recording or picture."""

    id: int
    key: str
    """Its stable id in the project's plain files."""
    name: str
    label: str
    """Class or number; "" means unlabelled."""
    category: Literal["training", "testing", "validation", ""]
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
    sensors: list[Sensor]
    span: Span | None
    """The frames of the upload that a crop has kept."""
    segments: list[Segment]
    boxes: list[Box]
    metadata: dict[str, str]
    signature: Literal["valid", "invalid", "unsigned", "unchecked"]
    warnings: list[str]
    device_id: int | None
    parent_id: int | None
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    """Since when it is in the trash."""


@dataclass(frozen=True, kw_only=True)
class TestResultDetail:
    """Model testing of one variant, judged by thresholds."""

    id: int
    model_id: int
    impulse_id: int
    job_id: int | None
    variant: Literal["float32", "int8"]
    metrics: dict[str, Any]
    """At the thresholds of training."""
    data_revision: int
    data_changed: bool
    """Whether samples changed since the test."""
    design_changed: bool
    """Whether the impulse's design changed since."""
    created_at: datetime
    rescored: Rescored | None
    """At the thresholds asked for, else at the saved ones, else at those of training; null if no window counts."""


@dataclass(frozen=True, kw_only=True)
class UploadReport:
    """What became of an upload, file by file, in order."""

    added: int
    duplicates: int
    failed: int
    files: list[Uploaded]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A project as it was at a moment."""

    id: int
    number: int
    """Rises within the project and never comes twice."""
    description: str
    summary: VersionSummary
    created_at: datetime
    created_by: int | None
