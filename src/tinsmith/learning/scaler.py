"""Standardisation of features, fitted on training windows and applied in the C core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.core.shapes import FeatureShape

LIMIT = 5.0
"""Standardised features are clipped to ±LIMIT, so that no outlier stretches the int8 range."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scaler:
    """`clip((x - mean) * scale, ±LIMIT)` per feature.

    Args:
        mean, scale: [width]; `scale` is 1 / standard deviation, 0 for a feature that never changes,
            so that it cannot carry noise of unseen windows into the network.
    """

    mean: Floats
    scale: Floats


def fit_scaler(features: Floats, shape: FeatureShape | None = None) -> Scaler:
    """Mean and 1 / standard deviation of features [n, width].

    A network that slides along time or over an area must see the same scale everywhere. So features
    with a `shape` of frames or an area share their statistics: raw series per axis, spectrograms
    per coefficient, images per channel; flat features have their own each.

    Raises:
        DatasetError: No windows, or NaN or infinite features, with where they are.
    """
    check_features(features)
    channels = features.shape[1] if shape is None or shape.kind == "flat" else shape.dims[-1]
    rows = features.reshape(-1, channels)
    mean = rows.mean(axis=0, dtype=np.float64)
    deviation = rows.std(axis=0, dtype=np.float64)
    # A constant column has a deviation of rounding size only.
    is_flat = deviation <= 1e-7 * np.maximum(np.abs(mean), 1e-30)
    scale = np.where(is_flat, 0.0, 1.0 / np.where(is_flat, 1.0, deviation))
    repeats = features.shape[1] // channels
    return Scaler(
        np.tile(mean, repeats).astype(np.float32), np.tile(scale, repeats).astype(np.float32)
    )


def check_features(features: Floats) -> None:
    """Refuses features that nothing can be learned from.

    Raises:
        DatasetError: No windows or features, or NaN or infinite values.
    """
    if features.ndim != 2 or 0 in features.shape:
        raise DatasetError(
            f"features have the shape {features.shape}; expected [windows, features], both above 0",
            hint="add recordings at least one window long",
        )
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        window, index = (int(item) for item in bad[0])
        raise DatasetError(
            f"feature {index} of window {window} is {features[window, index]}; "
            f"{len(bad)} values are not finite",
            hint="remove the recording or check its units and gaps",
        )
