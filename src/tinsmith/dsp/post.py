"""What follows the features, through the C core: standardisation and the K-means anomaly score."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.core.cvalue import Array, Struct, pack
from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.dsp.library import library
from tinsmith.toolchain import ieee_floats

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]


@dataclass(frozen=True)
class KMeansModel:
    """KMeansModel of normal features, as `tin/kmeans.h` has them.

    Args:
        axes: int32 [a] indices into the feature vector.
        mean, scale: float32 [a] standardisation of those features: (x - mean) * scale.
        centres: float32 [k, a], standardised.
        radius: float32 [k], largest training distance to the own centre.
    """

    axes: Indices
    mean: Floats
    scale: Floats
    centres: Floats
    radius: Floats


def standardise(features: Floats, mean: Floats, scale: Floats, limit: float = 0.0) -> Floats:
    """(features - mean) * scale, clipped to ±limit: the same bits as on a device.

    Args:
        features: float32 [n, width].
        mean: float32 [width].
        scale: float32 [width], 1 / standard deviation.
        limit: Largest magnitude of a result; 0 does not clip.

    Returns:
        float32 [n, width].

    Raises:
        DatasetError: The features do not have `width` columns.
        DesignError: Mean and scale differ in length, are not finite, or the limit is negative.
    """
    features = _matrix(features, len(mean))
    _check_finite("mean", mean)
    _check_finite("scale", scale)
    if len(mean) != len(scale) or not limit >= 0:
        raise DesignError(
            f"the scaler has {len(mean)} means, {len(scale)} scales and limit {limit}; "
            "expected as many means as scales and a limit of 0 or more"
        )
    scaler = pack(
        Struct(
            "tin_scaler",
            (
                ("mean", Array.f32(mean)),
                ("scale", Array.f32(scale)),
                ("count", len(mean)),
                ("limit", float(limit)),
            ),
        )
    )
    out = np.empty_like(features)
    core = library()
    with ieee_floats(core):
        core.tin_scaler_rows(
            ctypes.c_void_p(scaler.address),
            ctypes.c_void_p(features.ctypes.data),
            ctypes.c_int32(features.shape[0]),
            ctypes.c_void_p(out.ctypes.data),
        )
    return out


def kmeans_score(features: Floats, clusters: KMeansModel) -> Floats:
    """Distance of each row to the edge of its nearest cluster; above 0 lies outside all of them.

    Args:
        features: float32 [n, width], not standardised.
        clusters: What is normal.

    Returns:
        float32 [n]; the same bits as on a device.

    Raises:
        DatasetError: The features have fewer columns than the clusters use.
        DesignError: The arrays of the clusters do not fit together.
    """
    _check_clusters(clusters)
    features = _matrix(features, int(np.max(clusters.axes)) + 1, at_least=True)
    kmeans = pack(
        Struct(
            "tin_kmeans",
            (
                ("axes", Array.i32(clusters.axes)),
                ("mean", Array.f32(clusters.mean)),
                ("scale", Array.f32(clusters.scale)),
                ("centres", Array.f32(clusters.centres)),
                ("radius", Array.f32(clusters.radius)),
                ("num_axes", len(clusters.axes)),
                ("num_clusters", len(clusters.radius)),
            ),
        )
    )
    scores = np.empty(features.shape[0], dtype=np.float32)
    core = library()
    with ieee_floats(core):
        core.tin_kmeans_rows(
            ctypes.c_void_p(kmeans.address),
            ctypes.c_void_p(features.ctypes.data),
            ctypes.c_int32(features.shape[0]),
            ctypes.c_int32(features.shape[1]),
            ctypes.c_void_p(scores.ctypes.data),
        )
    return scores


def _matrix(features: Floats, width: int, *, at_least: bool = False) -> Floats:
    features = np.ascontiguousarray(features, dtype=np.float32)
    fits = features.ndim == 2 and (
        features.shape[1] >= width if at_least else features.shape[1] == width
    )
    if not fits:
        bound = f"at least {width}" if at_least else f"{width}"
        raise DatasetError(
            f"features have shape {list(features.shape)}; expected [windows, {bound}]",
            hint="compute the features with the same design the values were fitted with",
        )
    return features


def _check_finite(name: str, values: npt.NDArray[np.generic]) -> None:
    if not np.isfinite(values).all():
        raise DesignError(f"{name} holds a NaN or an infinity; expected finite numbers")


def _check_clusters(clusters: KMeansModel) -> None:
    count, width = len(clusters.radius), len(clusters.axes)
    if count < 1 or width < 1 or clusters.centres.shape != (count, width):
        raise DesignError(
            f"{count} radii and {width} axes do not fit centres of shape "
            f"{list(clusters.centres.shape)}; expected [{count}, {width}], neither of them 0"
        )
    if len(clusters.mean) != width or len(clusters.scale) != width or np.min(clusters.axes) < 0:
        raise DesignError(
            f"{len(clusters.mean)} means and {len(clusters.scale)} scales do not fit {width} axes"
        )
    for name in ("mean", "scale", "centres", "radius"):
        _check_finite(name, getattr(clusters, name))
