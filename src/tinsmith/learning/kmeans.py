"""K-means anomaly: how far a window lies outside everything seen in training."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.dsp import KMeansModel
from tinsmith.learning.packages import require
from tinsmith.learning.scaler import check_features, fit_scaler

Floats = npt.NDArray[np.float32]


def select_axes(wanted: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.int32]:
    """Indices of the features called `wanted`; all of them when nothing is wanted.

    A wanted name is a whole label (`spectral/accX RMS`), or its last part after `/` or a space
    (`RMS`), which then stands for every feature that ends so.

    Raises:
        DesignError: A name no feature has, with the nearest ones.
    """
    if not wanted:
        return np.arange(len(labels), dtype=np.int32)
    found: dict[int, None] = {}
    for name in wanted:
        exact = [index for index, label in enumerate(labels) if label == name]
        ends = (f"/{name}", f" {name}")
        matches = exact or [i for i, label in enumerate(labels) if label.endswith(ends)]
        if not matches:
            near = difflib.get_close_matches(name, labels, n=5, cutoff=0.4) or list(labels[:5])
            raise DesignError(
                f"there is no feature {name!r}",
                hint=f"did you mean {', '.join(repr(item) for item in near)}?",
            )
        found.update(dict.fromkeys(matches))
    return np.array(list(found), dtype=np.int32)


def fit_kmeans(
    features: Floats,
    labels: Sequence[str],
    *,
    axes: Sequence[str] = (),
    clusters: int = 32,
    seed: int = 1,
) -> KMeansModel:
    """Learns what is normal from features [n, width] as the blocks give them (not standardised).

    Args:
        features: Normal training windows.
        labels: [width] names of the features.
        axes: Names of the features to use (`select_axes`); empty: all.
        clusters: At most this many; never more than there are different windows.
        seed: Of the first centres.

    Raises:
        DatasetError: No windows, or NaN or infinite features.
        DesignError: Unknown axes, or fewer than one cluster.
    """
    check_features(features)
    if clusters < 1:
        raise DesignError(f"clusters is {clusters}; expected at least 1")
    if len(labels) != features.shape[1]:
        raise DatasetError(f"{len(labels)} labels do not fit {features.shape[1]} features")
    indices = select_axes(axes, labels)
    scaler = fit_scaler(np.ascontiguousarray(features[:, indices]))
    points = ((features[:, indices] - scaler.mean) * scaler.scale).astype(np.float64)
    count = min(clusters, len(np.unique(points, axis=0)))
    cluster = require("sklearn.cluster")
    fitted = cluster.KMeans(n_clusters=count, n_init=10, random_state=seed).fit(points)
    centres = fitted.cluster_centers_.astype(np.float32)
    distances = np.linalg.norm(points - centres[fitted.labels_], axis=1)
    radius = np.array([distances[fitted.labels_ == index].max() for index in range(count)])
    return KMeansModel(indices, scaler.mean, scaler.scale, centres, radius.astype(np.float32))
