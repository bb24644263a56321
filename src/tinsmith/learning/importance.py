"""How much each feature says about the label, before anything is trained."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.learning.packages import require
from tinsmith.learning.scaler import check_features

Floats = npt.NDArray[np.float32]

METHOD = "mutual information"
SOURCE = "Kraskov, Stögbauer and Grassberger 2004; Ross 2014 (scikit-learn, 3 neighbours)"


def feature_importance(
    features: Floats,
    targets: npt.NDArray[np.int64] | Floats,
    task: Literal["classification", "regression"],
    *,
    seed: int = 1,
) -> npt.NDArray[np.float64]:
    """Mutual information in nats of each feature with the target, [width]; 0 tells nothing.

    Each feature is judged by itself: two that say the same both score high, and one that only helps
    beside another scores low.

    Args:
        features: [n, width].
        targets: [n] classes, or numbers for regression.
        task: What the targets are.
        seed: Of the tiny noise that breaks ties.

    Raises:
        DatasetError: Fewer than eight windows, one class only, or features that are not finite.
        MissingPackageError: scikit-learn is not installed.
    """
    check_features(features)
    if len(features) < 8:
        raise DatasetError(f"there are {len(features)} labelled windows; expected at least 8")
    if len(np.unique(targets)) < 2:
        raise DatasetError("all windows have the same label; expected at least two")
    selection: Any = require("sklearn.feature_selection")
    classify, regress = selection.mutual_info_classif, selection.mutual_info_regression
    measure = classify if task == "classification" else regress
    found: npt.NDArray[np.float64] = measure(
        features.astype(np.float64), targets, discrete_features=False, random_state=seed
    )
    return found
