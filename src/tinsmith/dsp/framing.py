"""Cutting one axis of a window into overlapping frames: parameters, rules and limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinsmith.core.cvalue import Array, Struct, Value
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter
from tinsmith.dsp.block import BlockInput

# A window may hold this many frames.
MAX_FRAMES = 500
# Shorter frames or strides are a slip in the unit.
MIN_FRAME_SAMPLES = 4

FFT_LENGTHS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True)
class Framing:
    """Frames of a window, in samples.

    Args:
        length: Samples of a frame.
        stride: Samples between the starts of neighbouring frames.
        count: Frames in the window.
        fft_length: Values the FFT takes: what a frame has beyond them is not used.
    """

    length: int
    stride: int
    count: int
    fft_length: int

    @property
    def used(self) -> int:
        """Samples of a frame that enter the FFT."""
        return min(self.length, self.fft_length)

    @property
    def num_bins(self) -> int:
        return self.fft_length // 2 + 1

    def struct(self) -> Struct:
        """The `tin_framing` of C."""
        fields = (("length", self.used), ("stride", self.stride), ("count", self.count))
        return Struct("tin_framing", fields)

    def warnings(self) -> tuple[str, ...]:
        """What the user should know about samples that no frame looks at."""
        found: list[str] = []
        if self.length > self.fft_length:
            better = 1 << (self.length - 1).bit_length()
            found.append(
                f"a frame has {self.length} samples but the FFT takes {self.fft_length}: the last "
                f"{self.length - self.fft_length} samples of every frame are not used; "
                f"set fft_length to {better} or shorten frame_length_s"
            )
        if self.stride > self.length:
            found.append(
                f"frames of {self.length} samples start every {self.stride} samples: "
                f"{self.stride - self.length} samples between them are not used; "
                "reduce frame_stride_s"
            )
        return tuple(found)


def frame_parameters(*, stride_s: float, fft_length: int) -> tuple[Parameter, ...]:
    """Frame length, frame stride and FFT length, with a block's defaults."""
    return (
        Parameter(
            name="frame_length_s",
            type="float",
            default=0.02,
            title="Frame length",
            help="How much sound one row of the result describes. Longer frames tell close "
            "frequencies apart, shorter ones follow quick changes; speech uses 0.02 to 0.05.",
            unit="s",
            minimum=0.0001,
            maximum=60.0,
            group="Frames",
            search=(0.02, 0.032, 0.05),
        ),
        Parameter(
            name="frame_stride_s",
            type="float",
            default=stride_s,
            title="Frame stride",
            help="Time from the start of a frame to that of the next. Half the frame length makes "
            "frames overlap by half; a longer stride makes fewer rows, a smaller model and less "
            "work on the device.",
            unit="s",
            minimum=0.0001,
            maximum=60.0,
            group="Frames",
            search=(0.01, 0.016, 0.02, 0.025),
        ),
        Parameter(
            name="fft_length",
            type="choice",
            default=fft_length,
            title="FFT length",
            help="Samples the Fourier transform takes. Best is the next power of two at or above "
            "the samples of a frame: shorter ignores the rest of each frame, longer costs time "
            "and adds no detail.",
            choices=FFT_LENGTHS,
            group="Frames",
            search=(256, 512, 1024),
        ),
    )


def noise_floor_parameter() -> Parameter:
    """The level below which everything is 0, in the blocks that give decibels."""
    return Parameter(
        name="noise_floor_db",
        type="int",
        default=-52,
        title="Noise floor",
        help="Sound at or below this level becomes 0. Raise it to hide background noise, lower it "
        "to keep faint detail. The top of the scale is +12 dB.",
        unit="dB",
        minimum=-100,
        maximum=0,
        group="Level",
        search=(-72, -52, -40),
    )


def plan_framing(window: BlockInput, length_s: float, stride_s: float, fft_length: int) -> Framing:
    """The frames of a window.

    A count of samples is rounded up, unless it lies within 0.001 above a whole number. Frames that
    would reach past the window are dropped.

    Raises:
        DesignError: Several axes, frames or strides of under 4 samples, no frame fits, or too many.
    """
    if len(window.axes) != 1:
        raise DesignError(
            f"the block works on one axis, but {len(window.axes)} are selected",
            hint="select one axis, or add one block per axis",
        )
    rate = window.sample_rate_hz
    length, stride = _samples(length_s * rate), _samples(stride_s * rate)
    _check_samples("frame_length_s", length_s, length, rate)
    _check_samples("frame_stride_s", stride_s, stride, rate)
    count = (window.num_frames - (length - stride)) // stride
    if length > window.num_frames or count < 1:
        raise DesignError(
            f"a frame of {length} samples ({length_s:g} s) does not fit into a window of "
            f"{window.num_frames} samples",
            hint="use a longer window or reduce frame_length_s",
        )
    if count > MAX_FRAMES:
        least = math.ceil((window.num_frames - length + 1) / MAX_FRAMES)
        raise DesignError(
            f"the window has {count} frames; expected at most {MAX_FRAMES}",
            hint=f"set frame_stride_s to {least / rate:.4g} or more, or shorten the window",
        )
    return Framing(length, stride, count, fft_length)


def input_fields(window: BlockInput) -> tuple[tuple[str, Value], ...]:
    """The fields that describe the window, first in every time-series configuration."""
    return (
        ("num_frames", window.num_frames),
        ("num_axes", window.num_axes),
        ("axes", Array.i32(window.axes)),
        ("num_selected", len(window.axes)),
    )


def _samples(value: float) -> int:
    whole = math.floor(value)
    return whole if value - whole < 0.001 else whole + 1


def _check_samples(name: str, seconds: float, samples: int, rate: float) -> None:
    if samples < MIN_FRAME_SAMPLES:
        raise DesignError(
            f"{name} is {seconds:g} s, {samples} samples at {rate:g} Hz; "
            f"expected at least {MIN_FRAME_SAMPLES} samples",
            hint=f"set {name} to {MIN_FRAME_SAMPLES / rate:.4g} or more",
        )
