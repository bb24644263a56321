"""What the API says of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]
Number = Field(ge=1, lt=2**63)


class JobOut(BaseModel):
    """A long task."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    project_id: int | None
    kind: str
    state: State
    arguments: dict[str, Any]
    progress: dict[str, Any] = Field(description="Stage, done, total and note of the last report.")
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    retry_of: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobEventOut(BaseModel):
    """One thing a job said."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    number: int = Field(description="Counts up within the job; ask for events `after` it.")
    at: datetime
    kind: Literal["log", "progress", "metric", "state"]
    data: dict[str, Any]


class LimitsIn(BaseModel):
    """Bounds on a job."""

    model_config = ConfigDict(extra="forbid")

    time_limit_s: int | None = Field(default=None, ge=1, le=30 * 24 * 3600)
    memory_limit_mb: int | None = Field(default=None, ge=64, le=10**7)


class TrainingIn(LimitsIn):
    """What to train."""

    impulse_id: int = Number


class TestingIn(LimitsIn):
    """What to test."""

    impulse_id: int = Number


class ProfilingIn(LimitsIn):
    """What to measure, and where."""

    impulse_id: int = Number
    target: str = Field(default="cortex-m4f", max_length=80)
    variant: Literal["float32", "int8"] = "int8"
    memory: Literal["balanced", "smallest"] = "balanced"


class DeploymentIn(ProfilingIn):
    """What to package, and for what."""

    form: str = Field(default="cpp-library", max_length=80)
