"""What the API says of models and test results."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ModelOut(BaseModel):
    """A trained impulse."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    impulse_id: int
    job_id: int | None
    classes: list[str]
    metrics: dict[str, Any]
    history: list[dict[str, Any]] = Field(description="One entry an epoch.")
    warnings: list[str]
    counters: dict[str, Any]
    data_revision: int
    created_at: datetime


class TestResultOut(BaseModel):
    """Model testing of one variant."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    model_id: int
    job_id: int | None
    variant: str
    metrics: dict[str, Any]
    data_revision: int
    created_at: datetime
