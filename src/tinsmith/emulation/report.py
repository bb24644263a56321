"""What a run of a build takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

ENTRY = "tin_run_windows"
"""The one function every build exports (see `tin/windows.h`)."""


@dataclass(frozen=True)
class Layout:
    """Sizes of a compiled impulse's buffers; the caller of the C entry owns them."""

    window_length: int
    num_features: int
    num_values: int
    scratch_bytes: int


@dataclass(frozen=True)
class Cost:
    """Executed instructions of one stretch, named by the function it began with."""

    name: str
    instructions: int


@dataclass(frozen=True)
class RunReport:
    """Results and costs of running windows through a build.

    Args:
        target: Name of the build's target.
        features: float32 [n, num_features], before standardisation.
        values: float32 [n, num_values], scores of all learning blocks.
        instructions: Exact executed instructions of the first window, without initialisation;
            None off Cortex-M. Instructions are not cycles.
        trace: The first call in order, cut where marker functions are entered. The first stretch
            bears the entry's name and holds the initialisation; the sum is the whole call.
        stack_bytes: Deepest stack over all windows, the call's own arguments included.
        static_ram_bytes: .data + .bss + features + values + scratch.
        flash_bytes: Vectors, code, constants and initial values of data.
        seconds: Time the windows took here.
    """

    target: str
    features: Floats
    values: Floats
    instructions: int | None
    trace: tuple[Cost, ...]
    stack_bytes: int | None
    static_ram_bytes: int | None
    flash_bytes: int | None
    seconds: float

    def summary(self) -> dict[str, Any]:
        """The costs as plain values."""
        names = ("target", "instructions", "stack_bytes", "static_ram_bytes", "flash_bytes")
        return {name: getattr(self, name) for name in (*names, "seconds")}
