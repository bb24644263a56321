"""What a processing block is: a manifest beside one C file.

The C file `runtime/src/dsp/tin_<stem>.c` and its header `tin/<stem>.h` define

    tin_<stem>_config                                   int32_t, float and const pointers
    tin_status tin_<stem>_init(const void *config)      validates once
    tin_status tin_<stem>_run(const void *config, const tin_signal *signal,
                              float *features, float *scratch)
    int32_t tin_<stem>_buffer_size(const void *config)  floats of scratch that run needs
    int32_t tin_<stem>_config_size(void)                its sizeof, checked by the binding
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tinsmith.core.cvalue import Struct
from tinsmith.core.parameters import Parameter, Settings
from tinsmith.core.shapes import FeatureShape

InputKind = Literal["time-series", "image"]


@dataclass(frozen=True)
class BlockInput:
    """The window a block sees.

    Args:
        num_frames: Frames of a window; pixels of an image.
        num_axes: Values of a frame in the window (1 for images).
        axes: Indices of the axes this block uses, in its order.
        interval_ms: Time between frames; 0 for images.
        image_size: (height, width) in pixels, or None for a time series.
    """

    num_frames: int
    num_axes: int
    axes: tuple[int, ...]
    interval_ms: float
    image_size: tuple[int, int] | None = None

    @property
    def sample_rate_hz(self) -> float:
        """1000 / interval_ms, rounded to a whole number when within 0.01 of it."""
        rate = 1000.0 / self.interval_ms
        return float(round(rate)) if abs(rate - round(rate)) < 0.01 else rate


@dataclass(frozen=True)
class BlockPlan:
    """A block configured for one input: everything known before the first window.

    Args:
        config: The C configuration struct.
        shape: Shape of the features of all selected axes together.
        labels: One name per feature of ONE axis, or empty where features have no names; a block
            with several axes repeats them per axis.
        warnings: What the user should know (a frame longer than the FFT, say).
        label_groups: Sizes of runs of `labels` that do not stay together: the first run comes for
            every axis, then the second. Empty: all labels of an axis stay together.
    """

    config: Struct
    shape: FeatureShape
    labels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    label_groups: tuple[int, ...] = ()

    @property
    def num_features(self) -> int:
        return self.shape.size

    def feature_labels(self, axis_names: Sequence[str]) -> tuple[str, ...]:
        """One name per feature, `axis label`; `feature 0`, ... where features have no names."""
        if not self.labels:
            return tuple(f"feature {index}" for index in range(self.num_features))
        names: list[str] = []
        first = 0
        for size in self.label_groups or (len(self.labels),):
            run = self.labels[first : first + size]
            names += [f"{axis} {label}" for axis in axis_names for label in run]
            first += size
        return tuple(names)


@dataclass(frozen=True)
class Block:
    """Manifest of a processing block.

    Args:
        name: Identifier in designs (`spectral_analysis`, `mfe`, ...).
        stem: Of the C file, header, test and doc page.
        title, description: For screens and docs.
        version: Implementation version of the definition it follows.
        accepts: Kind of input.
        parameters: Settings with defaults, limits and help.
        sources: C files it needs, relative to `runtime/src`.
        plan: (input, settings) -> BlockPlan; raises DesignError naming the value and the remedy.
        batched: The C file also has tin_<stem>_run_batch, which puts one window in each lane.
    """

    name: str
    stem: str
    title: str
    description: str
    version: int
    accepts: InputKind
    parameters: tuple[Parameter, ...]
    sources: tuple[str, ...]
    plan: Callable[[BlockInput, Settings], BlockPlan]
    batched: bool = False
