"""What the API says of versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.jobs.schemas import JobOut, LimitsIn
from tinsmith.server.projects.schemas import ProjectName, ProjectOut
from tinsmith.server.text import Text

Description = Field(default="", max_length=10_000, description="Why the version is kept.")


class VersionIn(LimitsIn):
    """What to say of a new version."""

    description: Text = Description


class VersionChange(BaseModel):
    """What changes about a version."""

    model_config = ConfigDict(extra="forbid")

    description: Text = Field(max_length=10_000)


class VersionImpulse(BaseModel):
    """An impulse as a version keeps it."""

    model_config = ConfigDict(extra="forbid")

    id: int
    name: str
    is_default: bool
    model_id: int | None
    training: dict[str, Any] | None = Field(description="Metrics of the model's training.")
    testing: dict[str, dict[str, float]] = Field(description="Scores of its test by variant.")


class VersionSummary(BaseModel):
    """What a version holds, in numbers."""

    model_config = ConfigDict(extra="forbid")

    samples: int
    categories: dict[str, int] = Field(description="Samples by category, and `disabled` ones.")
    length_ms: dict[str, float] = Field(description="Their length by category.")
    size_bytes: int
    impulses: list[VersionImpulse]


class VersionOut(BaseModel):
    """A project as it was at a moment."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: int
    number: int = Field(description="Rises within the project and never comes twice.")
    description: str
    summary: VersionSummary
    created_at: datetime
    created_by: int | None


class CopyIn(LimitsIn):
    """The project a version is restored into."""

    name: ProjectName
    organization_id: int | None = Field(default=None, ge=1, lt=2**63)


class NewProjectOut(BaseModel):
    """A project that is being filled."""

    model_config = ConfigDict(extra="forbid")

    project: ProjectOut
    job: JobOut


class SampleDifference(BaseModel):
    """A sample that differs between two versions."""

    model_config = ConfigDict(extra="forbid")

    key: str
    name: str
    kind: Literal["added", "removed", "relabelled", "changed"]
    fields: list[str] = Field(description="What is different, if it is in both.")
    label_before: str | None
    label_after: str | None
    category_before: str | None
    category_after: str | None


class ValueDifference(BaseModel):
    """A value that differs between two versions."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="Where it is, such as `processing.0.parameters.fft_length`.")
    before: Any
    after: Any


class ImpulseDifference(BaseModel):
    """An impulse in two versions, metrics side by side."""

    model_config = ConfigDict(extra="forbid")

    id: int
    name: str
    kind: Literal["added", "removed", "changed", "same"]
    design: list[ValueDifference]
    before: VersionImpulse | None
    after: VersionImpulse | None


class Comparison(BaseModel):
    """What differs between a version and another one, or the project as it is now."""

    model_config = ConfigDict(extra="forbid")

    before: int = Field(description="The earlier version's number.")
    after: int | None = Field(description="The other version's number; null is the present.")
    added: int
    removed: int
    relabelled: int
    changed: int = Field(description="Samples that differ in anything but labels.")
    samples: list[SampleDifference] = Field(description="The first of them, by key.")
    impulses: list[ImpulseDifference]
    project: list[ValueDifference] = Field(description="Name, read-me, settings and the like.")
