"""What the API says of designs in the making."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.dsp import BLOCKS
from tinsmith.server.targets.schemas import FindingOut
from tinsmith.server.text import Document, Text


class BlockCatalogue(BaseModel):
    """The blocks an impulse can be made of, as the manifests describe them.

    Every block has `type`, `title`, `description`, `defaults` and the JSON `schema` of its
    settings; `supported`, `recommended` and `reason` say whether it suits the project's data.
    """

    model_config = ConfigDict(extra="allow")

    input: list[dict[str, Any]]
    processing: list[dict[str, Any]]
    learning: list[dict[str, Any]]
    networks: list[dict[str, Any]] = Field(description="Presets of networks.")
    layers: list[dict[str, Any]] = Field(description="What networks can be made of.")


class PresetOut(BaseModel):
    """A kind of design that suggestions are made from."""

    model_config = ConfigDict(extra="forbid")

    name: str
    data: str = Field(description="The kind of data it is for: motion, audio or image.")
    help: str


class SuggestionOut(BaseModel):
    """A first design for the project's data."""

    model_config = ConfigDict(extra="forbid")

    design: dict[str, Any]
    presets: list[PresetOut]


class DesignIn(BaseModel):
    """A design that is not saved."""

    model_config = ConfigDict(extra="forbid")

    design: Document = Field(description="The design document; may be wrong in any way.")


class CheckOut(BaseModel):
    """What is wrong or odd about a design."""

    model_config = ConfigDict(extra="forbid")

    is_valid: bool = Field(description="Whether there is no error among the findings.")
    findings: list[FindingOut] = Field(description="Errors first.")


class WindowSizeOut(BaseModel):
    """A window size, and what the project's recordings would give with it."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    kind: Literal["event", "continuous"]
    window_ms: float
    stride_ms: float
    windows: int
    per_label: dict[str, int]
    balance: float = Field(description="1: all labels are equally frequent; 0: there is one only.")
    padding: float = Field(description="Share of values that would be zeros at the end.")
    left_out: int = Field(description="Recordings that are shorter than a window.")
    score: float
    reason: str
    is_recommended: bool


class PreviewIn(BaseModel):
    """Which window of which sample to look at with an unsaved design."""

    model_config = ConfigDict(extra="forbid")

    design: Document = Field(
        description="Its input and processing blocks count; learning blocks may be missing."
    )
    sample_id: int = Field(ge=1, lt=2**63)
    window: int = Field(default=0, ge=0, lt=2**31, description="Which of its windows, from 0.")
    with_raw: bool = Field(
        default=False, description="Whether to send the raw values, for firmware to try."
    )
    cost: Literal["none", "known", "measure"] = Field(
        default="known",
        description="`known`: what the blocks cost on the project's target if that was measured "
        "before; `measure`: measures it, which takes seconds once a design.",
    )


class PreviewOut(BaseModel):
    """One window: what goes in, and what every block makes of it."""

    model_config = ConfigDict(extra="forbid")

    sample_id: int
    index: int
    start_ms: float
    label: str
    windows: int = Field(description="How many the sample has.")
    window: dict[str, Any] = Field(description="Frames, axes, interval and size of a picture.")
    raw: list[float] | None = Field(
        description="As firmware gets it, frames interleaved; null unless asked for."
    )
    graph: dict[str, Any]
    blocks: list[dict[str, Any]] = Field(
        description="Of each block: shape, features with labels, graphs, warnings and cost on the "
        "project's target."
    )


class AutotuneIn(BaseModel):
    """Which block to find settings for."""

    model_config = ConfigDict(extra="forbid")

    block: Text = Field(
        max_length=80,
        description="Type of the processing block.",
        json_schema_extra={"enum": list(BLOCKS)},
    )
    input: Document = Field(description="The input block of the design.")
    axes: list[Text] = Field(
        default=[], max_length=1000, description="Axes that the block uses; empty: all."
    )


class ProposalOut(BaseModel):
    """A value for one setting, and why."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    parameter: str
    value: Any
    reason: str
