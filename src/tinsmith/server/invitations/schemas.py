"""What the API says of invitations."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.collaborators.schemas import CollaboratorRole
from tinsmith.server.organizations.schemas import MemberRole
from tinsmith.server.text import Text
from tinsmith.server.users.schemas import Email, NewPassword, PersonName


class MemberInvitationIn(BaseModel):
    """Somebody who is to join an organization."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    role: MemberRole = "member"
    days: int = Field(default=7, ge=1, le=90, description="How long the link works.")


class CollaboratorInvitationIn(BaseModel):
    """Somebody who is to join a project."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    role: CollaboratorRole = "editor"
    days: int = Field(default=7, ge=1, le=90, description="How long the link works.")


class InvitationOut(BaseModel):
    """An invitation that nobody has accepted yet."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    email: str
    role: str
    organization_id: int | None
    project_id: int | None
    invited_by: int | None
    created_at: datetime
    expires_at: datetime


class NewInvitation(InvitationOut):
    """An invitation that was made just now."""

    token: str = Field(description="The link's secret; it is shown this once.")
    url: str = Field(description="To be handed to the person, such as by mail.")


class InvitationToken(BaseModel):
    """The secret of an invitation."""

    model_config = ConfigDict(extra="forbid")

    token: Text = Field(min_length=1, max_length=200)


class InvitationShown(BaseModel):
    """What an invitation leads to."""

    model_config = ConfigDict(extra="forbid")

    email: str
    role: str
    organization: str | None = Field(description="The organization's name, if it is into one.")
    project: str | None = Field(description="The project's name, if it is into one.")
    needs_account: bool = Field(description="Whether name and password make the account.")
    expires_at: datetime


class Acceptance(InvitationToken):
    """Accepting an invitation; whoever is signed in needs the token only."""

    name: PersonName | None = None
    password: NewPassword | None = None


class Accepted(BaseModel):
    """What one belongs to now."""

    model_config = ConfigDict(extra="forbid")

    user_id: int
    organization_id: int | None
    project_id: int | None
    role: str
