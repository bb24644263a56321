"""The verification report: what travels in the zip as `verification.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageCost(_Model):
    """Instructions of one stage or layer, for one window."""

    name: str
    instructions: int


class Quality(_Model):
    """How good the build is on labelled test windows.

    Attributes:
        metric: `accuracy` (share of windows with the right class) or `mae` (mean absolute error, in
            the unit of the target).
        value: Its value.
        windows: Labelled windows it was computed on.
    """

    metric: Literal["accuracy", "mae"]
    value: float
    windows: int


class Memory(_Model):
    """Bytes; measured ones are None where the target is not an emulated microcontroller.

    Attributes:
        features, values, scratch: Buffers the caller provides.
        static_ram: All static memory of the minimal firmware, the buffers included.
        stack: High-water mark of the stack.
        flash: Code, constants and vectors of the minimal firmware.
    """

    features: int
    values: int
    scratch: int
    static_ram: int | None
    stack: int | None
    flash: int | None

    @property
    def buffers(self) -> int:
        """What the caller provides, all together."""
        return self.features + self.values + self.scratch


class VerificationReport(_Model):
    """Proof that the build for `target` computes what the host build computes.

    Attributes:
        impulse, variant: What was built.
        tinsmith, compiler: Versions.
        optimise: Optimisation level of the target's build.
        target, target_title: What it was built for.
        sources_sha256: Hash over names and bytes of all compiled sources and their headers.
        windows_compared: Test windows that ran on both builds.
        features_bit_identical, values_bit_identical: Whether every bit was the same.
        agreement: Share of compared windows with the same answer on both builds.
        quality: On all labelled test windows, by the host build; None without labels.
        instructions: For one window after `tin_init`; None where they are not counted.
        trace: The first call, stage by stage; the stage named after the entry, `tin_run_windows`,
            is initialisation and not part of `instructions`.
        memory: RAM and flash.
    """

    schema_version: int = SCHEMA_VERSION
    impulse: str
    variant: Literal["float32", "int8"]
    tinsmith: str
    compiler: str
    optimise: str
    target: str
    target_title: str
    sources_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    windows_compared: int = Field(gt=0)
    features_bit_identical: bool
    values_bit_identical: bool
    agreement: float = Field(ge=0, le=1)
    quality: Quality | None
    instructions: int | None
    trace: tuple[StageCost, ...]
    memory: Memory

    def to_json(self) -> bytes:
        """Indented JSON, the same bytes for the same report."""
        return (self.model_dump_json(indent=2) + "\n").encode()
