"""Maps keep like beside like, and are the same for the same seed."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError, MissingPackageError
from tinsmith.learning.projection import METHODS, Floats, Method, project


@pytest.fixture(scope="module")
def blobs() -> Floats:
    """Three groups of 40 in 12 dimensions."""
    chance = np.random.default_rng(0)
    centres = np.repeat(chance.normal(size=(3, 12)) * 4, 40, axis=0)
    return (centres + chance.normal(size=(120, 12))).astype(np.float32)


def nearest_of_own_group(points: Floats) -> float:
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(distances.argmin(axis=1) // 40 == np.arange(120) // 40))


@pytest.mark.parametrize("method", ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_groups_stay_together_and_a_seed_repeats_the_map(method: Method, blobs: Floats) -> None:
    pytest.importorskip("sklearn", reason="the learn extra is not installed")
    if method == "umap":
        pytest.importorskip("umap", reason="the explore extra is not installed")
    points = project(blobs, method)
    assert points.shape == (120, 2)
    assert points.dtype == np.float32
    assert nearest_of_own_group(points) >= 0.97
    assert project(blobs, method).tobytes() == points.tobytes()
    assert project(blobs, method, dims=3).shape == (120, 3)


def test_principal_components_are_those_of_the_covariance(blobs: Floats) -> None:
    points = project(blobs, "pca", dims=3)
    standard = (blobs - blobs.mean(axis=0)) / blobs.std(axis=0)
    values = np.linalg.eigvalsh(np.cov(standard.T, bias=True))[::-1]
    assert points.var(axis=0) == pytest.approx(values[:3], rel=1e-4)
    assert abs(np.corrcoef(points.T)[0, 1]) < 1e-5


@pytest.mark.parametrize("count", [4, 9])
@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_few_windows_and_one_feature_are_enough(method: Method, count: int) -> None:
    pytest.importorskip("sklearn", reason="the learn extra is not installed")
    values = np.arange(count, dtype=np.float32)[:, None]
    assert np.isfinite(project(values, method)).all()


def test_wrong_requests_are_refused(blobs: Floats) -> None:
    with pytest.raises(DesignError, match="no method 'som'"):
        project(blobs, "som")  # type: ignore[arg-type]
    with pytest.raises(DesignError, match="4 dimensions"):
        project(blobs, "pca", dims=4)
    with pytest.raises(DatasetError, match="3 windows"):
        project(blobs[:3], "pca")
    assert METHODS == ("pca", "tsne", "umap")


def test_a_missing_package_is_named(blobs: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingPackageError, match="umap-learn"):
        project(blobs, "umap")
