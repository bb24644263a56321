"""What the API says of projects and their keys."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Scope = Literal["admin", "read-only", "ingestion", "ingestion+deployment"]
Visibility = Literal["private", "public"]


class ProjectIn(BaseModel):
    """A new project."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)
    organization_id: int | None = Field(
        default=None, ge=1, lt=2**63, description="The organization it belongs to, if any."
    )


class ProjectChange(BaseModel):
    """What changes; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=10_000)
    readme: str | None = Field(default=None, max_length=200_000)
    visibility: Visibility | None = None


class ProjectOut(BaseModel):
    """A project."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    name: str
    description: str
    readme: str
    visibility: Visibility
    organization_id: int | None
    revision: int = Field(description="Rises with every change; the ETag.")
    data_revision: int = Field(description="Rises with every change of its samples.")
    created_at: datetime
    updated_at: datetime


class ApiKeyIn(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    scope: Scope = "ingestion"
    expires_at: datetime | None = Field(default=None, description="When it ends; null for never.")


class ApiKeyOut(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    name: str
    scope: Scope
    prefix: str = Field(description="The beginning of the secret.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewApiKey(ApiKeyOut):
    """A key that was made just now."""

    secret: str = Field(description="The key itself; it is shown this once.")
