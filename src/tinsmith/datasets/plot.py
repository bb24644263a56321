"""Pictures of a data set: a few samples of each class, and how much there is of each class."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import CATEGORIES, Sample
from tinsmith.datasets.summary import Summary
from tinsmith.signals import Image, Signal

Theme = Literal["light", "dark"]
_MAX_POINTS = 2000
_CATEGORY_NAMES = {"": "undecided"}


@dataclass(frozen=True)
class _Look:
    """Colours of a theme; series colours are told apart by people with impaired colour vision."""

    paper: str
    ink: str
    faint: str
    series: tuple[str, ...]


_LOOKS: dict[Theme, _Look] = {
    "light": _Look(
        "#ffffff", "#1d2433", "#d9dee7",
        ("#2f6fdd", "#e07b1a", "#2a9d74", "#c2408f", "#7a5cd6", "#8a8f98"),
    ),
    "dark": _Look(
        "#12161f", "#e7ebf3", "#2c3444",
        ("#6ea8ff", "#ffae57", "#5fd3a6", "#f07fc0", "#b39bff", "#a3abb8"),
    ),
}  # fmt: skip


def plot_samples(samples: Sequence[Sample], *, per_class: int = 2, theme: Theme = "light") -> bytes:
    """A PNG with the first `per_class` samples of each class, a row per class.

    Raises:
        DatasetError: There is no sample.
    """
    rows = _by_class(samples, per_class)
    if not rows:
        raise DatasetError("there are no samples to draw", hint="import data first")
    look = _LOOKS[theme]
    pictures = all(sample.facts.kind == "image" for _, chosen in rows for sample in chosen)
    figure, grid = _figure(len(rows), per_class, look, width=2.0 if pictures else 5.2)
    names: tuple[str, ...] = ()
    for axes_row, (label, chosen) in zip(grid, rows, strict=True):
        for axes, sample in zip(axes_row, [*chosen, *[None] * per_class], strict=False):
            if sample is None:
                axes.axis("off")
                continue
            content = sample.load()
            _draw(axes, content, look)
            axes.set_title(_title(label, sample.name), color=look.ink, fontsize=9)
            if isinstance(content, Signal):
                names = tuple(dict.fromkeys((*names, *(s.name for s in content.sensors))))
    if 1 < len(names) <= 9:
        _legend(figure, grid, look)
    return _png(figure, look)


def plot_classes(summary: Summary, *, theme: Theme = "light") -> bytes:
    """A PNG with a bar per class, in seconds (or samples, without time), stacked by part.

    Raises:
        DatasetError: There is no labelled sample.
    """
    labels = [entry.label for entry in summary.classes]
    if not labels:
        raise DatasetError("there are no labelled samples to draw", hint="label some samples first")
    look = _LOOKS[theme]
    timed = any(entry.duration_ms for entry in summary.classes)
    figure, axes = _single(len(labels), look)
    left = np.zeros(len(labels))
    parts = {part.category: part for part in summary.parts}
    for colour, category in zip(look.series, CATEGORIES, strict=False):
        if category not in parts:
            continue
        amounts = {
            entry.label: entry.duration_ms / 1000 if timed else float(entry.samples)
            for entry in parts[category].classes
        }
        widths = np.array([amounts.get(label, 0.0) for label in labels])
        name = _CATEGORY_NAMES.get(category, category)
        axes.barh(range(len(labels)), widths, left=left, color=colour, height=0.7, label=name)
        left += widths
    axes.set_yticks(range(len(labels)), [_shortened(label, 32) for label in labels])
    axes.invert_yaxis()
    axes.set_xlabel("seconds" if timed else "samples", color=look.ink)
    axes.grid(axis="x", color=look.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    if len(parts) > 1:
        axes.legend(frameon=False, labelcolor=look.ink, ncols=4, loc="lower left",
                    bbox_to_anchor=(0, 1), borderaxespad=0.2)  # fmt: skip
    return _png(figure, look)


def _by_class(samples: Sequence[Sample], per_class: int) -> list[tuple[str, list[Sample]]]:
    rows: dict[str, list[Sample]] = {}
    for sample in samples:
        label = sample.label or ("labels over time" if sample.segments else "")
        chosen = rows.setdefault(label, [])
        if len(chosen) < per_class:
            chosen.append(sample)
    return sorted(rows.items())


def _title(label: str, name: str) -> str:
    if label and name.startswith(label):
        return _shortened(name)
    return f"{_shortened(label or 'unlabelled', 18)} · {_shortened(name)}"


def _figure(rows: int, columns: int, look: _Look, *, width: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, 1.9 * rows + 0.5), dpi=120, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel():
        _style(axes, look)
    return figure, grid


def _single(rows: int, look: _Look) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.42 * rows + 1.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    _style(axes, look)
    return figure, axes


def _style(axes: Any, look: _Look) -> None:
    axes.set_facecolor(look.paper)
    axes.tick_params(colors=look.ink, labelsize=8, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(look.faint)


def _draw(axes: Any, content: Signal | Image, look: _Look) -> None:
    if isinstance(content, Image):
        axes.imshow(content.pixels)
        axes.axis("off")
        return
    scale = content.interval_ms / 1000 if content.interval_ms else 1.0
    for axis, sensor in enumerate(content.sensors):
        positions, values = _thinned(content.values[:, axis])
        colour = look.series[axis % len(look.series)]
        style = "-" if axis < len(look.series) else "--"
        axes.plot(positions * scale, values, style, color=colour, linewidth=0.9, label=sensor.name)
    axes.margins(x=0)
    axes.grid(axis="y", color=look.faint, linewidth=0.6)
    axes.set_xlabel("s" if content.interval_ms else "row", color=look.ink, fontsize=8)


def _thinned(
    values: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Positions and values; of long signals the lowest and highest of each stretch, in turn."""
    if len(values) <= _MAX_POINTS:
        return np.arange(len(values), dtype=np.float64), values
    step = math.ceil(len(values) / (_MAX_POINTS // 2))
    whole = len(values) // step * step
    blocks = values[:whole].reshape(-1, step)
    both = np.stack([blocks.min(axis=1), blocks.max(axis=1)], axis=1).ravel()
    return (np.arange(len(both)) * step / 2).astype(np.float64), both


def _legend(figure: Any, grid: Any, look: _Look) -> None:
    found: dict[str, Any] = {}
    for axes in grid.ravel():
        handles, names = axes.get_legend_handles_labels()
        found |= dict(zip(names, handles, strict=True))
    figure.legend(
        found.values(), found.keys(), loc="outside upper center", ncols=len(found),
        frameon=False, labelcolor=look.ink, fontsize=9,
    )  # fmt: skip


def _shortened(text: str, length: int = 28) -> str:
    # A dollar sign would start a formula.
    safe = text.replace("$", r"\$")
    return safe if len(safe) <= length else f"{safe[: length - 1]}…"


def _png(figure: Any, look: _Look) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    figure.set_facecolor(look.paper)
    buffer = io.BytesIO()
    # Without the version note the same data gives the same bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
