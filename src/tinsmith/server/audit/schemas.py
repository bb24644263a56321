"""What the API says of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class AuditEventOut(BaseModel):
    """One act."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    at: datetime
    action: str = Field(description="Noun and verb, such as `api_key.create`.")
    subject: str = Field(description="To what or whom it was done.")
    user_id: int | None = Field(description="Who did it; null for nobody who was signed in.")
    user_name: str | None
    api_key_id: int | None = Field(description="The key it was done with, if any.")
    address: str = Field(description="Where the request came from.")
    project_id: int | None
    organization_id: int | None
    detail: dict[str, Any]
