from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.dsp import kmeans_score
from tinsmith.learning.kmeans import fit_kmeans, select_axes
from tinsmith.learning.metrics import anomaly

LABELS = ("fan/accX RMS", "fan/accX Peak 1", "fan/accY RMS", "fan/accY Peak 1", "flatten/accX Mean")


@pytest.fixture
def normal() -> np.ndarray:
    chance = np.random.default_rng(0)
    centres = np.array([[0, 0, 0, 0, 5], [9, 4, 100, 0, 5], [0, 9, -80, 9, 5]], float)
    return (centres[np.arange(90) % 3] + chance.normal(size=(90, 5))).astype(np.float32)


def test_training_windows_are_inside_and_others_outside(normal: np.ndarray) -> None:
    model = fit_kmeans(normal, LABELS, clusters=3)
    assert kmeans_score(normal, model).max() <= 1e-5
    odd = normal + np.array([0, 0, 600, 0, 0], np.float32)
    assert kmeans_score(odd, model).min() > 0
    truth = np.repeat([False, True], 90)
    assert (
        anomaly(
            np.concatenate([kmeans_score(normal, model), kmeans_score(odd, model)]), truth
        ).auroc
        == 1.0
    )


def test_radius_reaches_the_farthest_training_window(normal: np.ndarray) -> None:
    model = fit_kmeans(normal, LABELS, clusters=3)
    points = (normal - model.mean) * model.scale
    distances = np.linalg.norm(points[:, None] - model.centres, axis=2)
    nearest = distances.argmin(axis=1)
    for cluster in range(3):
        farthest = distances[nearest == cluster, cluster].max()
        assert model.radius[cluster] == pytest.approx(farthest, rel=1e-5)


def test_one_seed_repeats(normal: np.ndarray) -> None:
    first, again = (fit_kmeans(normal, LABELS, clusters=8, seed=2) for _ in range(2))
    assert np.array_equal(first.centres, again.centres)
    assert np.array_equal(first.radius, again.radius)


def test_there_are_never_more_clusters_than_different_windows(normal: np.ndarray) -> None:
    model = fit_kmeans(np.repeat(normal[:4], 10, axis=0), LABELS)
    assert len(model.centres) == len(model.radius) == 4


def test_a_feature_that_never_changes_does_not_count(normal: np.ndarray) -> None:
    constant = normal.copy()
    constant[:, 4] = 7.0
    model = fit_kmeans(constant, LABELS, clusters=3)
    assert model.scale[4] == 0.0
    assert np.isfinite(kmeans_score(constant, model)).all()


def test_axes_are_chosen_by_label_or_by_its_end() -> None:
    assert select_axes(["RMS"], LABELS).tolist() == [0, 2]
    assert select_axes(["accX Mean", "fan/accY RMS"], LABELS).tolist() == [4, 2]
    assert select_axes([], LABELS).tolist() == [0, 1, 2, 3, 4]


def test_an_unknown_axis_names_the_nearest() -> None:
    with pytest.raises(DesignError, match="'accX RMSS'") as caught:
        select_axes(["accX RMSS"], LABELS)
    assert caught.value.hint is not None
    assert "fan/accX RMS" in caught.value.hint


def test_bad_input_is_refused(normal: np.ndarray) -> None:
    with pytest.raises(DesignError, match="clusters is 0"):
        fit_kmeans(normal, LABELS, clusters=0)
    spoiled = normal.copy()
    spoiled[3, 1] = np.nan
    with pytest.raises(DatasetError, match="feature 1 of window 3 is nan"):
        fit_kmeans(spoiled, LABELS)
    with pytest.raises(DatasetError, match="labels"):
        fit_kmeans(normal, LABELS[:3])
