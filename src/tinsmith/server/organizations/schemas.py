"""What the API says of organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.text import Text
from tinsmith.server.users.schemas import Email, PersonWithRole

MemberRole = Literal["admin", "member", "guest"]
OrganizationName = Annotated[Text, Field(min_length=1, max_length=200)]
Slug = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[a-z0-9](-?[a-z0-9])*$",
        description="Its name in addresses: a-z, 0-9 and single hyphens; comes once.",
    ),
]


class OrganizationIn(BaseModel):
    """A new organization."""

    model_config = ConfigDict(extra="forbid")

    name: OrganizationName
    slug: Slug | None = Field(default=None, description="Made from the name when left out.")
    description: Text = Field(default="", max_length=10_000)


class OrganizationChange(BaseModel):
    """What changes; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: OrganizationName | None = None
    slug: Slug | None = None
    description: Text | None = Field(default=None, max_length=10_000)


class OrganizationOut(BaseModel):
    """An organization."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    name: str
    slug: str
    description: str
    revision: int = Field(description="Rises with every change; the ETag.")
    created_at: datetime
    updated_at: datetime


class MemberIn(BaseModel):
    """Somebody with an account who joins; others are invited."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    role: MemberRole = "member"


class MemberChange(BaseModel):
    """A member's new role."""

    model_config = ConfigDict(extra="forbid")

    role: MemberRole


class MemberOut(PersonWithRole):
    """Somebody who belongs to an organization."""

    role: MemberRole = Field(
        description="Admins own all its projects, members edit them, guests see those "
        "they are invited into."
    )
