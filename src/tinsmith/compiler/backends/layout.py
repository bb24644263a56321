"""Layouts that kernels of several backends share: images with borders, windows in runs, lanes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.operators.window import Window
from tinsmith.core.cvalue import Struct

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Image:
    """The copy of an input that a kernel slides its window over; sizes in values.

    Args:
        size: 0 when the input is used where it is.
        rows, columns: Copied.
        height, width: With borders, in pixels.
        phases: Planes of a row; plane p holds columns p, p + phases, ...
        plane: From plane to plane.
        out_row: From row to row.
    """

    window: Window
    size: int
    rows: int
    columns: int
    height: int
    width: int
    phases: int
    plane: int
    out_row: int

    @staticmethod
    def of(window: Window, *, phases: int, direct: bool) -> Image:
        """The image for a window; `direct`: none when there is no border."""
        down, across = window.height, window.width
        height = (down.output - 1) * down.stride + down.reach + 1
        width = (across.output - 1) * across.stride + across.reach + 1
        rows = max(min(down.size, height - down.before), 0)
        columns = max(min(across.size, width - across.before), 0)
        is_whole = (rows, columns) == (height, width)
        if is_whole and direct:
            out_row = across.size * window.channels
            return Image(window, 0, rows, columns, height, width, 1, 0, out_row)
        plane = -(-width // phases) * window.channels
        out_row = phases * plane
        size = height * out_row
        return Image(window, size, rows, columns, height, width, phases, plane, out_row)

    def struct(self, name: str, fill: int) -> Struct:
        """The C form, a `name`; neighbouring rows that are copied whole count as one."""
        channels, in_row = self.window.channels, self.window.width.size * self.window.channels
        has_border = (self.rows, self.columns) != (self.height, self.width)
        rows, columns = self.rows, self.columns
        if not has_border and self.phases == 1 and in_row == self.out_row:
            rows, columns = 1, rows * columns
        fields = (
            ("size", self.size),
            ("rows", rows),
            ("columns", columns),
            ("channels", channels),
            ("in_row", in_row),
            ("out_row", self.out_row),
            ("top", self.window.height.before),
            ("left", self.window.width.before),
            ("phases", self.phases),
            ("plane", self.plane),
            ("has_border", int(has_border)),
            ("fill", fill),
        )
        return Struct(name, fields)

    def taps(self, window: Window) -> list[int]:
        """Where the taps of a window lie, from its first one."""
        down, across = window.height, window.width
        columns = [kx * across.dilation for kx in range(across.kernel)]
        return [
            ky * down.dilation * self.out_row
            + column % self.phases * self.plane
            + column // self.phases * window.channels
            for ky in range(down.kernel)
            for column in columns
        ]


@dataclass(frozen=True)
class Runs:
    """Contiguous pieces of a window, all of one length."""

    starts: list[int]
    length: int


def runs(window: Window, image: Image) -> Runs:
    """The fewest equal pieces that a window consists of."""
    starts, length = image.taps(window), window.channels
    for count in (window.width.kernel, window.height.kernel):
        groups = [starts[i : i + count] for i in range(0, len(starts), count)]
        if all(b - a == length for group in groups for a, b in itertools.pairwise(group)):
            starts, length = [group[0] for group in groups], length * count
        else:
            break
    return Runs(starts, length)


def pad(values: Indices, multiple: int) -> Indices:
    """Indices with -1 behind them."""
    return np.pad(values, (0, -len(values) % multiple), constant_values=-1)


def take(values: npt.NDArray[Any], indices: Indices) -> npt.NDArray[Any]:
    """`values[..., indices]`, and 0 for index -1."""
    return np.where(indices >= 0, values[..., np.maximum(indices, 0)], 0).astype(values.dtype)
