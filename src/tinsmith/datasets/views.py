"""What a person sees of a sample: spectrograms, thumbnails and outlines. For viewing only.

No model sees any of this: what a model learns from is computed by the processing blocks.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.signals import Image, Signal
from tinsmith.signals.wav import FULL_SCALE

# Colours of axes that can be told apart on light and dark paper, also with impaired colour vision.
AXIS_COLOURS = ("#4a86e8", "#e07b1a", "#2a9d74", "#c2408f", "#8a6cd9", "#8a8f98")
FLOOR_DB = -200.0
_WINDOW_S = 0.032
_LEAST_WINDOW = 64
# Windows are laid densely enough that each column of a long recording is a mean of this many.
_WINDOWS_PER_COLUMN = 8
_CHUNK_WINDOWS = 512
_MAX_SIDE = 4096


@dataclass(frozen=True, eq=False)
class SpectrogramView:
    """How much of each frequency there is at each time.

    Args:
        levels_db: float32 [columns, bins], decibels. 0 is a sine of amplitude 1 in the axis' unit;
            of audio, one of full scale.
        start_ms, step_ms: Time of the beginning of the first column, and from one to the next.
        bin_hz: Distance between the bins; the first is at 0 Hz.
    """

    levels_db: npt.NDArray[np.float32]
    start_ms: float
    step_ms: float
    bin_hz: float


def spectrogram(
    signal: Signal,
    axis: int = 0,
    *,
    start: int = 0,
    end: int | None = None,
    columns: int = 1000,
    window_frames: int | None = None,
) -> SpectrogramView:
    """The spectrogram of a stretch of one axis, with Hann windows.

    Args:
        signal: A recording over time.
        axis: Column of the values.
        start, end: Frames [start, end); an `end` of None is that of the recording.
        columns: Most columns wanted. Each is the mean power of several windows where there are
            more windows than columns.
        window_frames: Length of a window; None takes about 32 ms, at least 64 frames.

    Raises:
        DatasetError: No such axis or stretch, or the signal has no time.
        DesignError: Fewer than one column or two frames a window.
    """
    from scipy.signal import get_window

    last = signal.frames if end is None else min(end, signal.frames)
    if signal.interval_ms == 0 or not 0 <= axis < signal.axes or not 0 <= start < last:
        raise DatasetError(
            f"axis {axis}, frames {start} to {last} are wanted of a recording of {signal.frames} "
            f"frames and {signal.axes} axes, {signal.interval_ms:g} ms apart; expected a part of it"
        )
    if columns < 1 or (window_frames is not None and window_frames < 2):
        raise DesignError(
            f"{columns} columns, {window_frames} frames a window; expected at least 1 and 2"
        )
    values = signal.values[start:last, axis].astype(np.float32)
    if signal.sensors[axis].units == "wav":
        values /= np.float32(FULL_SCALE)
    size = window_frames or _usual_window(signal.interval_ms)
    values = np.pad(values, (0, max(0, size - len(values))))
    hop = max(1, size // 4, (len(values) - size) // (columns * _WINDOWS_PER_COLUMN))
    power = _powers(values, get_window("hann", size).astype(np.float32), hop)
    merged = -(-len(power) // columns)
    edges = np.arange(0, len(power), merged)
    counts = np.diff(np.append(edges, len(power)))
    mean = np.add.reduceat(power, edges, axis=0) / counts[:, None]
    levels = 10 * np.log10(np.maximum(mean, 10 ** (FLOOR_DB / 10)))
    return SpectrogramView(
        levels.astype(np.float32),
        start * signal.interval_ms,
        hop * merged * signal.interval_ms,
        1000 / signal.interval_ms / size,
    )


def _usual_window(interval_ms: float) -> int:
    frames = max(_LEAST_WINDOW, _WINDOW_S * 1000 / interval_ms)
    return 1 << math.ceil(math.log2(frames) - 0.01)


def _powers(
    values: npt.NDArray[np.float32], window: npt.NDArray[np.float32], hop: int
) -> npt.NDArray[np.float64]:
    """Squared amplitudes [windows, bins]: of a sine of amplitude a, a squared in its bin."""
    from scipy.fft import rfft

    stretches = np.lib.stride_tricks.sliding_window_view(values, len(window))[::hop]
    scale = 2 / float(window.sum())
    powers = np.empty((len(stretches), len(window) // 2 + 1))
    for first in range(0, len(stretches), _CHUNK_WINDOWS):
        spectrum = rfft(stretches[first : first + _CHUNK_WINDOWS] * window, axis=1)
        powers[first : first + _CHUNK_WINDOWS] = np.abs(spectrum * scale) ** 2
    # What is constant, and the highest frequency of an even window, have no mirror image.
    powers[:, 0] /= 4
    if len(window) % 2 == 0:
        powers[:, -1] /= 4
    return powers


def thumbnail(image: Image, width: int, height: int, *, quality: int = 75) -> bytes:
    """A small WebP picture that fits into `width` x `height`, in its own proportions.

    Small pictures are not enlarged.

    Raises:
        DesignError: A side outside 1 to 4096 pixels, or a quality outside 0 to 100.
    """
    from PIL import Image as Picture

    _check_sides(width, height)
    if not 0 <= quality <= 100:
        raise DesignError(f"the quality is {quality}; expected 0 to 100")
    picture = Picture.fromarray(image.pixels)
    # The first pass halves by whole factors, which is quick and hardly seen.
    picture.thumbnail((width, height), Picture.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", quality=quality, method=4)
    return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class Outline:
    """The shape of a recording: float32 [points, axes], least and greatest value of each part."""

    minimum: npt.NDArray[np.float32]
    maximum: npt.NDArray[np.float32]


def outline(signal: Signal, points: int) -> Outline:
    """The least and greatest values of `points` equal parts of a recording (fewer of a short one).

    Raises:
        DesignError: Fewer than one point.
    """
    if points < 1:
        raise DesignError(f"{points} points were asked for; expected at least 1")
    count = min(points, signal.frames)
    edges = np.arange(count) * signal.frames // count
    return Outline(
        np.minimum.reduceat(signal.values, edges, axis=0),
        np.maximum.reduceat(signal.values, edges, axis=0),
    )


def outline_svg(signal: Signal, width: int = 160, height: int = 48) -> bytes:
    """The shape of a recording as a small SVG drawing: a band from least to greatest for each axis.

    Axes share one scale, unless their units differ; then each fills the height.

    Raises:
        DesignError: A side outside 1 to 4096 pixels.
    """
    _check_sides(width, height)
    shape = outline(signal, width)
    low, high = shape.minimum.min(axis=0), shape.maximum.max(axis=0)
    if len({sensor.units for sensor in signal.sensors}) == 1:
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    span = np.where(high > low, high.astype(np.float64) - low, 1.0)
    middle = (high.astype(np.float64) + low) / 2
    bands = []
    for axis in range(signal.axes):
        top = height * (0.5 - (shape.maximum[:, axis] - middle[axis]) / span[axis])
        bottom = height * (0.5 - (shape.minimum[:, axis] - middle[axis]) / span[axis])
        colour = AXIS_COLOURS[axis % len(AXIS_COLOURS)]
        bands.append(f'<path d="{_band(top, bottom, width)}" fill="{colour}" stroke="{colour}"/>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" stroke-width="1" stroke-linejoin="round" '
        'fill-opacity="0.8">'
    )
    return (head + "".join(bands) + "</svg>").encode()


def _band(top: npt.NDArray[np.floating], bottom: npt.NDArray[np.floating], width: int) -> str:
    """Along the upper edge and back along the lower one, to a tenth of a pixel."""
    across = (np.arange(len(top)) + 0.5) * width / len(top)
    x = np.concatenate([across, across[::-1]])
    y = np.concatenate([top, bottom[::-1]])
    pairs = (f"{left:.1f} {down:.1f}" for left, down in zip(x.tolist(), y.tolist(), strict=True))
    return "M" + "L".join(pairs) + "Z"


def _check_sides(width: int, height: int) -> None:
    if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
        raise DesignError(f"the size is {width}x{height}; expected sides of 1 to {_MAX_SIDE}")
