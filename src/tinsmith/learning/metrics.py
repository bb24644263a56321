"""How good predictions are: frozen values that turn into plain JSON."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassScores:
    """One class against the rest; None where it cannot be computed (no such window)."""

    name: str
    support: int
    precision: float
    recall: float
    f1: float
    roc_auc: float | None


@dataclass(frozen=True)
class Averages:
    """Means over the classes that occur in the truth."""

    precision: float
    recall: float
    f1: float
    roc_auc: float | None


@dataclass(frozen=True)
class ClassificationMetrics:
    """Args:
    count: Number of windows.
    accuracy: Share of windows whose highest score is the true class.
    confusion: Windows by [true class][predicted class].
    macro: Every class counts the same.
    weighted: Every window counts the same.
    log_loss: Mean of -ln(score of the true class).
    """

    count: int
    accuracy: float
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    macro: Averages
    weighted: Averages
    log_loss: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class RegressionMetrics:
    """Errors in the unit of the target; r2 is None when all targets are equal."""

    count: int
    mae: float
    mse: float
    rmse: float
    r2: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class AnomalyMetrics:
    """Args:
    auroc: Chance that an anomalous window scores higher than a normal one; None without any.
    threshold: Suggested limit: best balance on labelled windows, else a high normal score.
    true_positive_rate, false_positive_rate: At that threshold; None without such windows.
    """

    normal: int
    anomalous: int
    auroc: float | None
    threshold: float
    true_positive_rate: float | None
    false_positive_rate: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def classification(
    truth: npt.ArrayLike, scores: npt.ArrayLike, classes: tuple[str, ...]
) -> ClassificationMetrics:
    """Scores of a classifier.

    Args:
        truth: [n] indices of the true classes.
        scores: [n, classes] probabilities.
        classes: Names.

    Raises:
        DatasetError: No windows, or lengths that do not fit together.
    """
    true = np.asarray(truth, dtype=np.int64)
    values = np.asarray(scores, dtype=np.float64)
    _check(len(true), values.shape == (len(true), len(classes)), values.shape)
    predicted = values.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (true, predicted), 1)
    each = tuple(
        _class_scores(name, confusion, index, auroc(values[:, index], true == index))
        for index, name in enumerate(classes)
    )
    of_truth = np.clip(values[np.arange(len(true)), true], 1e-15, None)
    return ClassificationMetrics(
        count=len(true),
        accuracy=float(np.mean(predicted == true)),
        classes=each,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        macro=_average(each, weighted=False),
        weighted=_average(each, weighted=True),
        log_loss=float(-np.log(of_truth).mean()),
    )


def regression(truth: npt.ArrayLike, predicted: npt.ArrayLike) -> RegressionMetrics:
    """Errors of predicted values, both [n].

    Raises:
        DatasetError: No windows, or lengths that do not fit together.
    """
    true = np.asarray(truth, dtype=np.float64).ravel()
    values = np.asarray(predicted, dtype=np.float64).ravel()
    _check(len(true), values.shape == true.shape, values.shape)
    error = values - true
    mse = float(np.mean(error**2))
    variance = float(np.var(true))
    return RegressionMetrics(
        count=len(true),
        mae=float(np.mean(np.abs(error))),
        mse=mse,
        rmse=math.sqrt(mse),
        r2=1.0 - mse / variance if variance > 0 else None,
    )


def anomaly(scores: npt.ArrayLike, is_anomaly: npt.ArrayLike) -> AnomalyMetrics:
    """Scores of an anomaly block, [n], against whether each window is anomalous.

    Raises:
        DatasetError: No windows, or lengths that do not fit together.
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    truth = np.asarray(is_anomaly, dtype=np.bool_).ravel()
    _check(len(truth), values.shape == truth.shape, values.shape)
    normal, odd = values[~truth], values[truth]
    threshold = suggest_threshold(normal, odd)
    return AnomalyMetrics(
        normal=len(normal),
        anomalous=len(odd),
        auroc=auroc(values, truth),
        threshold=threshold,
        true_positive_rate=float(np.mean(odd > threshold)) if len(odd) else None,
        false_positive_rate=float(np.mean(normal > threshold)) if len(normal) else None,
    )


def suggest_threshold(normal: Doubles, odd: Doubles) -> float:
    """A limit between normal and anomalous scores.

    With both kinds: the one with the largest true minus false positive rate (Youden's J), in the
    middle of the gap. With normal windows only: their 99th percentile.
    """
    if not len(odd) or not len(normal):
        return float(np.percentile(normal, 99)) if len(normal) else float(odd.min())
    levels = np.unique(np.concatenate([normal, odd]))
    hits = 1 - np.searchsorted(np.sort(odd), levels, side="right") / len(odd)
    alarms = 1 - np.searchsorted(np.sort(normal), levels, side="right") / len(normal)
    best = int(np.argmax(hits - alarms))
    following = levels[min(best + 1, len(levels) - 1)]
    return float((levels[best] + following) / 2)


def auroc(scores: Doubles, positive: npt.NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve by ranks, ties counted half; None when one side is empty."""
    count = int(positive.sum())
    others = len(positive) - count
    if not count or not others:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def _class_scores(
    name: str, confusion: npt.NDArray[np.int64], index: int, roc_auc: float | None
) -> ClassScores:
    hits = int(confusion[index, index])
    support = int(confusion[index].sum())
    claimed = int(confusion[:, index].sum())
    precision = hits / claimed if claimed else 0.0
    recall = hits / support if support else 0.0
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return ClassScores(name, support, precision, recall, f1, roc_auc)


def _average(each: tuple[ClassScores, ...], *, weighted: bool) -> Averages:
    seen = [item for item in each if item.support]
    weights = np.array([item.support if weighted else 1 for item in seen], dtype=np.float64)

    def mean(values: list[float]) -> float:
        return float(np.average(values, weights=weights))

    areas = [item.roc_auc for item in seen if item.roc_auc is not None]
    return Averages(
        mean([item.precision for item in seen]),
        mean([item.recall for item in seen]),
        mean([item.f1 for item in seen]),
        mean(areas) if len(areas) == len(seen) else None,
    )


def _check(count: int, fits: bool, shape: tuple[int, ...]) -> None:
    if not count:
        raise DatasetError("there are no windows to score", hint="add labelled test recordings")
    if not fits:
        raise DatasetError(f"{count} true values do not fit predictions of shape {shape}")
