"""What the API says of uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.jobs.schemas import JobError, State

UploadState = Literal["receiving", "importing", "stored", "failed"]


class UploadJob(BaseModel):
    """The job that imports an uploaded file."""

    model_config = ConfigDict(extra="forbid")

    id: int
    state: State
    result: dict[str, Any] | None
    error: JobError | None


class UploadOut(BaseModel):
    """A file that arrives in pieces, and what became of it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    file_name: str
    size: int
    received: int
    state: UploadState
    sample_ids: list[int] = Field(description="The first of its samples, where it is stored.")
    added: int
    duplicates: int
    problems: list[dict[str, Any]]
    error: JobError | None = Field(description="Why the file could not be used.")
    job: UploadJob | None = Field(description="The job that imports it, for big files.")
    created_at: datetime
    expires_at: datetime
