"""What the API says of people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.text import Text
from tinsmith.store.tables import Collaborator, Membership, User

# One @ with something on both sides; whether mail arrives only a letter would tell.
Email = Annotated[
    Text, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")
]
PersonName = Annotated[Text, Field(min_length=1, max_length=200)]
NewPassword = Annotated[
    Text, Field(min_length=10, max_length=1000, description="At least 10 characters.")
]


class UserIn(BaseModel):
    """A new person."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: PersonName
    password: NewPassword | None = Field(
        default=None, description="Null: a one-time link opens the first session."
    )
    is_admin: bool = Field(default=False, description="Whether the person administers all of it.")


class UserChange(BaseModel):
    """What changes; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    email: Email | None = None
    name: PersonName | None = None
    password: NewPassword | None = Field(default=None, description="Ends all sessions.")
    is_admin: bool | None = None
    enabled: bool | None = Field(
        default=None, description="False ends all sessions and stops the person's keys."
    )


class UserOut(BaseModel):
    """A person."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    email: str
    name: str
    is_admin: bool
    enabled: bool
    has_password: bool = Field(description="Without one, only one-time links sign in.")
    created_at: datetime
    last_seen_at: datetime | None


class PersonWithRole(BaseModel):
    """A person where they have a role; each place names its roles."""

    model_config = ConfigDict(extra="forbid")

    user_id: int
    email: str
    name: str
    role: str
    created_at: datetime
    last_seen_at: datetime | None

    @classmethod
    def of(cls, row: Membership | Collaborator, user: User) -> Self:
        """What the API says of somebody's role."""
        return cls(
            user_id=user.id,
            email=user.email,
            name=user.name,
            role=row.role,
            created_at=row.created_at,
            last_seen_at=user.last_seen_at,
        )


class LoginLinkOut(BaseModel):
    """A link that signs a person in once."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="Shown this once; hand it to nobody but the person.")
    token: str
    expires_at: datetime
