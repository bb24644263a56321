"""Networks to start from, for each kind of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tinsmith.core.errors import DesignError
from tinsmith.core.shapes import FeatureKind, FeatureShape
from tinsmith.learning.layers import (
    Conv1d,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Pool1d,
    Pool2d,
    Reshape,
)

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Preset:
    """A network that works well for one kind of features.

    Args:
        name: Identifier in designs.
        title, help: For screens and docs.
        kind: Features it is made for; the first preset of a kind is what `auto` means.
        layers: Features' shape -> layers.
        training: Settings that go well with it.
        tasks: What it can learn.
    """

    name: str
    title: str
    help: str
    kind: FeatureKind
    layers: Callable[[FeatureShape], tuple[Layer, ...]]
    training: Mapping[str, Any] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ("classification", "regression")


def presets(
    shape: FeatureShape, task: Literal["classification", "regression"]
) -> tuple[Preset, ...]:
    """The presets that fit these features, best first."""
    return tuple(preset for preset in PRESETS if preset.kind == shape.kind and task in preset.tasks)


def find_preset(name: str, shape: FeatureShape, task: Task) -> Preset:
    """The preset called `name`, or the best one for `auto`.

    Raises:
        DesignError: No such preset for this kind of features.
    """
    fitting = presets(shape, task)
    for preset in fitting:
        if name in ("auto", preset.name):
            return preset
    known = ", ".join(["auto", *(preset.name for preset in fitting)])
    raise DesignError(
        f"there is no {task} preset {name!r} for {shape.kind} features",
        hint=f"use one of {known}, or list the layers",
    )


def _dense(_shape: FeatureShape) -> tuple[Layer, ...]:
    return (Dense(40), Dropout(0.1), Dense(20))


def _dense_regression(_shape: FeatureShape) -> tuple[Layer, ...]:
    return (Dense(64), Dense(32))


def _flattened(_shape: FeatureShape) -> tuple[Layer, ...]:
    return (Flatten(), Dense(40), Dropout(0.1), Dense(20))


def _spectrogram_conv1d(shape: FeatureShape) -> tuple[Layer, ...]:
    first = Conv1d(32, 3, batch_norm=True)
    second = Conv1d(48, 3, batch_norm=True)
    return (*_halved(first, shape.dims[0]), *_halved(second, shape.dims[0] // 2), *_POOLED)


def _spectrogram_conv2d(shape: FeatureShape) -> tuple[Layer, ...]:
    frames, coefficients = shape.dims
    return (
        Reshape((frames, coefficients, 1)),
        Conv2d(8, batch_norm=True),
        *_area_pool(frames, coefficients),
        Conv2d(16, batch_norm=True),
        *_area_pool(frames // 2, coefficients // 2),
        Conv2d(32, batch_norm=True),
        *_POOLED,
    )


def _series_conv1d(shape: FeatureShape) -> tuple[Layer, ...]:
    frames = shape.dims[0]
    return (
        *_halved(Conv1d(24, 7, batch_norm=True), frames),
        *_halved(Conv1d(32, 5, batch_norm=True), frames // 2),
        *_halved(Conv1d(48, 5, batch_norm=True), frames // 4),
        Conv1d(48, 3, batch_norm=True),
        *_POOLED,
    )


def _image_conv(shape: FeatureShape) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    height, width = shape.dims[:2]
    for filters in (16, 24, 32, 48):
        layers.append(Conv2d(filters, batch_norm=True))
        layers.extend(_area_pool(height, width))
        height, width = max(1, height // 2), max(1, width // 2)
    return (*layers, Conv2d(64, batch_norm=True), *_POOLED)


def _image_cnn(shape: FeatureShape) -> tuple[Layer, ...]:
    layers: list[Layer] = [Conv2d(16, stride=(2, 2), batch_norm=True, activation="relu6")]
    size = min(shape.dims[:2]) // 2
    for filters in (24, 32, 48, 64, 64):
        stride = (2, 2) if size >= 8 else (1, 1)
        layers.append(DepthwiseConv2d(stride=stride, batch_norm=True, activation="relu6"))
        layers.append(Conv2d(filters, (1, 1), batch_norm=True, activation="relu6"))
        size //= stride[0]
    return (*layers, *_POOLED)


_POOLED: tuple[Layer, ...] = (GlobalAveragePool(), Dropout(0.25))


def _halved(layer: Layer, frames: int) -> tuple[Layer, ...]:
    return (layer, Pool1d()) if frames >= 4 else (layer,)


def _area_pool(height: int, width: int) -> tuple[Layer, ...]:
    size = (2 if height >= 4 else 1, 2 if width >= 4 else 1)
    return (Pool2d(size=size),) if size != (1, 1) else ()


# Small data sets overfit long before they are learned: change the windows in each step, forbid
# certainty, keep the weights small.
_CAUTIOUS = {"augmentation": "high", "label_smoothing": 0.1, "weight_decay": 0.05}
# With few people or runs, keeping one aside costs more than watching it tells.
_EVERYTHING = {"validation_share": 0.0}
_AUDIO = {**_CAUTIOUS, "epochs": 60, "learning_rate": 0.005}

PRESETS: tuple[Preset, ...] = (
    Preset(
        "dense",
        "Dense",
        "Two fully connected layers. Small and fast; the right start for spectral features, "
        "flatten and other features whose place in the row has a meaning.",
        "flat",
        _dense,
        {**_CAUTIOUS, "epochs": 40},
        tasks=("classification",),
    ),
    Preset(
        "dense_regression",
        "Dense",
        "Two fully connected layers that end in one number.",
        "flat",
        _dense_regression,
        {**_EVERYTHING, "epochs": 30, "batch_size": 64, "augmentation": "high", "loss": "mae"},
        tasks=("regression",),
    ),
    Preset(
        "conv1d",
        "1-D convolution",
        "Looks for patterns along time, all frequencies at once. Small; a good start for keywords.",
        "spectrogram",
        _spectrogram_conv1d,
        _AUDIO,
    ),
    Preset(
        "conv2d",
        "2-D convolution",
        "Looks for patterns in time and frequency. Often a little better, more multiplications.",
        "spectrogram",
        _spectrogram_conv2d,
        _AUDIO,
    ),
    Preset(
        "spectrogram_dense",
        "Dense",
        "Two fully connected layers on all cells. Only for short, well aligned windows.",
        "spectrogram",
        _flattened,
    ),
    Preset(
        "motion_conv1d",
        "1-D convolution on raw samples",
        "Learns its own features from raw motion or sensor windows, about 22,000 parameters. "
        "Best with window augmentation (mirror, rotation) when people differ.",
        "series",
        _series_conv1d,
        {**_CAUTIOUS, **_EVERYTHING, "epochs": 30, "batch_size": 64},
    ),
    Preset(
        "series_dense",
        "Dense",
        "Two fully connected layers on all samples. Only for windows that start at a known moment.",
        "series",
        _flattened,
    ),
    Preset(
        "image_conv",
        "Plain image network",
        "Five convolutions with pooling. Learns most from few pictures; choose a small size "
        "(48 to 64 pixels), since work and memory grow with its area.",
        "image",
        _image_conv,
        {"epochs": 60, "learning_rate": 0.003, "label_smoothing": 0.1, "weight_decay": 0.05},
    ),
    Preset(
        "image_cnn",
        "Small image network",
        "Depthwise separable convolutions: less work a picture, but trained from nothing it needs "
        "hundreds of pictures per class.",
        "image",
        _image_cnn,
        {"epochs": 40, "learning_rate": 0.003},
    ),
)
