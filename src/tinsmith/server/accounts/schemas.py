"""What the API says of people."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """E-mail address and password."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: str = Field(max_length=1000)


class LinkToken(BaseModel):
    """The secret of a one-time link."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=200)


class Me(BaseModel):
    """The caller."""

    model_config = ConfigDict(extra="forbid")

    id: int | None = Field(description="The user's number; null for a key without a user.")
    email: str | None
    name: str | None
    is_admin: bool
    scope: str | None = Field(description="The key's scope, if a key is used.")
    project_id: int | None = Field(description="The only project the key opens, if it has one.")
    created_at: datetime | None
