"""What the API says of models, their costs and live classification."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.targets.schemas import BudgetOut

VariantName = Literal["float32", "int8"]


class TestedOut(BaseModel):
    """The last test of a variant in one line."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    model_config = ConfigDict(extra="forbid")

    test_result_id: int
    value: float | None = Field(
        description="Accuracy; the mean absolute error of a regression, the area under the curve "
        "of an anomaly block alone."
    )


class ModelOut(BaseModel):
    """A trained impulse."""

    model_config = ConfigDict(extra="forbid")

    id: int
    impulse_id: int
    job_id: int | None
    in_use: bool = Field(description="Whether its impulse uses it.")
    classes: list[str]
    metrics: dict[str, Any] = Field(description="Of training: parameters and the best epoch.")
    tested: dict[str, TestedOut] = Field(description="The last test of each variant.")
    budget: list[BudgetOut] = Field(
        description="Of each variant's last profile: whether it fits the project's target."
    )
    warnings: list[str]
    counters: dict[str, Any] = Field(description="Recordings computed and taken from the cache.")
    data_revision: int
    data_changed: bool = Field(description="Whether samples changed since it was trained.")
    design_changed: bool = Field(description="Whether its impulse's design changed since.")
    created_at: datetime


class FileOut(BaseModel):
    """A file of a model."""

    model_config = ConfigDict(extra="forbid")

    name: str
    hash: str = Field(description="SHA-256 of its bytes; the ETag of its download.")
    size_bytes: int


class ModelDetail(ModelOut):
    """A trained impulse with everything there is to see."""

    design: dict[str, Any] = Field(description="The design it was trained from.")
    history: list[dict[str, Any]] = Field(description="One entry an epoch.")
    files: list[FileOut]


class ProfileOut(BaseModel):
    """What a model costs on a target."""

    model_config = ConfigDict(extra="forbid")

    id: int
    model_id: int
    job_id: int | None
    variant: VariantName
    target: str
    memory: str
    budget: BudgetOut
    created_at: datetime


class ProfileDetail(ProfileOut):
    """What a model costs on a target, stage by stage."""

    document: dict[str, Any] = Field(
        description="Instructions of every stage, RAM over time, flash, stack and time."
    )


class ClassifyIn(BaseModel):
    """A stored sample to classify."""

    model_config = ConfigDict(extra="forbid")

    sample_id: int = Field(ge=1, lt=2**63)
    variant: VariantName = "int8"


class ClassifiedWindowOut(BaseModel):
    """What the compiled impulse says about one window."""

    model_config = ConfigDict(extra="forbid")

    start_ms: float
    label: str = Field(description="What the sample's own labels say; empty: unlabelled.")
    scores: dict[str, float] | None
    anomaly: float | None
    decision: str = Field(description="A class, `uncertain` or `anomaly`; a predicted number.")
    features: list[float] = Field(description="Before standardisation.")


class ClassificationOut(BaseModel):
    """One recording or picture, classified window by window."""

    model_config = ConfigDict(extra="forbid")

    sample: str = Field(description="Its name.")
    model_id: int
    variant: VariantName
    windows: list[ClassifiedWindowOut]
    summary: dict[str, int] = Field(description="Windows by decision, most frequent first.")
    mean: float | None = Field(description="Of all predicted numbers; regression only.")
