"""What the API says of model testing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.results.schemas import VariantName


class TestResultOut(BaseModel):
    """Model testing of one variant."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    model_config = ConfigDict(extra="forbid")

    id: int
    model_id: int
    impulse_id: int
    job_id: int | None
    variant: VariantName
    metrics: dict[str, Any] = Field(description="At the thresholds of training.")
    data_revision: int
    data_changed: bool = Field(description="Whether samples changed since the test.")
    design_changed: bool = Field(description="Whether the impulse's design changed since.")
    created_at: datetime


class ClassResultOut(BaseModel):
    """One row of truth; null where nothing was claimed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


class ThresholdsOut(BaseModel):
    """What windows were judged by."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    minimum_confidence: float
    anomaly: float | None = Field(description="Null where there is no anomaly block.")
    largest_error: float


class RescoredOut(BaseModel):
    """A test at given thresholds; nothing was run again."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    thresholds: ThresholdsOut
    count: int = Field(description="Windows that count.")
    ignored: int = Field(description="Windows whose label the network never learned.")
    accuracy: float
    certain: float = Field(description="Share of windows that got a class or are anomalies.")
    rows: list[str] = Field(description="What windows are; empty for regression.")
    columns: list[str] = Field(description="What windows were taken for.")
    confusion: list[list[int]] = Field(description="Windows by row and column.")
    classes: list[ClassResultOut]


class TestResultDetail(TestResultOut):
    """Model testing of one variant, judged by thresholds."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    rescored: RescoredOut | None = Field(
        description="At the thresholds asked for, else at the saved ones, else at those of "
        "training; null if no window counts."
    )


class SampleResultOut(BaseModel):
    """All windows of one sample."""

    model_config = ConfigDict(extra="forbid")

    sample_id: int | None = Field(description="Null if it was deleted for good.")
    sample: str
    label: str
    decision: str = Field(description="What most of its windows were taken for.")
    windows: int
    right: int
    counts: dict[str, int] = Field(description="Windows by decision.")


class WindowResultOut(BaseModel):
    """One window of a test."""

    model_config = ConfigDict(extra="forbid")

    sample_id: int | None
    sample: str
    start_ms: float
    label: str
    decision: str
    is_right: bool
    scores: list[float] | None = Field(description="In the order of the model's classes.")
    anomaly: float | None
