"""What the API says of keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tinsmith.server.text import Text

Scope = Literal["admin", "read-only", "ingestion", "ingestion+deployment"]
KeyName = Annotated[Text, Field(min_length=1, max_length=200)]


class ApiKeyIn(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid")

    name: KeyName
    scope: Scope = Field(default="ingestion", description="What the key may do.")
    expires_at: AwareDatetime | None = Field(
        default=None, description="When it ends, with its time zone; null for never."
    )


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


class HmacKeyIn(BaseModel):
    """A new key for devices."""

    model_config = ConfigDict(extra="forbid")

    name: KeyName


class HmacKeyOut(BaseModel):
    """A key that devices sign with, without its secret."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None = Field(description="When a signature of it was checked last.")


class NewHmacKey(HmacKeyOut):
    """A key for devices that was made just now."""

    secret: str = Field(description="What devices sign with; it is shown this once.")
