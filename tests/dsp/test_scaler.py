"""Standardisation through the C core."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.dsp import standardise


def fitted(seed: int, count: int = 200, width: int = 7) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, width)) * 10.0 ** rng.integers(-3, 4, width) + 5
    features = features.astype(np.float32)
    return features, features.mean(axis=0), (1 / features.std(axis=0)).astype(np.float32)


def test_features_are_centred_and_scaled_in_single_precision():
    features, mean, scale = fitted(1)
    assert np.array_equal(standardise(features, mean, scale), (features - mean) * scale)


def test_results_are_clipped_to_the_limit():
    features, mean, scale = fitted(2)
    found = standardise(features, mean, scale, 1.5)
    assert np.array_equal(found, np.clip((features - mean) * scale, -1.5, 1.5))
    assert np.abs(found).max() == 1.5


def test_infinities_are_clipped_and_nan_is_canonical():
    features = np.array([[np.inf], [-np.inf], [-np.nan]], dtype=np.float32)
    found = standardise(features, np.zeros(1, np.float32), np.ones(1, np.float32), 5.0)
    assert found[:2].ravel().tolist() == [5.0, -5.0]
    assert found[2].view(np.uint32)[0] == 0x7FC00000


def test_a_matrix_of_another_width_is_refused():
    features, mean, scale = fitted(3)
    with pytest.raises(DatasetError, match="expected \\[windows, 6\\]"):
        standardise(features, mean[:6], scale[:6])
    with pytest.raises(DatasetError, match="shape \\[200\\]"):
        standardise(features[:, 0], mean, scale)


def test_a_scaler_that_makes_no_sense_is_refused():
    features, mean, scale = fitted(4)
    with pytest.raises(DesignError, match="7 means, 6 scales"):
        standardise(features, mean, scale[:6])
    with pytest.raises(DesignError, match="limit -1"):
        standardise(features, mean, scale, -1.0)
    with pytest.raises(DesignError, match="scale holds"):
        standardise(features, mean, scale * np.float32(np.inf))


def test_no_windows_give_no_rows():
    _, mean, scale = fitted(5)
    assert standardise(np.zeros((0, 7), np.float32), mean, scale).shape == (0, 7)
