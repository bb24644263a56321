"""What the API says of whole projects that leave or arrive."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.jobs.schemas import LimitsIn


class ExportIn(LimitsIn):
    """What to export."""

    version: int | None = Field(
        default=None, ge=1, lt=2**31, description="A version's number; null: as it is now."
    )


class ExportOut(BaseModel):
    """A project as plain files, ready to be downloaded."""

    model_config = ConfigDict(extra="forbid")

    id: int
    version: int | None = Field(description="The version it is of; null: of that moment.")
    file_name: str
    files: int
    size_bytes: int = Field(description="Of all files together; the zip is a little larger.")
    created_at: datetime
