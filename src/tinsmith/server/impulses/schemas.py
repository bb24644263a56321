"""What the API says of impulses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.targets.schemas import FindingOut
from tinsmith.server.text import Document, Text

Name = Annotated[Text, Field(min_length=1, max_length=200)]


class ImpulseIn(BaseModel):
    """A new design."""

    model_config = ConfigDict(extra="forbid")

    design: Document = Field(description="The design document, as in `impulse.toml`.")
    is_default: bool | None = Field(default=None, description="Whether pages open with this one.")


class ImpulseChange(BaseModel):
    """What changes; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    is_default: bool | None = Field(
        default=None, description="True makes it the default one; false leaves the project none."
    )


class CloneIn(BaseModel):
    """How to copy an impulse."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(default=None, description="Of the copy; null: made from the old one.")
    with_model: bool = Field(
        default=False, description="Also copies the model in use and the thresholds."
    )


class ModelInUse(BaseModel):
    """Which model an impulse uses."""

    model_config = ConfigDict(extra="forbid")

    model_id: int | None = Field(
        ge=1, lt=2**63, description="A model of this impulse, such as an older one; null: none."
    )


class ThresholdsIn(BaseModel):
    """What decides about a window, once its scores are known."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    minimum_confidence: float = Field(
        default=0.0, ge=0, le=1, description="A window whose best score is lower is uncertain."
    )
    anomaly: float | None = Field(
        default=None,
        ge=-1e9,
        le=1e9,
        description="A window that scores higher is an anomaly; null: the threshold of training.",
    )
    largest_error: float = Field(
        default=0.0, ge=0, le=1e30, description="How far off a right number may be (regression)."
    )


class ImpulseOut(BaseModel):
    """A design."""

    model_config = ConfigDict(extra="forbid")

    id: int
    name: str
    design: dict[str, Any]
    is_default: bool
    model_id: int | None = Field(description="The model in use.")
    model_is_stale: bool = Field(
        description="Whether data or design changed since the model in use was trained."
    )
    metrics: dict[str, float] = Field(
        description="By variant the accuracy of the model's last test; the mean absolute error of "
        "a regression, the area under the curve of an anomaly block alone."
    )
    thresholds: ThresholdsIn | None = Field(description="Saved ones; null: those of training.")
    findings: list[FindingOut] = Field(
        description="What the project's data makes doubtful; filled when a design is saved."
    )
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
