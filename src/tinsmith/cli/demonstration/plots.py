"""The report's pictures, as SVG that reads on light and on dark paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tinsmith.emulation import Cost
from tinsmith.impulse.evaluate import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Distinct for colour-blind readers and on either background.
COLOURS = ("#3b82c4", "#e07b39", "#3f9b6b", "#b5527e", "#8a6fc9", "#b39b2e", "#4aa8a8", "#c94f4f")
_INK = "#808891"


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    import matplotlib as mpl

    mpl.use("Agg", force=False)
    from matplotlib.figure import Figure

    style: Any = {
        "svg.hashsalt": "tinsmith",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9.0,
        "text.color": _INK,
        "axes.edgecolor": _INK,
        "axes.labelcolor": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
    return figure, axes


def _svg(figure: Figure) -> str:
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "tinsmith", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def windows(result: Evaluation, axis_names: Sequence[str], interval_ms: float) -> str:
    """One unseen window of every class, first three axes."""
    classes = result.classes
    columns = 4
    rows = -(-len(classes) // columns)
    figure, grid = _figure(9.0, 1.7 * rows, rows, columns)
    shape = (len(result.windows), -1, len(axis_names))
    values = result.windows.values.reshape(shape)
    for index, axes in enumerate(grid.flat):
        if index >= len(classes):
            axes.set_axis_off()
            continue
        row = result.windows.labels.index(classes[index])
        time = np.arange(values.shape[1]) * interval_ms / 1000
        for axis in range(min(3, len(axis_names))):
            axes.plot(time, values[row, :, axis], color=COLOURS[axis], lw=1.0)
        axes.set_title(classes[index].replace("_", " "), fontsize=9)
        axes.tick_params(labelsize=7)
    names = ", ".join(axis_names[:3])
    figure.supxlabel(f"seconds ({names})", fontsize=8, color=_INK)
    return _svg(figure)


def history(epochs: Sequence[dict[str, Any]]) -> str:
    """Loss and accuracy over the epochs, training and validation."""
    figure, grid = _figure(9.0, 2.4, 1, 2)
    for axes, key, title in zip(grid[0], ("loss", "metric"), ("loss", "accuracy"), strict=True):
        count = range(1, len(epochs) + 1)
        axes.plot(count, [epoch[key] for epoch in epochs], color=COLOURS[0], label="training")
        kept = [epoch[f"validation_{key}"] for epoch in epochs]
        if all(value is not None for value in kept):
            axes.plot(count, kept, color=COLOURS[1], label="validation, other people")
        axes.set_xlabel("epoch")
        axes.set_title(title, fontsize=9)
        axes.legend(frameon=False, fontsize=8, labelcolor=_INK)
    return _svg(figure)


def confusion(result: Evaluation) -> str:
    """Share of each class' windows by predicted class."""
    metrics = result.classification
    if metrics is None:
        return ""
    counts = np.array(metrics.confusion, dtype=float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [item.name.replace("_", " ") for item in metrics.classes]
    figure, grid = _figure(6.2, 4.6)
    axes: Axes = grid[0, 0]
    # Transparency instead of a light colour, so that empty cells are paper in either theme.
    cells = np.empty((*share.shape, 4))
    cells[..., :3] = (0.18, 0.43, 0.66)
    cells[..., 3] = share
    axes.imshow(cells, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
    axes.set_yticks(range(len(names)), names)
    for row in range(len(names)):
        for column in range(len(names)):
            if counts[row, column]:
                colour = "white" if share[row, column] > 0.5 else _INK
                text = f"{100 * share[row, column]:.0f}"
                axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    axes.set_xlabel("predicted (percent of the row)")
    axes.set_ylabel("truth")
    return _svg(figure)


def explorer(result: Evaluation) -> str:
    """Features of unseen windows on their two principal axes; wrong ones are crosses."""
    points = principal_axes(result.prediction.features)
    scores = result.prediction.scores
    if scores is None:
        return ""
    truth = np.array([result.classes.index(label) for label in result.windows.labels])
    right = scores.argmax(axis=1) == truth
    figure, grid = _figure(6.2, 4.6)
    axes: Axes = grid[0, 0]
    for index, name in enumerate(result.classes):
        own, colour = truth == index, COLOURS[index % len(COLOURS)]
        label = name.replace("_", " ")
        hits, misses = points[own & right], points[own & ~right]
        axes.scatter(hits[:, 0], hits[:, 1], s=8, color=colour, alpha=0.6, lw=0, label=label)
        axes.scatter(misses[:, 0], misses[:, 1], s=16, color=colour, marker="x", lw=1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=7, labelcolor=_INK, markerscale=1.6)
    return _svg(figure)


def principal_axes(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """[n, 2] projection on the two directions of largest spread, after standardising."""
    spread = features.std(axis=0)
    used = features[:, spread > 0].astype(np.float64)
    scaled = (used - used.mean(axis=0)) / used.std(axis=0)
    _, _, directions = np.linalg.svd(np.clip(scaled, -5, 5), full_matrices=False)
    projected: npt.NDArray[np.float64] = scaled @ directions[:2].T
    return projected


def timeline(result: Evaluation, interval_s: float) -> str:
    """Scores along one unseen recording of every class: what a device would say over time."""
    scores = result.prediction.scores
    if scores is None:
        return ""
    figure, grid = _figure(9.0, 0.55 * len(result.classes) + 0.8, len(result.classes), 1)
    for index, axes in enumerate(grid[:, 0]):
        name = result.classes[index]
        first = result.windows.labels.index(name)
        rows = np.flatnonzero(result.windows.sample_index == result.windows.sample_index[first])
        time = result.windows.start_ms[rows] / 1000
        best = scores[rows].argmax(axis=1)
        colours = [COLOURS[item % len(COLOURS)] for item in best]
        axes.bar(time, scores[rows].max(axis=1), width=0.9 * interval_s, color=colours)
        axes.set_ylim(0, 1)
        axes.set_yticks([])
        axes.tick_params(labelsize=7, labelbottom=index == len(result.classes) - 1)
        axes.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center", fontsize=8)
    grid[-1, 0].set_xlabel("seconds; height is the score, colour the class that won")
    return _svg(figure)


def costs(stages: Sequence[Cost]) -> str:
    """Instructions per stage."""
    shown = [stage for stage in stages if stage.instructions]
    figure, grid = _figure(9.0, 0.32 * len(shown) + 0.7)
    axes: Axes = grid[0, 0]
    values = [stage.instructions for stage in shown]
    axes.barh(range(len(shown)), values, color=COLOURS[0], height=0.7)
    labels = [stage.name.removeprefix("tin_").replace("_", " ") for stage in shown]
    axes.set_yticks(range(len(shown)), labels)
    axes.invert_yaxis()
    for row, value in enumerate(values):
        axes.text(value, row, f" {value:,}", va="center", fontsize=8, color=_INK)
    axes.set_xlabel("instructions for one window")
    axes.margins(x=0.12)
    return _svg(figure)
