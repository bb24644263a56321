"""Recordings and pictures drawn with characters, for a look without leaving the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from rich.text import Text

    from tinsmith.signals import Image, Signal

_COLOURS = ("blue", "yellow", "green", "magenta", "cyan", "red")
# Braille cells are 2 dots wide and 4 high; the bit of each dot, by row and column.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800


def draw_signal(signal: Signal, width: int, height: int = 4) -> Text:
    """The axes of a signal over each other, each in its colour, in `height` lines."""
    from rich.text import Text

    axes = range(min(signal.values.shape[1], len(_COLOURS)))
    values = signal.values[:, list(axes)]
    low, high = float(values.min()), float(values.max())
    dots = np.zeros((4 * height, 2 * width), bool)
    colours = np.zeros((height, width), np.int64)
    for axis in axes:
        own = _plot(values[:, axis], low, high, dots.shape)
        cells = own.reshape(height, 4, width, 2).any(axis=(1, 3))
        colours[cells] = axis
        dots |= own
    drawn = Text()
    for row in range(height):
        for column in range(width):
            cell = dots[4 * row : 4 * row + 4, 2 * column : 2 * column + 2]
            drawn.append(_braille(cell), style=_COLOURS[colours[row, column]])
        drawn.append("\n")
    return drawn


def draw_legend(signal: Signal) -> Text:
    """The names of the axes, each in its colour."""
    from rich.text import Text

    drawn = Text()
    for sensor, colour in zip(signal.sensors, _COLOURS, strict=False):
        drawn.append(f"{sensor.name} ", style=colour)
    hidden = len(signal.sensors) - len(_COLOURS)
    return drawn.append(f"and {hidden} more not drawn") if hidden > 0 else drawn


def draw_image(image: Image, width: int) -> Text:
    """A picture in half blocks: one pixel a column, two a line."""
    from rich.text import Text

    columns = min(width, image.width)
    lines = max(1, round(image.height / image.width * columns / 2))
    rows = np.linspace(0, image.height - 1, 2 * lines).round().astype(int)
    pixels = image.pixels[rows][:, np.linspace(0, image.width - 1, columns).round().astype(int)]
    drawn = Text()
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        for top, bottom in zip(upper, lower, strict=True):
            drawn.append("▀", style=f"{_rgb(top)} on {_rgb(bottom)}")
        drawn.append("\n")
    return drawn


def _plot(
    values: npt.NDArray[np.float32], low: float, high: float, shape: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """Dots of one axis: in each column the range from its lowest to its highest value."""
    rows, columns = shape
    dots = np.zeros((rows, columns), bool)
    scale = (rows - 1) / (high - low) if high > low else 0.0
    levels = (
        ((values - low) * scale).round().astype(int) if scale else np.full(len(values), rows // 2)
    )
    edges = np.linspace(0, len(values), columns + 1).astype(int)
    for column in range(columns):
        start = min(edges[column], len(values) - 1)
        part = levels[start : max(edges[column + 1], start + 1)]
        dots[rows - 1 - part.max() : rows - part.min(), column] = True
    return dots


def _braille(cell: npt.NDArray[np.bool_]) -> str:
    bits = sum(_DOTS[row][column] for row, column in np.argwhere(cell))
    return chr(_BRAILLE + bits)


def _rgb(pixel: npt.NDArray[np.uint8]) -> str:
    return f"rgb({pixel[0]},{pixel[1]},{pixel[2]})"
