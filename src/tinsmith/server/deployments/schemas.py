"""What the API says of deployments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.targets.schemas import BudgetOut


class FormOut(BaseModel):
    """A form in which an impulse is handed over."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: str
    title: str
    description: str


class BuildTargetOut(BaseModel):
    """What a package can be built for and verified on."""

    model_config = ConfigDict(extra="forbid")

    name: str
    title: str
    family: str
    is_supported: bool
    is_recommended: bool = Field(description="Whether it is the core of the project's target.")
    reason: str = Field(description="Why not, or why it is recommended; may be empty.")


class DeploymentOptions(BaseModel):
    """What may be asked of a deployment."""

    model_config = ConfigDict(extra="forbid")

    forms: list[FormOut]
    targets: list[BuildTargetOut]
    variants: list[str]
    memory: list[str] = Field(description="How the network's memory is planned.")


class DeploymentOut(BaseModel):
    """A package."""

    model_config = ConfigDict(extra="forbid")

    id: int
    number: int = Field(description="Rises within the project and never comes twice.")
    impulse_id: int | None
    model_id: int | None
    job_id: int | None
    created_by: int | None
    form: str
    target: str
    variant: str
    memory: str
    file_name: str
    size_bytes: int
    hash: str = Field(description="SHA-256 of the package; the ETag of its download.")
    impulse_changed: bool = Field(
        description="Whether the impulse has another design or another model by now, or is gone."
    )
    data_changed: bool = Field(description="Whether samples changed since the model was trained.")
    budget: BudgetOut = Field(description="Whether what was measured fits the project's target.")
    created_at: datetime
    deleted_at: datetime | None = Field(description="When the package was deleted.")


class DeploymentDetail(DeploymentOut):
    """A package, with the report on how it was verified."""

    report: dict[str, Any]
