"""What the API says of impulses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ImpulseIn(BaseModel):
    """A new design."""

    model_config = ConfigDict(extra="forbid")

    design: dict[str, Any] = Field(description="The design document, as in `impulse.toml`.")
    is_default: bool | None = Field(default=None, description="Whether pages open with this one.")


class ImpulseOut(BaseModel):
    """A design."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    name: str
    design: dict[str, Any]
    is_default: bool
    model_id: int | None = Field(description="The model it was trained into last.")
    revision: int
    created_at: datetime
    updated_at: datetime
