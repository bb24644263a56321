"""What the API says of boards, targets and budgets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.text import Text

_BYTES = Field(default=None, ge=1, lt=2**50)


class FindingOut(BaseModel):
    """Something worth knowing about one place of a document or about a budget."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    path: str = Field(
        description="Keys and positions joined by dots, such as `processing.0.type`; empty for the "
        "document as a whole. Of budgets: `ram_bytes`, `flash_bytes` or `latency_ms`."
    )
    message: str
    hint: str
    severity: Literal["error", "warning", "note"]


class BoardOut(BaseModel):
    """A known board."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: str
    title: str
    core: str = Field(description="The target its programs are built for.")
    clock_mhz: float
    ram_bytes: int
    flash_bytes: int


class CoreOut(BaseModel):
    """A core that times are estimated for."""

    model_config = ConfigDict(extra="forbid")

    name: str
    title: str
    cycles_per_instruction: float
    error: float = Field(description="How far off an estimated time may be, relative.")
    calibrated: bool = Field(description="Whether published measurements stand behind it.")


class BoardCatalogue(BaseModel):
    """All boards by title, and the cores a device of one's own may have."""

    model_config = ConfigDict(extra="forbid")

    boards: list[BoardOut]
    cores: list[CoreOut]


class TargetIn(BaseModel):
    """What a project is meant for: a board, or a device of one's own, and its budgets.

    With a board, numbers that are given replace the board's own. Without one, core, clock, RAM and
    flash are needed.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    board: Text | None = Field(default=None, max_length=80, description="Name of a known board.")
    title: Text | None = Field(default=None, min_length=1, max_length=200)
    core: Text | None = Field(default=None, max_length=80)
    clock_mhz: float | None = Field(default=None, gt=0, le=100_000)
    ram_bytes: int | None = _BYTES
    flash_bytes: int | None = _BYTES
    latency_ms: float | None = Field(
        default=None, gt=0, le=1e9, description="What one classification may take; null: any time."
    )


class TargetOut(BaseModel):
    """What a project is meant for."""

    model_config = ConfigDict(extra="forbid")

    board: str | None = Field(description="The known board; null for a device of one's own.")
    is_default: bool = Field(description="Whether nobody has chosen anything yet.")
    title: str
    core: str
    clock_mhz: float
    ram_bytes: int
    flash_bytes: int
    latency_ms: float | None


class BudgetOut(BaseModel):
    """Whether something fits the project's target."""

    model_config = ConfigDict(extra="forbid")

    variant: str
    core: str
    fits: bool | None = Field(description="Null if it was measured on another core.")
    ram_bytes: int | None
    flash_bytes: int | None
    latency_ms: float | None = Field(description="Estimated; null where it is not known.")
    findings: list[FindingOut] = Field(description="What does not fit, or hardly does.")
