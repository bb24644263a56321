"""Live classification: one recording or picture through the compiled impulse, window by window."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.evaluate import Prediction, predict
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.impulse.rescore import Thresholds, decide


@dataclass(frozen=True)
class ClassifiedWindow:
    """What the compiled impulse says about one window.

    Args:
        start_ms: Where it begins in the recording.
        label: What the sample's own labels say; "" is unlabelled.
        scores: Per class; for regression `value`; None without a network.
        anomaly: Score of the anomaly block, or None.
        decision: A class, "uncertain" or "anomaly"; the number as text for regression.
    """

    start_ms: float
    label: str
    scores: dict[str, float] | None
    anomaly: float | None
    decision: str


@dataclass(frozen=True, eq=False)
class Classified:
    """One sample, classified.

    Args:
        sample, variant: What was run.
        windows: In order.
        summary: Windows by decision, most frequent first; empty for regression.
        mean: Of all windows' predicted numbers; None but for regression.
        raw: float32 [n, window length], what went in: to try the same values on a device.
        features: float32 [n, features], before standardisation.
    """

    sample: str
    variant: Variant
    windows: tuple[ClassifiedWindow, ...]
    summary: dict[str, int]
    mean: float | None
    raw: FloatArray
    features: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without raw values and features."""
        return {
            "sample": self.sample,
            "variant": self.variant,
            "windows": [vars(item) for item in self.windows],
            "summary": self.summary,
            "mean": self.mean,
        }


def classify(
    fitted: FittedImpulse,
    sample: Sample,
    variant: Variant = "int8",
    *,
    thresholds: Thresholds | None = None,
) -> Classified:
    """Runs every window of a sample through the compiled impulse.

    Args:
        fitted: The impulse; its build is cached by content.
        sample: A recording or picture; its metadata and label need not be known.
        variant: Of the network.
        thresholds: None: no minimum confidence, and the anomaly threshold of training.

    Raises:
        DatasetError: The sample does not fit the impulse, or is shorter than a window.
    """
    limits = thresholds or Thresholds(
        anomaly=fitted.clusters.threshold if fitted.clusters else None
    )
    # What a split groups by means nothing for a single sample.
    key = fitted.design.input.group_key
    known = sample.with_(metadata={key: "", **sample.metadata}) if key else sample
    windows = cut_windows([known], fitted.design, fitted.window)
    found = predict(fitted, variant, windows.values)
    is_regression = fitted.network is not None and fitted.network.kind == "regression"
    rows = tuple(
        _row(fitted, found, index, start, label, limits)
        for index, (start, label) in enumerate(zip(windows.start_ms, windows.labels, strict=True))
    )
    summary = {} if is_regression else dict(Counter(row.decision for row in rows).most_common())
    mean = None
    if is_regression and found.scores is not None:
        mean = float(found.scores[:, 0].mean(dtype=float))
    return Classified(sample.name, variant, rows, summary, mean, windows.values, found.features)


def _row(
    fitted: FittedImpulse,
    found: Prediction,
    index: int,
    start_ms: float,
    label: str,
    limits: Thresholds,
) -> ClassifiedWindow:
    scores = None if found.scores is None else [float(value) for value in found.scores[index]]
    anomaly = None if found.anomaly is None else float(found.anomaly[index])
    if fitted.network is not None and fitted.network.kind == "regression" and scores:
        decision = f"{scores[0]:g}"
    else:
        decision = decide(fitted.classes, scores, anomaly, limits)
    named = None if scores is None else dict(zip(fitted.classes, scores, strict=True))
    return ClassifiedWindow(float(start_ms), label, named, anomaly, decision)
