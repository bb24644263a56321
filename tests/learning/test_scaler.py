from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp import standardise
from tinsmith.learning.scaler import LIMIT, Scaler, fit_scaler


def _applied(scaler: Scaler, features: np.ndarray) -> np.ndarray:
    return standardise(features, scaler.mean, scaler.scale, LIMIT)


def test_flat_features_are_standardised_one_by_one_and_clipped() -> None:
    chance = np.random.default_rng(0)
    features = (chance.normal(size=(500, 3)) * [1, 50, 1e-4] + [0, 1000, 3]).astype(np.float32)
    scaled = _applied(fit_scaler(features), features)
    assert np.abs(scaled.mean(axis=0)).max() < 1e-2
    assert scaled.std(axis=0) == pytest.approx([1, 1, 1], rel=1e-2)
    assert _applied(fit_scaler(features), features * 100).max() == 5.0
    assert scaled.dtype == np.float32


def test_frames_share_the_statistics_of_their_axis() -> None:
    features = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    scaler = fit_scaler(features, FeatureShape("series", (10, 3)))
    assert scaler.mean.shape == (30,)
    assert np.array_equal(scaler.mean, np.tile(scaler.mean[:3], 10))
    assert scaler.scale[1] == pytest.approx(1 / features.reshape(-1, 3)[:, 1].std(), rel=1e-5)


def test_a_feature_that_never_changes_becomes_zero() -> None:
    features = np.full((20, 2), 0.1, np.float32)
    features[:, 1] = np.arange(20)
    scaler = fit_scaler(features)
    assert scaler.scale[0] == 0
    assert not _applied(scaler, features + 3)[:, 0].any()


def test_bad_features_are_refused_with_their_place() -> None:
    features = np.zeros((4, 3), np.float32)
    features[2, 1] = np.inf
    with pytest.raises(DatasetError, match="feature 1 of window 2 is inf"):
        fit_scaler(features)
    with pytest.raises(DatasetError, match=r"shape \(0, 3\)"):
        fit_scaler(features[:0])
