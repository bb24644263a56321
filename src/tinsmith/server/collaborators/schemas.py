"""What the API says of who works on a project."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.users.schemas import Email, PersonWithRole

CollaboratorRole = Literal["owner", "editor", "viewer"]


class CollaboratorIn(BaseModel):
    """Somebody with an account who joins; others are invited."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    role: CollaboratorRole = "editor"


class CollaboratorChange(BaseModel):
    """A collaborator's new role."""

    model_config = ConfigDict(extra="forbid")

    role: CollaboratorRole


class CollaboratorOut(PersonWithRole):
    """Somebody who works on a project."""

    role: CollaboratorRole = Field(
        description="Owners decide who else may do what, editors change everything else."
    )
