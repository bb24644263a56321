"""What the API says of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.jobs.tasks.deploy import DeployArguments
from tinsmith.jobs.tasks.features import FeaturesArguments
from tinsmith.jobs.tasks.profile import ProfileArguments
from tinsmith.jobs.tasks.retrain import RetrainArguments
from tinsmith.jobs.tasks.test import TestArguments
from tinsmith.jobs.tasks.train import TrainArguments

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]


class JobError(BaseModel):
    """Why a job did not succeed, as every error of the API says it."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="A stable word for programs, such as `interrupted`.")
    message: str
    hint: str | None = None


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
    error: JobError | None
    retry_of: int | None
    time_limit_s: int | None
    memory_limit_mb: int | None
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


class FeaturesIn(LimitsIn, FeaturesArguments):
    """Which impulse's features to compute."""


class TrainingIn(LimitsIn, TrainArguments):
    """What to train."""


class RetrainingIn(LimitsIn, RetrainArguments):
    """What to retrain; the project's default impulse where none is named."""

    impulse_id: int | None = Field(  # type: ignore[assignment]
        default=None, ge=1, lt=2**63, description="The impulse; the default one if absent."
    )


class TestingIn(LimitsIn, TestArguments):
    """What to test."""


class ProfilingIn(LimitsIn, ProfileArguments):
    """What to measure, and where."""


class DeploymentIn(LimitsIn, DeployArguments):
    """What to package, and for what."""
