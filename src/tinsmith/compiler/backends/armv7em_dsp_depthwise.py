"""DEPTHWISE_CONV_2D on DSP instructions."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends import armv7em_dsp_costs as costs
from tinsmith.compiler.backends.armv7em_dsp_linear import Lines, lines_of
from tinsmith.compiler.backends.armv7em_dsp_packing import clamp_fields
from tinsmith.compiler.backends.scaling import Ints, Scaling, scaling_of
from tinsmith.compiler.operators.base import (
    KernelCall,
    Lowering,
    Operation,
    RowKernel,
)
from tinsmith.compiler.operators.product import requantization
from tinsmith.compiler.operators.rows import MOST_ROWS, row_window
from tinsmith.compiler.operators.walk import may_overwrite
from tinsmith.compiler.operators.window import Window, window_of
from tinsmith.core.cvalue import Array, Struct

_SOURCES = (
    "nn/armv7em_dsp/tin_dsp_depthwise.c",
    "nn/armv7em_dsp/tin_dsp_depthwise3.c",
    "nn/armv7em_dsp/tin_dsp_depthwise_any.c",
)
_HEADER = "tin/nn/armv7em_dsp/dsp_depthwise.h"
_LANES = 4
_SCALE_WORDS = 3
_COLUMN_BYTES = 24


def lower_depthwise(operation: Operation) -> Lowering | None:
    """Four channels at a time; None for what these kernels do not do, or not faster."""
    lowering = tuned_depthwise(operation)
    if lowering is None:
        return None
    image = window_of(operation, operation.constant(1, "weights").shape[1:3])
    estimate = min(instructions(image), instructions(_turned(image)))
    if estimate > costs.portable_depthwise(image):
        return None
    algorithm = "3 x 3 lines" if is_square3(image) else "lines"
    return dataclasses.replace(lowering, algorithm=algorithm, instructions=round(estimate))


def tuned_depthwise(operation: Operation) -> Lowering | None:
    """Four channels at a time, whether that pays or not."""
    if operation.input().dtype != "int8":
        return None
    weights = operation.constant(1, "weights").astype(np.int64)[0]
    image = window_of(operation, weights.shape[:2])
    axes = (image.height, image.width)
    if weights.shape[2] != image.channels or any(a.dilation > 1 and a.kernel > 1 for a in axes):
        return None
    by_channel = weights.transpose(2, 0, 1)
    flat = by_channel.reshape(image.channels, -1)
    requantize = requantization(operation, flat)
    scaled = scaling_of(requantize, flat)
    if scaled is None:
        return None
    scaling, flat = scaled
    by_channel = flat.reshape(by_channel.shape)
    layer = _Layer(operation, image, by_channel, scaling, requantize)
    lines_are_columns = instructions(_turned(image)) < instructions(image)
    params, scratch_bytes = layer.params(lines_are_columns=lines_are_columns)
    call = KernelCall(
        function="tin_dsp_depthwise_run_s8",
        header=_HEADER,
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    return Lowering(
        calls=(call,),
        sources=_SOURCES,
        scratch_bytes=scratch_bytes,
        macs=operation.output.size * flat.shape[1],
        distances={0: 0} if may_overwrite(image, lines_are_columns=lines_are_columns) else {},
        rows=layer.rows(),
    )


class _Layer:
    """A depthwise convolution and what its kernels need."""

    def __init__(
        self,
        operation: Operation,
        image: Window,
        weights: Ints,
        scaling: Scaling,
        requantize: Struct,
    ) -> None:
        self._fill = operation.input().zero_point
        self._image = image
        self._weights = weights
        self._scaling = scaling
        self._requantize = requantize

    def params(self, *, lines_are_columns: bool) -> tuple[Struct, int]:
        """(the C struct, scratch bytes)."""
        image, scaling = self._image, self._scaling
        channels = image.channels
        steps = (channels, image.width.size * channels, channels, image.width.output * channels)
        lined, weights = image, self._weights
        if lines_are_columns:
            lined = _turned(image)
            weights = weights.transpose(0, 2, 1)
            steps = (steps[1], steps[0], steps[3], steps[2])
        is_3x3 = is_square3(lined)
        line_words = words_of_line(lined)
        struct = Struct(
            "tin_dsp_depthwise_s8",
            (
                ("window", lined.struct(self._fill)),
                ("in_pixel", steps[0]),
                ("in_line", steps[1]),
                ("out_pixel", steps[2]),
                ("out_line", steps[3]),
                ("line_words", line_words),
                ("is_3x3", int(is_3x3)),
                ("weights", Array(np.ascontiguousarray(weights.astype(np.int8)).ravel())),
                ("bias", Array.i32(scaling.bias)),
                ("factor", Array.i32(scaling.factors)),
                ("shift", Array(scaling.shift.astype(np.int8))),
                ("per_channel", int(len(scaling.shift) > 1)),
                ("zero_point", scaling.zero_point),
                ("from_zero", int(scaling.from_zero)),
                *clamp_fields(self._requantize),
            ),
        )
        height = lined.height.kernel
        row_words = (lined.width.kernel + 1) // 2
        words = height * line_words + (2 * height - 1) * row_words + _SCALE_WORDS
        return struct, 4 * _LANES * words

    def rows(self) -> RowKernel | None:
        """The kernel of one output row."""
        if self._image.height.kernel > MOST_ROWS:
            return None
        short = self._row3()
        if short is not None:
            return short
        params, scratch_bytes = self.params(lines_are_columns=False)
        return RowKernel(
            function="tin_dsp_depthwise_row_s8",
            header=_HEADER,
            params=params,
            windows=(row_window(self._image),),
            scratch_bytes=scratch_bytes,
            scratch="int8",
        )

    def _row3(self) -> RowKernel | None:
        """The same for 3 x 3 windows and whole strips of channels, with sums on lines."""
        image, across = self._image, self._image.width
        if not is_square3(image) or image.channels % _LANES:
            return None
        flat = self._weights.reshape(image.channels, 9)
        lines = lines_of(self._scaling, flat, np.ones(image.channels, np.int64))
        if lines is None:
            return None
        params = Struct(
            "tin_dsp_depthwise_row3_s8",
            (
                ("weights", Array(pack_row3(flat, self._scaling.bias + lines.offset, lines))),
                ("channels", image.channels),
                ("in_width", across.size),
                ("out_width", across.output),
                ("stride", across.stride),
                ("pad_left", across.before),
                ("fill", self._fill),
                *clamp_fields(self._requantize),
            ),
        )
        return RowKernel(
            function="tin_dsp_depthwise_row3_s8_run",
            header="tin/nn/armv7em_dsp/dsp_depthwise_row3.h",
            params=params,
            windows=(row_window(image),),
            scratch_bytes=_COLUMN_BYTES * ((across.output - 1) * across.stride + 3),
            scratch="int8",
            sources=("nn/armv7em_dsp/tin_dsp_depthwise_row3.c",),
        )


def pack_row3(weights: Ints, bias: Ints, lines: Lines) -> npt.NDArray[np.uint32]:
    """Five words of each channel, see `tin_dsp_depthwise_row3_s8`.

    Args:
        weights: [channels][9].
        bias: [channels], offsets of lines added.
    """
    taps = weights & 0xFF
    first, second = (
        sum((taps[:, tap] << (8 * byte) for byte, tap in enumerate(order)), np.int64(0))
        for order in ((0, 1, 3, 4), (2, 6, 5, 7))
    )
    last = lines.constant << 8 | taps[:, 8]
    words = np.stack([first, second, bias, lines.factor, last], axis=1)
    return (words & 0xFFFFFFFF).astype(np.uint32).ravel()


def _turned(image: Window) -> Window:
    """Rows as columns."""
    return Window(image.width, image.height, image.channels)


def instructions(lined: Window) -> float:
    """Estimate for the kernel that runs these lines."""
    return costs.depthwise3(lined) if is_square3(lined) else costs.depthwise_any(lined)


def is_square3(window: Window) -> bool:
    """The 3 x 3 kernel with all weights in registers can run it."""
    axes = (window.height, window.width)
    return all(axis.kernel == 3 for axis in axes) and window.width.stride in (1, 2)


def words_of_line(lined: Window) -> int:
    """Pairs of neighbours that all windows of a line touch, two windows at a time."""
    across = lined.width
    windows = across.output + across.output % 2
    if is_square3(lined):
        return across.stride * windows // 2 + 1
    return ((windows - 1) * across.stride + 1) // 2 + (across.kernel + 1) // 2
