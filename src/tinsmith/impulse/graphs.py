"""What a processing block made of a window, as data a screen can draw."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.cvalue import Array
from tinsmith.dsp.mel import plan_mel
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.fitted import PlannedBlock, WindowFormat

GraphKind = Literal["series", "curve", "bars", "matrix", "image"]

_POWER = re.compile(r"Spectral Power (\S+) - (\S+) Hz( LF)?")
_RESPONSE_POINTS = 128
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Graph:
    """One picture of a block's work.

    Args:
        title: For screens.
        kind: `series` over time, `curve` over frequency, `bars` by name, `matrix` with `values`
            [rows, columns] (row i at y[i], column j at x[j]), `image` with `values`
            [height, width, channels] from 0 to 1.
        x_label, y_label: With units.
        x: Positions, or names of bars.
        y: Positions of the rows of a matrix.
        lines: Name and values of each line, one value a position of `x`.
        values: Of a matrix or image.
    """

    title: str
    kind: GraphKind
    x_label: str = ""
    y_label: str = ""
    x: tuple[float | str, ...] = ()
    y: tuple[float, ...] = ()
    lines: tuple[tuple[str, FloatArray], ...] = ()
    values: FloatArray | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "title": self.title,
            "kind": self.kind,
            "x_label": self.x_label,
            "y_label": self.y_label,
            "x": list(self.x),
            "y": list(self.y),
            "lines": [{"name": name, "values": plain(values)} for name, values in self.lines],
            "values": None if self.values is None else plain(self.values),
        }


def plain(values: npt.NDArray[np.float32]) -> Any:
    """Nested lists of floats, with six digits of the largest: what a screen can show."""
    largest = float(np.abs(values).max(initial=0.0))
    decimals = _DIGITS - math.ceil(math.log10(largest)) if largest > 0 else 0
    return np.round(values.astype(np.float64), decimals).tolist()


def window_graph(values: FloatArray, window: WindowFormat) -> Graph:
    """The raw window: its axes over time, or the picture."""
    if window.image_size:
        colours = values.astype(np.uint32)
        channels = [(colours >> shift) & 255 for shift in (16, 8, 0)]
        image = (np.stack(channels, axis=1) / 255).astype(np.float32)
        return Graph("Picture", "image", values=image.reshape(*window.image_size, 3))
    frames = values.reshape(window.num_frames, window.num_axes)
    return Graph(
        "Window",
        "series",
        x_label="ms",
        x=_steps(window.num_frames, window.interval_ms),
        lines=tuple(
            (name, np.ascontiguousarray(frames[:, at])) for at, name in enumerate(window.axis_names)
        ),
    )


def block_graphs(
    item: PlannedBlock, features: FloatArray, window: WindowFormat
) -> tuple[Graph, ...]:
    """What suits the block: spectra, statistics, a spectrogram, the filters it used.

    Args:
        item: The configured block.
        features: float32 [its features] of one window.
        window: What the window looks like.
    """
    shape = item.plan.shape
    if shape.kind == "image":
        return (Graph("Result", "image", values=features.reshape(shape.dims)),)
    if shape.kind == "series":
        return (_series(item, features, window),)
    if shape.kind == "spectrogram":
        return (_spectrogram(item, features, window), *_filterbank(item, window))
    return (*_spectra(item, features), *_bars(item, features), *_response(item, window))


def _steps(count: int, step: float) -> tuple[float, ...]:
    return tuple(np.round(np.arange(count) * step, 9).tolist())


def _series(item: PlannedBlock, features: FloatArray, window: WindowFormat) -> Graph:
    frames, axes = item.plan.shape.dims
    table = features.reshape(frames, axes)
    names = _axis_names(item, window)
    return Graph(
        "Result",
        "series",
        x_label="ms",
        x=_steps(frames, window.interval_ms),
        lines=tuple((name, np.ascontiguousarray(table[:, at])) for at, name in enumerate(names)),
    )


def _axis_names(item: PlannedBlock, window: WindowFormat) -> list[str]:
    fields = dict(item.plan.config.fields)
    axes = fields["axes"]
    chosen = axes.values if isinstance(axes, Array) else range(window.num_axes)
    return [window.axis_names[int(at)] for at in chosen]


def _spectrogram(item: PlannedBlock, features: FloatArray, window: WindowFormat) -> Graph:
    rows, columns = item.plan.shape.dims
    rate = _rate(window)
    x = _steps(rows, 1000 * float(item.settings["frame_stride_s"]))
    label, y = "coefficient", _steps(columns, 1)
    if item.block.name == "spectrogram":
        label, y = "Hz", _steps(columns, rate / int(item.settings["fft_length"]))
    elif item.block.name == "mfe":
        weights, bins = _mel(item, rate)
        label, y = "Hz", tuple(float(bins[at]) for at in weights.argmax(axis=1))
    # Time runs to the right, frequency upwards.
    values = np.ascontiguousarray(features.reshape(rows, columns).T)
    return Graph(item.block.title, "matrix", "ms", label, x, y, values=values)


def _filterbank(item: PlannedBlock, window: WindowFormat) -> tuple[Graph, ...]:
    if item.block.name not in ("mfe", "mfcc"):
        return ()
    weights, bins = _mel(item, _rate(window))
    x = tuple(float(f"{hertz:.9g}") for hertz in bins)
    return (
        Graph("Filters", "matrix", "Hz", "filter", x, _steps(len(weights), 1),
              values=weights.astype(np.float32)),
    )  # fmt: skip


def _mel(
    item: PlannedBlock, rate: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights [filters, bins] and the bins' frequencies."""
    length = int(item.settings["fft_length"])
    bank = plan_mel(item.settings, length, rate)
    return bank.weights, np.arange(length // 2 + 1) * rate / length


def _rate(window: WindowFormat) -> float:
    return 1000 / window.interval_ms


def _spectra(item: PlannedBlock, features: FloatArray) -> tuple[Graph, ...]:
    """Power over frequency, one line an axis; the low band apart, as its bins are finer."""
    found: dict[bool, dict[str, dict[float, float]]] = {False: {}, True: {}}
    for (axis, name), value in zip(item.label_parts, features, strict=True):
        if match := _POWER.fullmatch(name):
            centre = (float(match[1]) + float(match[2])) / 2
            found[bool(match[3])].setdefault(axis, {})[centre] = float(value)
    graphs = []
    for is_low, axes in found.items():
        if not axes:
            continue
        title = "Spectrum at a tenth of the rate" if is_low else "Spectrum"
        unit = "log10 of power" if item.settings["do_log"] else "power"
        x = tuple(next(iter(axes.values())))
        lines = tuple(
            (axis, np.array([*values.values()], np.float32)) for axis, values in axes.items()
        )
        graphs.append(Graph(title, "curve", "Hz", unit, x, lines=lines))
    return tuple(graphs)


def _bars(item: PlannedBlock, features: FloatArray) -> tuple[Graph, ...]:
    """All other features by name, one line an axis."""
    axes: dict[str, dict[str, float]] = {}
    for (axis, name), value in zip(item.label_parts, features, strict=True):
        if not _POWER.fullmatch(name):
            axes.setdefault(axis, {})[name] = float(value)
    if not axes:
        return ()
    lines = tuple((axis, np.array([*own.values()], np.float32)) for axis, own in axes.items())
    return (Graph("Statistics", "bars", x=tuple(next(iter(axes.values()))), lines=lines),)


def _response(item: PlannedBlock, window: WindowFormat) -> tuple[Graph, ...]:
    """How much of each frequency the Butterworth filter lets through (bilinear transform)."""
    settings = item.settings
    kind = settings.get("filter_type", "none")
    if kind == "none" or not settings["filter_order"]:
        return ()
    rate = _rate(window) / settings["input_decimation_ratio"]
    edge = math.tan(math.pi * settings["filter_cutoff_hz"] / rate)
    hertz = np.linspace(0, rate / 2, _RESPONSE_POINTS, endpoint=False)
    ratio = np.tan(np.pi * hertz / rate) / edge
    power = ratio ** (2 * settings["filter_order"])
    gain = np.sqrt(1 / (1 + power) if kind == "low" else power / (1 + power))
    x = tuple(float(f"{value:.6g}") for value in hertz)
    line = ("filter", gain.astype(np.float32))
    return (Graph("Filter", "curve", "Hz", "gain", x, lines=(line,)),)
