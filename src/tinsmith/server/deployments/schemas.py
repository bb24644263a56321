"""What the API says of deployments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class DeploymentOut(BaseModel):
    """A package, with the report on how it was verified."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    number: int = Field(description="Rises within the project.")
    impulse_id: int | None
    model_id: int | None
    job_id: int | None
    form: str
    target: str
    variant: str
    memory: str
    file_name: str
    size_bytes: int
    report: dict[str, Any]
    created_at: datetime
