"""From many features to two or three coordinates, for a map in which like lies beside like."""

from __future__ import annotations

import warnings
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, DesignError, MissingPackageError
from tinsmith.learning.packages import require
from tinsmith.learning.scaler import LIMIT, check_features, fit_scaler

Floats = npt.NDArray[np.float32]
Method = Literal["pca", "tsne", "umap"]
METHODS: tuple[Method, ...] = get_args(Method)

# Distances in more dimensions cost time and say little more.
_MAX_DIMENSIONS = 50
_PERPLEXITY = 30.0
_NEIGHBOURS = 15


def project(features: Floats, method: Method, *, dims: int = 2, seed: int = 1) -> Floats:
    """float32 [n, dims] coordinates of features [n, width], the same for the same seed.

    Features are standardised first, and reduced by PCA to 50 dimensions for t-SNE and UMAP.

    Args:
        features: One row a window.
        method: `pca` keeps distances as far as it can; `tsne` (van der Maaten and Hinton 2008) and
            `umap` (McInnes et al. 2018) keep neighbours together, and distances between groups
            mean little.
        dims: 2 or 3.
        seed: Of t-SNE and UMAP; PCA needs none.

    Raises:
        DatasetError: Fewer than four windows, or features that are not finite.
        DesignError: No such method, or another number of dimensions.
        MissingPackageError: The package for the method is not installed.
    """
    check_features(features)
    if method not in METHODS:
        raise DesignError(f"there is no method {method!r}; expected one of {', '.join(METHODS)}")
    if dims not in (2, 3):
        raise DesignError(f"a map has {dims} dimensions; expected 2 or 3")
    if len(features) < 4:
        raise DatasetError(
            f"there are {len(features)} windows; a map needs at least 4",
            hint="add recordings, or use a shorter stride",
        )
    scaler = fit_scaler(features)
    points = np.clip((features - scaler.mean) * scaler.scale, -LIMIT, LIMIT)
    if method == "pca":
        return _pca(points, dims)
    reduced = _pca(points, min(_MAX_DIMENSIONS, *points.shape))
    return _tsne(reduced, dims, seed) if method == "tsne" else _umap(reduced, dims, seed)


def _pca(points: Floats, dims: int) -> Floats:
    """Principal components by singular values; each points to where its largest weight is."""
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    _, _, components = np.linalg.svd(centred, full_matrices=False)
    chosen = components[:dims]
    signs = np.sign(chosen[np.arange(len(chosen)), np.abs(chosen).argmax(axis=1)])
    found = centred @ (chosen * np.where(signs == 0, 1, signs)[:, None]).T
    missing = dims - found.shape[1]
    return np.pad(found, ((0, 0), (0, max(0, missing)))).astype(np.float32)


def _tsne(points: Floats, dims: int, seed: int) -> Floats:
    manifold: Any = require("sklearn.manifold")
    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    # Starting from principal components keeps the large shape, and needs as many of them.
    start = "pca" if points.shape[1] >= dims else "random"
    model = manifold.TSNE(dims, perplexity=perplexity, init=start, random_state=seed)
    found: Floats = model.fit_transform(points).astype(np.float32)
    return found


def _umap(points: Floats, dims: int, seed: int) -> Floats:
    try:
        package: Any = require("umap")
    except MissingPackageError as error:
        raise MissingPackageError(
            "a UMAP map needs the Python package 'umap-learn', which is not installed",
            hint='pip install "tinsmith[explore]", or choose pca or tsne',
        ) from error
    neighbours = min(_NEIGHBOURS, len(points) - 1)
    # With few windows there are too few eigenvectors to start from.
    start = "spectral" if len(points) > 10 * dims else "random"
    model = package.UMAP(
        n_neighbors=neighbours, n_components=dims, init=start, random_state=seed, n_jobs=1
    )
    with warnings.catch_warnings():
        # Says that a seed makes it use one core.
        warnings.simplefilter("ignore")
        found: Floats = model.fit_transform(points).astype(np.float32)
    return found
