"""What the API says of maps and features."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.jobs.tasks.explorer import ExplorerArguments
from tinsmith.jobs.tasks.feature_files import FeatureFilesArguments
from tinsmith.jobs.tasks.importance import ImportanceArguments
from tinsmith.server.jobs.schemas import LimitsIn


class ExplorerIn(LimitsIn, ExplorerArguments):
    """How to make a map."""


class ImportanceIn(LimitsIn, ImportanceArguments):
    """Which impulse's features to look at."""


class FeatureFilesIn(LimitsIn, FeatureFilesArguments):
    """Which impulse's features to write."""


class PointOut(BaseModel):
    """One window on a map."""

    model_config = ConfigDict(extra="forbid")

    sample_id: int | None
    start_ms: float
    label: str = Field(description="When the map was made; empty: unlabelled.")
    category: str
    point: list[float] = Field(description="Two or three coordinates.")
    decision: str | None = Field(
        description="What the window was taken for in the last test; null: not tested."
    )
    is_right: bool | None


class MapOut(BaseModel):
    """Windows placed so that like lies beside like."""

    model_config = ConfigDict(extra="forbid")

    impulse_id: int
    job_id: int | None
    method: Literal["pca", "tsne", "umap"]
    dims: int
    source: Literal["features", "embedding"]
    seed: int
    total: int = Field(description="Windows there are.")
    shown: int = Field(description="Windows on the map, spread evenly.")
    is_stale: bool = Field(description="Whether data, blocks or model changed since.")
    test_result_id: int | None = Field(description="Where decisions come from.")
    created_at: datetime
    points: list[PointOut]


class NamedValue(BaseModel):
    """A number with a name."""

    model_config = ConfigDict(extra="forbid")

    name: str
    value: float


class ImportanceOut(BaseModel):
    """What each feature says about the label, most telling first."""

    model_config = ConfigDict(extra="forbid")

    impulse_id: int
    job_id: int | None
    method: str
    source: str = Field(description="Where the measure is defined.")
    features: list[NamedValue]
    axes: list[NamedValue] = Field(description="Of each axis its most telling feature.")
    is_stale: bool = Field(description="Whether data or blocks changed since.")
    created_at: datetime


class FeatureFileOut(BaseModel):
    """A file of features."""

    model_config = ConfigDict(extra="forbid")

    name: str
    hash: str
    size_bytes: int
    is_stale: bool = Field(description="Whether data or blocks changed since.")
    created_at: datetime
