"""Thresholds change the metrics of a stored test without running anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.evaluate import Evaluation, evaluate
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.rescore import Thresholds, rescore

SampleMaker = Callable[..., tuple[Sample, ...]]


@pytest.fixture(scope="module")
def tested(fitted: FittedImpulse, testing_samples: tuple[Sample, ...]) -> Evaluation:
    return evaluate(fitted, testing_samples, "int8")


def results(*windows: tuple[str, str, list[float], float | None], **more: Any) -> dict[str, Any]:
    rows = [
        {"sample": sample, "id": sample, "start_ms": 0.0, "label": label, "scores": scores,
         "anomaly": anomaly}
        for sample, label, scores, anomaly in windows
    ]  # fmt: skip
    return {"variant": "int8", "classes": ["a", "b"], "windows": rows, **more}


MIXED = results(
    ("one", "a", [0.9, 0.1], 0.0),
    ("one", "a", [0.4, 0.6], 0.0),
    ("two", "b", [0.3, 0.7], 2.0),
    ("two", "b", [0.1, 0.9], 0.0),
    ("odd", "smoke", [0.8, 0.2], 3.0),
)


def test_without_thresholds_the_metrics_are_those_of_the_test(tested: Evaluation) -> None:
    stored = json.loads(json.dumps(tested.to_dict()))
    found = rescore(stored, Thresholds())
    expected = tested.classification
    assert expected is not None
    assert found.accuracy == pytest.approx(expected.accuracy)
    assert tuple(row[:3] for row in found.confusion) == expected.confusion
    for mine, theirs in zip(found.classes, expected.classes, strict=True):
        assert (mine.precision, mine.recall) == (theirs.precision, theirs.recall)
        assert mine.f1 == pytest.approx(theirs.f1)
    assert (found.count, found.ignored, found.certain) == (60, 0, 1.0)
    assert sum(item.windows for item in found.samples) == 60


def test_a_minimum_confidence_makes_windows_uncertain() -> None:
    found = rescore(MIXED, Thresholds(minimum_confidence=0.65))
    assert found.columns == ("a", "b", "uncertain")
    assert found.confusion == ((1, 0, 1), (0, 2, 0))
    assert (found.count, found.ignored) == (4, 1)
    assert (found.accuracy, found.certain) == (0.75, 0.75)
    assert rescore(MIXED, Thresholds(minimum_confidence=0.95)).certain == 0


def test_an_anomaly_threshold_claims_windows_of_any_class() -> None:
    found = rescore(MIXED, Thresholds(anomaly=1.0))
    assert found.rows == ("a", "b", "anomaly")
    assert found.columns == ("a", "b", "anomaly", "uncertain")
    assert found.confusion == ((1, 1, 0, 0), (0, 1, 1, 0), (0, 0, 1, 0))
    assert (found.accuracy, found.ignored) == (0.6, 0)
    assert rescore(MIXED, Thresholds(anomaly=2.5)).accuracy == 0.8
    odd = found.classes[2]
    assert (odd.support, odd.precision, odd.recall, odd.f1) == (1, 0.5, 1.0, pytest.approx(2 / 3))


def test_samples_with_most_wrong_windows_come_first() -> None:
    found = rescore(MIXED, Thresholds(minimum_confidence=0.8)).samples
    assert [(item.sample, item.right, item.windows) for item in found] == [
        ("one", 1, 2), ("two", 1, 2),
    ]  # fmt: skip
    found = rescore(MIXED, Thresholds(anomaly=1.0)).samples
    assert [item.sample for item in found] == ["one", "two", "odd"]
    assert (found[2].label, found[2].decision, found[2].counts) == (
        "anomaly", "anomaly", {"anomaly": 1},
    )  # fmt: skip


def test_numbers_are_right_within_an_error() -> None:
    rows = [
        {"sample": str(n), "start_ms": 0.0, "label": str(n), "scores": [n + 0.3 * n]}
        for n in range(4)
    ]
    stored = {"variant": "int8", "classes": ["value"], "regression": {"mae": 0.45}, "windows": rows}
    assert rescore(stored, Thresholds(largest_error=0.35)).accuracy == 0.5
    assert rescore(stored, Thresholds(largest_error=1)).accuracy == 1
    assert rescore(stored).confusion == ()


def test_an_anomaly_block_alone_tells_normal_from_not() -> None:
    rows = [
        {"sample": label, "start_ms": 0.0, "label": label, "anomaly": score}
        for label, score in (("ok", 0.1), ("ok", 0.5), ("bent", 0.6), ("bent", 0.2))
    ]
    stored = {"variant": "int8", "classes": [], "windows": rows, "normal": ["ok"],
              "anomaly_threshold": 0.4}  # fmt: skip
    found = rescore(stored)
    assert found.confusion == ((1, 1, 0), (1, 1, 0))
    assert rescore(stored, Thresholds(anomaly=0.55)).accuracy == 0.75


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({}, "these are no results of a test: variant: field required"),
        ({"variant": "int8", "classes": ["a"], "windows": []}, "windows"),
        (results(("x", "a", [1.0], None)), "a window of x has 1 scores; expected 2"),
        (results(("x", "c", [1.0, 0.0], None)), "no tested window has a label"),
    ],
)
def test_other_values_are_refused(stored: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        rescore(stored)


def test_thresholds_have_limits() -> None:
    with pytest.raises(DesignError, match="the minimum confidence is"):
        Thresholds(minimum_confidence=1.5)
    with pytest.raises(DesignError, match="largest error is -1"):
        Thresholds(largest_error=-1)
