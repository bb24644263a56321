"""What a training needs and what it returns, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, resolve
from tinsmith.core.shapes import FeatureShape
from tinsmith.learning.layers import Layer, parse_layers
from tinsmith.learning.presets import Task, find_preset

Floats = npt.NDArray[np.float32]

TRAINING_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "epochs",
        "int",
        60,
        "Epochs",
        "How often training sees every window.",
        minimum=1,
        maximum=10_000,
        search=(30, 60, 100),
    ),
    Parameter(
        "learning_rate",
        "float",
        0.003,
        "Learning rate",
        "Size of a step at the start. Too large: the loss jumps about; too small: it hardly falls.",
        minimum=1e-6,
        maximum=1.0,
        search=(0.001, 0.003, 0.01),
    ),
    Parameter(
        "batch_size",
        "int",
        32,
        "Batch size",
        "Windows per step. Larger is faster per epoch and smoother, but takes fewer steps.",
        minimum=1,
        maximum=4096,
        search=(16, 32, 64),
    ),
    Parameter(
        "optimizer",
        "choice",
        "adamw",
        "Optimiser",
        "AdamW also pulls weights towards zero (weight decay).",
        choices=("adamw", "adam"),
    ),
    Parameter(
        "weight_decay",
        "float",
        0.01,
        "Weight decay",
        "Pull towards zero; larger values fight overfitting.",
        minimum=0.0,
        maximum=10.0,
        show_if=("optimizer", "adamw"),
    ),
    Parameter(
        "schedule",
        "choice",
        "cosine",
        "Schedule",
        "Cosine lets the learning rate fall to zero over the epochs, which settles the result.",
        choices=("cosine", "constant"),
    ),
    Parameter(
        "class_weights",
        "choice",
        "auto",
        "Class weights",
        "Auto gives rare classes the same say as common ones.",
        choices=("auto", "none"),
    ),
    Parameter(
        "label_smoothing",
        "float",
        0.0,
        "Label smoothing",
        "Share of certainty taken from the true class; keeps the network from being over-sure.",
        minimum=0.0,
        maximum=0.5,
    ),
    Parameter(
        "loss",
        "choice",
        "mse",
        "Regression loss",
        "Mean absolute error counts every miss by its size, mean squared error mostly large ones; "
        "Huber lies between.",
        choices=("mse", "huber", "mae"),
    ),
    Parameter(
        "validation_share",
        "float",
        0.2,
        "Validation share",
        "Share of the training windows kept aside to watch the training; whole groups (recordings, "
        "people) move together. 0 trains on everything, without early stopping.",
        minimum=0.0,
        maximum=0.5,
    ),
    Parameter(
        "patience",
        "int",
        0,
        "Patience",
        "Stop after this many epochs without a better validation loss; 0 never stops early. "
        "The best weights are kept in either case.",
        minimum=0,
        maximum=10_000,
    ),
    Parameter(
        "gradient_clip",
        "float",
        1.0,
        "Gradient clip",
        "Largest norm of a step's gradient; 0 does not clip.",
        minimum=0.0,
        maximum=1000.0,
    ),
    Parameter(
        "augmentation",
        "choice",
        "none",
        "Augmentation",
        "Changes spectrograms a little in each step: masks times and frequencies, shifts, "
        "adds noise.",
        choices=("none", "low", "high"),
    ),
    Parameter(
        "seed",
        "int",
        1,
        "Seed",
        "The same seed repeats the same training on the same kind of CPU.",
        minimum=0,
        maximum=2**31 - 1,
    ),
    Parameter(
        "threads",
        "int",
        0,
        "Threads",
        "CPU threads to train with; 0 uses all cores. Part of what a seed repeats.",
        minimum=0,
        maximum=256,
    ),
)


@dataclass(frozen=True)
class NetworkConfig:
    """A network and how to train it.

    Args:
        task: What the network predicts.
        layers: All but the output layer.
        settings: Every setting of `TRAINING_PARAMETERS`, resolved.
    """

    task: Task
    layers: tuple[Layer, ...]
    settings: Mapping[str, Any]


def network_config(
    task: Task,
    network: str | Sequence[Mapping[str, Any]],
    training: Mapping[str, Any],
    shape: FeatureShape,
) -> NetworkConfig:
    """A network from a design: preset name (or `auto`) or list of layers, and training settings.

    Settings the design leaves open come from the preset, then from the defaults.

    Raises:
        DesignError: An unknown preset, layer or setting, or a value outside its limits.
    """
    if isinstance(network, str):
        preset = find_preset(network, shape, task)
        layers, suggested = preset.layers(shape), preset.training
    else:
        layers, suggested = parse_layers(network), {}
    settings = resolve(TRAINING_PARAMETERS, {**suggested, **training}, where="training")
    return NetworkConfig(task, layers, settings)


@dataclass(frozen=True)
class TrainingData:
    """Windows to train on.

    Args:
        features: [n, width], standardised where the design says so.
        shape: How a row is to be read; several blocks side by side are flat.
        targets: [n] class indices (int64), or the values to predict (float32) for regression.
        classes: Names of the classes; one name for the value of a regression.
        groups: [n] what must stay together in a split (person, recording); empty: nothing.
    """

    features: Floats
    shape: FeatureShape
    targets: npt.NDArray[np.int64] | Floats
    classes: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Epoch:
    """Scores after one pass: accuracy for classification, mean absolute error for regression.

    Validation scores are None where nothing was kept aside.
    """

    loss: float
    metric: float
    validation_loss: float | None
    validation_metric: float | None


@dataclass(frozen=True)
class TrainedNetwork:
    """What training returns; both models take the same features.

    Args:
        float32: `.tflite`, float32 input and output.
        int8: `.tflite`, int8 throughout; refused unless TensorFlow Lite Micro accepts it.
        classes: Names of the outputs, in order.
        parameters: Number of trained values.
        history: One entry per epoch run.
        best_epoch: Index of the epoch whose weights were kept.
        warnings: What the user should know.
        seconds: Wall time.
    """

    float32: bytes
    int8: bytes
    classes: tuple[str, ...]
    parameters: int
    history: tuple[Epoch, ...]
    best_epoch: int
    warnings: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def concatenated(shapes: Sequence[FeatureShape]) -> FeatureShape:
    """How the features of several blocks side by side are read: one shape stays, several are flat.

    Raises:
        DesignError: There is none.
    """
    if not shapes:
        raise DesignError("a learning block needs at least one processing block")
    if len(shapes) == 1:
        return shapes[0]
    return FeatureShape("flat", (sum(shape.size for shape in shapes),))
