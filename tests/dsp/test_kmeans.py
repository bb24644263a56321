"""K-means anomaly scores through the C core."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.dsp import KMeansModel, kmeans_score


def clusters(seed: int, count: int, axes: tuple[int, ...]) -> KMeansModel:
    rng = np.random.default_rng(seed)
    return KMeansModel(
        np.array(axes, dtype=np.int32),
        rng.normal(size=len(axes)).astype(np.float32),
        rng.uniform(0.5, 2, size=len(axes)).astype(np.float32),
        rng.normal(size=(count, len(axes))).astype(np.float32),
        rng.uniform(0, 0.5, size=count).astype(np.float32),
    )


def oracle(features: np.ndarray, model: KMeansModel) -> np.ndarray:
    chosen = features.astype(np.float64)[:, model.axes]
    points = (chosen - model.mean.astype(np.float64)) * model.scale.astype(np.float64)
    distances = np.linalg.norm(points[:, None] - model.centres[None].astype(np.float64), axis=2)
    return (distances - model.radius).min(axis=1)


@pytest.mark.parametrize(("count", "axes"), [(1, (0,)), (4, (2, 0)), (32, (0, 13, 26, 5))])
def test_scores_equal_double_precision(count, axes):
    model = clusters(count, count, axes)
    features = np.random.default_rng(9).normal(size=(300, 30)).astype(np.float32) * 3
    np.testing.assert_allclose(kmeans_score(features, model), oracle(features, model), atol=3e-6)


def test_a_centre_scores_minus_its_radius():
    model = replace(
        clusters(1, 1, (0, 1)), mean=np.zeros(2, np.float32), scale=np.ones(2, np.float32)
    )
    assert kmeans_score(model.centres, model)[0] == -model.radius[0]


def test_far_away_scores_are_large_and_not_capped():
    model = clusters(2, 3, (0,))
    found = kmeans_score(np.array([[1e9], [1e30]], dtype=np.float32), model)
    assert found[0] > 1e8
    assert found[1] == np.inf


def test_nan_stays_the_canonical_nan():
    model = clusters(3, 3, (0, 1))
    found = kmeans_score(np.array([[0.0, np.nan]], dtype=np.float32), model)
    assert found.view(np.uint32)[0] == 0x7FC00000


def test_too_few_features_are_refused():
    with pytest.raises(DatasetError, match="at least 6"):
        kmeans_score(np.zeros((2, 5), np.float32), clusters(4, 2, (0, 5)))


def test_clusters_that_do_not_fit_together_are_refused():
    model = clusters(5, 4, (0, 1))
    features = np.zeros((2, 3), np.float32)
    with pytest.raises(DesignError, match="expected \\[4, 2\\]"):
        kmeans_score(features, replace(model, centres=model.centres[:3]))
    with pytest.raises(DesignError, match="1 means"):
        kmeans_score(features, replace(model, mean=model.mean[:1]))
    with pytest.raises(DesignError, match="radius holds"):
        kmeans_score(features, replace(model, radius=model.radius * np.float32(np.nan)))
    with pytest.raises(DesignError, match="neither of them 0"):
        kmeans_score(features, clusters(6, 0, (0, 1)))
