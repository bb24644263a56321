"""What the API says of who is signed in."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.text import Text
from tinsmith.server.users.schemas import NewPassword, PersonName


class Credentials(BaseModel):
    """E-mail address and password."""

    model_config = ConfigDict(extra="forbid")

    email: Text = Field(max_length=320)
    password: Text = Field(max_length=1000)


class LinkToken(BaseModel):
    """The secret of a one-time link."""

    model_config = ConfigDict(extra="forbid")

    token: Text = Field(max_length=200)


class Me(BaseModel):
    """The caller."""

    model_config = ConfigDict(extra="forbid")

    id: int | None = Field(description="The user's number; null for a key without a user.")
    email: str | None
    name: str | None
    is_admin: bool
    has_password: bool = Field(description="Without one, only one-time links sign in.")
    scope: str | None = Field(description="The key's scope, if a key is used.")
    project_id: int | None = Field(description="The only project the key opens, if it has one.")
    created_at: datetime | None


class MeChange(BaseModel):
    """What changes; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName | None = None


class PasswordChange(BaseModel):
    """A new password."""

    model_config = ConfigDict(extra="forbid")

    old_password: Text | None = Field(
        default=None, max_length=1000, description="Not needed as long as there is none."
    )
    new_password: NewPassword


class SessionOut(BaseModel):
    """A browser that is signed in."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    is_current: bool = Field(description="Whether it is the one that asks.")
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
