"""Trains a network and turns it into a float32 and an int8 `.tflite`."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.learning.config import NetworkConfig, TrainedNetwork, TrainingData
from tinsmith.learning.export import export_float32
from tinsmith.learning.interpreter import check_accepted
from tinsmith.learning.layers import infer_shapes
from tinsmith.learning.packages import require
from tinsmith.learning.quantise import quantise
from tinsmith.learning.scaler import check_features


def fit_network(
    config: NetworkConfig, data: TrainingData, *, progress: Progress = silent
) -> TrainedNetwork:
    """Trains the network, exports it, quantises it and checks that devices accept it.

    Reports one step of the stage "train" per epoch, then "quantise".

    Raises:
        DatasetError: The windows do not suffice, with counts and what to do.
        DesignError: The layers do not fit the features, or training diverged.
        VerificationError: TensorFlow Lite Micro refuses the int8 model.
        MissingPackageError: The `learn` extra is not installed.
    """
    started = time.monotonic()
    for package in ("torch", "ai_edge_quantizer", "tflite_micro"):
        require(package)
    check_data(config, data)
    infer_shapes(config.layers, data.shape.dims)
    from tinsmith.learning.loop import train

    trained = train(config, data, progress)
    float32 = export_float32(trained.operators, data.shape.dims)
    progress(Step("quantise", 0, 1))
    int8 = quantise(float32, data.features[trained.representative])
    check_accepted(int8)
    progress(Step("quantise", 1, 1))
    return TrainedNetwork(
        float32=float32,
        int8=int8,
        classes=data.classes,
        parameters=trained.parameters,
        history=trained.history,
        best_epoch=trained.best_epoch,
        warnings=trained.warnings,
        seconds=time.monotonic() - started,
    )


def check_data(config: NetworkConfig, data: TrainingData) -> None:
    """Refuses data that nothing can be learned from.

    Raises:
        DatasetError: With the counts seen and what to do.
        DesignError: The features do not have the shape they are said to have.
    """
    check_features(data.features)
    count, width = data.features.shape
    if width != data.shape.size:
        raise DesignError(f"{width} features do not fit the shape {data.shape.dims}")
    if len(data.targets) != count or (data.groups and len(data.groups) != count):
        raise DatasetError(
            f"{count} windows, {len(data.targets)} targets and {len(data.groups)} groups"
            " do not fit together"
        )
    if config.task == "classification":
        _check_classes(data, needed=2 if config.settings["validation_share"] else 1)
    else:
        _check_values(data)


def _check_classes(data: TrainingData, needed: int) -> None:
    classes, count = data.classes, len(data.targets)
    if len(classes) < 2:
        raise DatasetError(
            f"the training windows have {len(classes)} class ({', '.join(classes) or 'none'}); "
            "expected at least 2",
            hint="add recordings of another class, or use an anomaly block",
        )
    if count < len(classes):
        raise DatasetError(
            f"{count} training windows are fewer than {len(classes)} classes",
            hint="add recordings, or shorten the window or its stride",
        )
    if data.targets.min() < 0 or data.targets.max() >= len(classes):
        raise DatasetError(f"targets must be indices of the {len(classes)} classes")
    counts = Counter(data.targets.tolist())
    rare = {name: counts[index] for index, name in enumerate(classes) if counts[index] < needed}
    if rare:
        listed = ", ".join(f"{name!r} has {number}" for name, number in rare.items())
        raise DatasetError(
            f"too few training windows: {listed}; expected at least {needed} per class",
            hint="record more of these classes, remove them, or shorten the window or its stride",
        )


def _check_values(data: TrainingData) -> None:
    values = np.asarray(data.targets, dtype=np.float64)
    if not np.isfinite(values).all():
        index = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DatasetError(
            f"the target of window {index} is {values[index]}; expected a finite number",
            hint="correct or remove its label",
        )
    if len(values) < 2 or values.min() == values.max():
        raise DatasetError(
            f"{len(values)} training windows with one value; a regression needs different ones",
            hint="add recordings with other target values",
        )
