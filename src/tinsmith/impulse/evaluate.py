"""Evaluation: the compiled impulse, run on this machine, against the labels of test samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.sample import Sample
from tinsmith.datasets.windows import Windows, regression_targets
from tinsmith.emulation import run
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.codegen import build_impulse, generate
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.learning import metrics
from tinsmith.toolchain import target


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the compiled impulse says about windows.

    Args:
        features: float32 [n, features], before standardisation.
        scores: float32 [n, classes] of the network (one column for regression), or None.
        anomaly: float32 [n] score of the K-means block, or None.
    """

    features: FloatArray
    scores: FloatArray | None
    anomaly: FloatArray | None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Model testing of one variant.

    Args:
        variant: float32 or int8.
        windows: What was tested (without labels of unknown classes).
        prediction: What the compiled impulse said, window by window.
        classification, regression, anomaly: Metrics of the blocks the impulse has.
        samples: Names of the windows' samples, one per window.
        sample_ids: Their ids, one per window.
        anomaly_threshold: Of training; above it a window is anomalous.
        normal: Labels the anomaly block takes for normal.
    """

    variant: Variant
    windows: Windows
    prediction: Prediction
    classes: tuple[str, ...]
    samples: tuple[str, ...]
    sample_ids: tuple[str, ...] = ()
    anomaly_threshold: float | None = None
    normal: tuple[str, ...] = ()
    classification: metrics.ClassificationMetrics | None = None
    regression: metrics.RegressionMetrics | None = None
    anomaly: metrics.AnomalyMetrics | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; per-window results included."""
        return {
            "variant": self.variant,
            "classes": list(self.classes),
            "classification": self.classification.to_dict() if self.classification else None,
            "regression": self.regression.to_dict() if self.regression else None,
            "anomaly": self.anomaly.to_dict() if self.anomaly else None,
            "anomaly_threshold": self.anomaly_threshold,
            "normal": list(self.normal),
            "windows": self._rows(),
        }

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        scores, anomaly = self.prediction.scores, self.prediction.anomaly
        for index, (name, label) in enumerate(zip(self.samples, self.windows.labels, strict=True)):
            row: dict[str, Any] = {
                "sample": name,
                "start_ms": float(self.windows.start_ms[index]),
                "label": label,
            }
            if self.sample_ids:
                row["id"] = self.sample_ids[index]
            if scores is not None:
                row["scores"] = [round(float(value), 6) for value in scores[index]]
            if anomaly is not None:
                row["anomaly"] = round(float(anomaly[index]), 6)
            rows.append(row)
        return rows


def predict(fitted: FittedImpulse, variant: Variant, windows: FloatArray) -> Prediction:
    """Runs the compiled impulse on raw windows [n, window length], on all cores.

    Raises:
        DatasetError: Windows of another length.
    """
    if windows.ndim != 2 or windows.shape[1] != fitted.window.length:
        raise DatasetError(
            f"windows have the shape {windows.shape}; expected [n, {fitted.window.length}]"
        )
    host = target("host")
    generated = generate(fitted, variant, host)
    build = build_impulse(generated, host)
    report = run(build, generated.layout, windows)
    return split_values(fitted, report.features, report.values)


def split_values(fitted: FittedImpulse, features: FloatArray, values: FloatArray) -> Prediction:
    """Takes the values of a compiled impulse apart by learning block."""
    scores, anomaly, offset = None, None, 0
    for block in fitted.design.learning:
        if block.type == "anomaly_kmeans":
            anomaly = values[:, offset]
            offset += 1
        else:
            scores = values[:, offset : offset + len(fitted.classes)]
            offset += len(fitted.classes)
    return Prediction(features, scores, anomaly)


def evaluate(
    fitted: FittedImpulse,
    samples: Sequence[Sample],
    variant: Variant = "int8",
    *,
    progress: Progress = silent,
) -> Evaluation:
    """Tests a fitted impulse on labelled samples.

    Windows whose label the network never learned count as anomalies for an anomaly block, and are
    left out of the classification metrics.

    Raises:
        DatasetError: No samples, none with a label, or samples that do not fit the impulse.
    """
    if not samples:
        raise DatasetError(
            "there are no test samples", hint="put some recordings into the testing category"
        )
    windows = cut_windows(samples, fitted.design, fitted.window, progress).labelled()
    if not len(windows):
        raise DatasetError("no test window has a label", hint="label the test recordings")
    progress(Step("test", 0, len(windows)))
    prediction = predict(fitted, variant, windows.values)
    progress(Step("test", len(windows), len(windows)))
    return Evaluation(
        variant=variant,
        windows=windows,
        prediction=prediction,
        classes=fitted.classes,
        samples=tuple(samples[index].name for index in windows.sample_index),
        sample_ids=tuple(samples[index].id for index in windows.sample_index),
        anomaly_threshold=fitted.clusters.threshold if fitted.clusters else None,
        normal=fitted.clusters.normal if fitted.clusters else (),
        **_metrics(fitted, windows, prediction),
    )


def _metrics(fitted: FittedImpulse, windows: Windows, prediction: Prediction) -> dict[str, Any]:
    found: dict[str, Any] = {}
    labels = np.array(windows.labels)
    if fitted.network and prediction.scores is not None:
        if fitted.network.kind == "regression":
            truth = regression_targets(windows.labels)
            found["regression"] = metrics.regression(truth, prediction.scores[:, 0])
        else:
            found["classification"] = _classification(fitted, labels, prediction.scores)
    if fitted.clusters and fitted.clusters.normal and prediction.anomaly is not None:
        odd = ~np.isin(labels, list(fitted.clusters.normal))
        found["anomaly"] = _anomaly(prediction.anomaly, odd, fitted.clusters.threshold)
    return found


def _anomaly(
    scores: FloatArray, odd: npt.NDArray[np.bool_], threshold: float
) -> metrics.AnomalyMetrics:
    """The metrics, with the rates at the threshold of training, not at one the test suggests."""
    flagged = scores > threshold
    return replace(
        metrics.anomaly(scores, odd),
        threshold=threshold,
        true_positive_rate=float(flagged[odd].mean()) if odd.any() else None,
        false_positive_rate=float(flagged[~odd].mean()) if not odd.all() else None,
    )


def _classification(
    fitted: FittedImpulse, labels: npt.NDArray[np.str_], scores: FloatArray
) -> metrics.ClassificationMetrics | None:
    known = np.isin(labels, fitted.classes)
    if not known.any():
        return None
    index = {name: position for position, name in enumerate(fitted.classes)}
    truth = np.array([index[label] for label in labels[known]])
    return metrics.classification(truth, scores[known], fitted.classes)
