"""Checked against scikit-learn on random predictions, and by hand on small ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.learning import metrics

CLASSES = ("a", "b", "c")


def predictions(seed: int = 0, count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 3, count)
    logits = chance.normal(size=(count, 3)).round(1)
    logits[np.arange(count), truth] += 0.8
    scores = np.exp(logits)
    return truth, scores / scores.sum(axis=1, keepdims=True)


def test_classification_agrees_with_scikit_learn() -> None:
    reference = pytest.importorskip("sklearn.metrics")
    truth, scores = predictions()
    result = metrics.classification(truth, scores, CLASSES)
    predicted = scores.argmax(axis=1)
    assert result.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
    assert np.array_equal(result.confusion, reference.confusion_matrix(truth, predicted))
    for mode, mine in (("macro", result.macro), ("weighted", result.weighted)):
        theirs = reference.precision_recall_fscore_support(truth, predicted, average=mode)
        assert (mine.precision, mine.recall, mine.f1) == pytest.approx(theirs[:3])
        area = reference.roc_auc_score(truth, scores, multi_class="ovr", average=mode)
        assert mine.roc_auc == pytest.approx(area)
    assert result.log_loss == pytest.approx(reference.log_loss(truth, scores))


def test_a_class_without_windows_has_no_area_and_no_part_in_the_mean() -> None:
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    result = metrics.classification([0, 1], scores, CLASSES)
    assert result.classes[2].roc_auc is None
    assert result.classes[2].support == 0
    assert result.macro.f1 == 1.0
    assert result.accuracy == 1.0


def test_regression_by_hand() -> None:
    result = metrics.regression([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    assert (result.mae, result.mse) == (1.0, 3.0)
    assert result.rmse == pytest.approx(3.0**0.5)
    assert result.r2 == pytest.approx(1 - 9 / 2)
    assert metrics.regression([2.0, 2.0], [1.0, 2.0]).r2 is None


def test_auroc_counts_ties_half() -> None:
    positive = np.array([True, True, False, False])
    assert metrics.auroc(np.array([2.0, 1.0, 1.0, 0.0]), positive) == 0.875
    assert metrics.auroc(np.array([1.0, 1.0]), np.array([True, True])) is None


def test_the_anomaly_threshold_lies_between_what_is_told_apart() -> None:
    result = metrics.anomaly([-1.0, -0.5, 0.1, 0.9, 2.0], [0, 0, 0, 1, 1])
    assert result.auroc == 1.0
    assert result.threshold == pytest.approx(0.5)
    assert (result.true_positive_rate, result.false_positive_rate) == (1.0, 0.0)


def test_without_anomalies_the_threshold_is_a_high_normal_score() -> None:
    result = metrics.anomaly(np.arange(101.0), np.zeros(101))
    assert result.threshold == 99.0
    assert result.auroc is None
    assert result.true_positive_rate is None


def test_all_metrics_become_json() -> None:
    truth, scores = predictions()
    plain = metrics.classification(truth, scores, CLASSES).to_dict()
    assert json.loads(json.dumps(plain))["classes"][0]["name"] == "a"
    json.dumps(metrics.regression([1, 2], [2, 1]).to_dict())
    json.dumps(metrics.anomaly([1, 2], [0, 1]).to_dict())


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(DatasetError, match="no windows"):
        metrics.classification([], np.zeros((0, 3)), CLASSES)
    with pytest.raises(DatasetError, match="do not fit"):
        metrics.regression([1.0, 2.0], [1.0])
