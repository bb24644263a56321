"""How far an output must lie before an input for a kernel to write over what it has read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Tensor
from tinsmith.compiler.operators.window import Window


def walk_distance(written: npt.NDArray[Any], read: npt.NDArray[Any]) -> int:
    """The smallest distance for a kernel that reads and writes in this order.

    At turn i it reads from byte read[i] of the input on, then writes the output up to byte
    written[i] (exclusive). What is read at turn i may be gone only after it.

    Args:
        written: [turns], end of what is written so far.
        read: [turns], first byte that is read.
    """
    if len(read) < 2:
        return 0
    needed = np.minimum.accumulate(read[::-1])[::-1]
    return max(int((written[:-1] - needed[1:]).max()), 0)


MOST_TURNS = 1 << 22
"""Longer walks are not followed: outputs of so many values lie wholly before what they read."""


def raster_distance(window: Window, channels: int, image: Tensor, *, together: int = 1) -> int:
    """The distance of a kernel that makes an image pixel by pixel from windows of another.

    While a pixel is written, its own window is still read.

    Args:
        channels: Of the output.
        image: The input; the output has values of the same type.
        together: Pixels of one row that are written while the window of the first is still read.
    """
    down, across = window.height, window.width
    item = np.dtype(image.dtype).itemsize
    if down.output * across.output > MOST_TURNS:
        return down.output * across.output * channels * item
    top = np.maximum(np.arange(down.output) * down.stride - down.before, 0)
    left = np.maximum(np.arange(across.output) * across.stride - across.before, 0)
    read = (top[:, None] * across.size + left).ravel() * window.channels
    needed = np.minimum.accumulate(read[::-1])[::-1]
    ends = np.minimum(np.arange(across.output) + together, across.output)
    written = (np.arange(down.output)[:, None] * across.output + ends).ravel() * channels
    return max(int((written - needed).max()) * item, 0)


def may_overwrite(image: Window, *, lines_are_columns: bool) -> bool:
    """Whether the output can begin where the input does.

    When a line of outputs is written, the input lines up to the end of its windows are widened
    already. No later one may lie under it.
    """
    along, line = (image.height, image.width) if lines_are_columns else (image.width, image.height)
    outputs = np.arange(image.height.output * image.width.output)
    rows, columns = np.divmod(outputs, image.width.output)
    out_line = columns if lines_are_columns else rows
    under_row, under_column = np.divmod(outputs, image.width.size)
    under_line = under_column if lines_are_columns else under_row
    is_image = outputs < along.size * line.size
    ready = out_line * line.stride - line.before + line.kernel
    return bool((under_line < ready)[is_image].all())
