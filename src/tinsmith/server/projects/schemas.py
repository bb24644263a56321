"""What the API says of projects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tinsmith.server.text import Text
from tinsmith.server.users.schemas import Email

Visibility = Literal["private", "public"]
ProjectName = Annotated[Text, Field(min_length=1, max_length=200)]


class ProjectIn(BaseModel):
    """A new project."""

    model_config = ConfigDict(extra="forbid")

    name: ProjectName
    description: Text = Field(default="", max_length=10_000)
    organization_id: int | None = Field(
        default=None, ge=1, lt=2**63, description="The organization it belongs to, if any."
    )


class ProjectChange(BaseModel):
    """What changes; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: ProjectName | None = None
    description: Text | None = Field(default=None, max_length=10_000)
    readme: Text | None = Field(default=None, max_length=200_000)


class VisibilityIn(BaseModel):
    """Who may look at a project."""

    model_config = ConfigDict(extra="forbid")

    visibility: Visibility = Field(
        description="`public`: everybody with an account may read samples, impulses and results."
    )


class TransferIn(BaseModel):
    """Who is to own a project: an organization or a person."""

    model_config = ConfigDict(extra="forbid")

    organization_id: int | None = Field(default=None, ge=1, lt=2**63)
    email: Email | None = None

    @model_validator(mode="after")
    def _one(self) -> TransferIn:
        if (self.organization_id is None) == (self.email is None):
            raise ValueError("expected either organization_id or email")
        return self


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


class DeletedProject(BaseModel):
    """A project in the trash."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    name: str
    organization_id: int | None
    deleted_at: datetime


class Erasure(BaseModel):
    """A project that is being deleted for good."""

    model_config = ConfigDict(extra="forbid")

    project_id: int
    job_id: int = Field(description="The job that does it, which belongs to no project.")
