"""Layouts of the x86-64 kernels: packed weights, factors of outputs.

The layouts are those of the headers in `tin/nn/x86_avx2`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.backends.layout import Indices, take
from tinsmith.compiler.backends.x86_avx2_scale import find_scales
from tinsmith.compiler.operators.window import Window
from tinsmith.core.cvalue import Array, Struct

VECTOR = 64  # int8 values of a vector
_LANES = 16  # sums of a vector
_BLOCK = 64  # outputs that share a walk over the depth
_MAX_RIGHT = 22  # shifts by which a zero point can be raised and added
_QUAD = 4  # int8 values of depth that are multiplied at once

WIDE, NARROW, POSITIVE, SCALED = 0, 1, 2, 4
"""How int8 kernels may round, see `tin/nn/x86_avx2/image.h`."""


def product_s8(by_output: npt.NDArray[np.int8], num_runs: int) -> npt.NDArray[np.int8]:
    """[outputs][depth] to blocks of up to 64 outputs [depth / 4][outputs / 16][16][4].

    Each run's depth is filled up to a multiple of 4.
    """
    by_run = by_output.reshape(len(by_output), num_runs, -1)
    by_run = np.pad(by_run, ((0, -len(by_run) % _LANES), (0, 0), (0, -by_run.shape[2] % _QUAD)))
    quads = by_run.reshape(len(by_run), -1, _QUAD)
    blocks = [
        quads[first : first + _BLOCK].transpose(1, 0, 2).ravel()
        for first in range(0, len(quads), _BLOCK)
    ]
    return np.concatenate(blocks)


def product_f32(by_output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """[outputs][depth] to blocks of up to 64 outputs [depth][outputs / 16][16]."""
    padded = np.pad(by_output, ((0, -len(by_output) % _LANES), (0, 0)))
    blocks = [padded[i : i + _BLOCK].T.ravel() for i in range(0, len(padded), _BLOCK)]
    return np.concatenate(blocks)


def depthwise_s8(taps: npt.NDArray[np.int8], channels: Indices) -> npt.NDArray[np.int8]:
    """[taps][channels] to [period][taps / 4][4 quarters][4 lanes][4 channels][4 taps].

    Args:
        channels: Channel of each lane, [period][64]; -1 where there is none.
    """
    padded = np.pad(taps, ((0, -len(taps) % _QUAD), (0, 0)))
    by_lane = take(padded, quarters(channels))  # [taps][period][quarter][16]
    groups = by_lane.reshape(-1, _QUAD, *by_lane.shape[1:])
    return np.ascontiguousarray(groups.transpose(2, 0, 3, 4, 1)).ravel()


def stack_stride(window: Window) -> int:
    """The stride of an int8 depthwise convolution whose rows are done several at once, or 0.

    Its taps are padded row by row, which costs nothing as long as three rows fill three groups.
    """
    down = window.height
    is_simple = down.kernel == 3 and down.dilation == 1 and down.stride in (1, 2)
    return down.stride if is_simple and window.width.kernel in (3, 4) else 0


def whole_rows(taps: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """[rows][columns][channels] to [taps][channels], each row filled up to a multiple of 4."""
    padded = np.pad(taps, ((0, 0), (0, -taps.shape[1] % _QUAD), (0, 0)))
    return padded.reshape(-1, taps.shape[2])


def quarters(channels: Indices) -> Indices:
    """[period][64] to [period][4][16]: quarter q is channels 4q to 4q + 3 of each 128-bit lane."""
    return channels.reshape(-1, 4, 4, 4).transpose(0, 2, 1, 3).reshape(-1, 4, _LANES)


@dataclass(frozen=True)
class Records:
    """What turns the sums of each output into int8.

    Args:
        columns: int32 [7][outputs]: start, multiplier, right shift, addend or left shift, and the
            bits of the float factor, offset, and offset of sums below 0.
        rounding: NARROW or POSITIVE, perhaps with SCALED; or WIDE.
    """

    columns: npt.NDArray[np.int32]
    rounding: int

    @staticmethod
    def of(found: Struct, by_output: npt.NDArray[np.int8]) -> Records:
        """From the portable kernels' factors.

        The kernels multiply x + 128: 128 times the sum of weights is taken off the bias.

        Args:
            found: A `tin_requantize_s8`.
            by_output: Weights [outputs][depth].
        """
        values = {name: value.values for name, value in found.fields if isinstance(value, Array)}
        limits = {name: value for name, value in found.fields if isinstance(value, int)}
        wide = by_output.astype(np.int64)
        given = values["bias"].astype(np.int64)
        start = [fixedpoint.wrap(int(value)) for value in given - 128 * wide.sum(axis=1)]
        multiplier = np.broadcast_to(values["multiplier"], given.shape).astype(np.int64)
        shift = np.broadcast_to(values["shift"], given.shape).astype(np.int64)
        right, extra, rounding = np.maximum(-shift, 0), np.maximum(shift, 0), WIDE
        scales = (np.zeros(len(given), np.float32),) * 3
        if limits["is_narrow"] and right.max() <= _MAX_RIGHT:
            zero_point, minimum, maximum = (
                limits[name] for name in ("zero_point", "minimum", "maximum")
            )
            # A half that is rounded up instead of away from zero differs only below the zero point.
            rounding = POSITIVE if minimum >= zero_point else NARROW
            extra = (1 << (right - 1)) + (zero_point << right)
            reach = int((np.abs(given) + 128 * np.abs(wide).sum(axis=1)).max())
            found_scales = find_scales(multiplier, shift, reach, (zero_point, minimum, maximum))
            if found_scales is not None:
                rounding, scales = rounding | SCALED, found_scales
        bits = [values.view(np.int32) for values in scales]
        columns = np.array([start, multiplier, right, extra, *bits], np.int32)
        return Records(columns, rounding)

    def array(self, outputs: Indices) -> Array:
        """Records of 16 outputs each, in this order; zeros where there is none (-1)."""
        lanes = take(self.columns, outputs).reshape(len(self.columns), -1, _LANES)
        return Array.i32(lanes.transpose(1, 0, 2))
