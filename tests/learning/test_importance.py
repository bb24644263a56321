"""Features that tell the classes apart score high."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.learning.importance import feature_importance


def test_telling_features_score_high_and_noise_scores_low() -> None:
    pytest.importorskip("sklearn", reason="the learn extra is not installed")
    chance = np.random.default_rng(0)
    targets = np.arange(400) % 2
    features = chance.normal(size=(400, 3)).astype(np.float32)
    features[:, 1] += 10 * targets
    features[:, 2] += 1.0 * targets
    found = feature_importance(features, targets, "classification")
    # Two equally frequent classes told apart surely: ln 2 nats.
    assert found[1] == pytest.approx(np.log(2), abs=0.02)
    assert found[0] < 0.05 < found[2] < found[1]
    assert found.tolist() == feature_importance(features, targets, "classification").tolist()


def test_numbers_are_targets_too() -> None:
    pytest.importorskip("sklearn", reason="the learn extra is not installed")
    chance = np.random.default_rng(0)
    features = chance.normal(size=(300, 2)).astype(np.float32)
    noise = 0.1 * chance.normal(size=300)
    found = feature_importance(
        features, (features[:, 0] ** 2 + noise).astype(np.float32), "regression"
    )
    assert found[0] > 5 * max(found[1], 0.05)


def test_too_little_to_judge_is_refused() -> None:
    features = np.zeros((20, 2), np.float32)
    with pytest.raises(DatasetError, match="all windows have the same label"):
        feature_importance(features, np.zeros(20, np.int64), "classification")
    with pytest.raises(DatasetError, match="3 labelled windows"):
        feature_importance(features[:3], np.arange(3), "classification")
