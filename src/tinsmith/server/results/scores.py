"""Stored window scores, judged at any thresholds; the last few judgements are kept in memory."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from tinsmith.core.errors import DatasetError
from tinsmith.core.hashing import digest
from tinsmith.impulse.rescore import Rescored, Thresholds, rescore
from tinsmith.store.blobs import BlobStore
from tinsmith.store.tables import TestResult

# A judgement of 100,000 windows takes some 50 MB.
_KEPT = 8


@dataclass(frozen=True)
class Judged:
    """A test at given thresholds.

    Args:
        rescored: What was decided; None if no window counts.
        scores: By sample key and start of a window: the scores and the anomaly score.
    """

    rescored: Rescored | None
    scores: dict[tuple[str, float], tuple[list[float] | None, float | None]]


class Judgements:
    """Remembers the last judgements; may be asked from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Judged] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, row: TestResult, thresholds: dict[str, Any] | None, blobs: BlobStore) -> Judged:
        """A test at thresholds; None: those of training.

        Raises:
            DatasetError: The stored values are no results of a test.
        """
        parts = {name: row.metrics.get(name) for name in ("classes", "normal", "regression")}
        limits = _limits(row, thresholds)
        key = digest(row.windows_hash, parts, limits)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = _judge(row, limits, blobs)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def _limits(row: TestResult, thresholds: dict[str, Any] | None) -> Thresholds:
    """Thresholds with those of training where none are given."""
    given = thresholds or {}
    anomaly = given.get("anomaly")
    return Thresholds(
        minimum_confidence=given.get("minimum_confidence", 0.0),
        anomaly=row.metrics.get("anomaly_threshold") if anomaly is None else anomaly,
        largest_error=given.get("largest_error", 0.0),
    )


def _judge(row: TestResult, limits: Thresholds, blobs: BlobStore) -> Judged:
    windows = json.loads(blobs.get(row.windows_hash))
    scores = {
        (item.get("id", ""), item["start_ms"]): (item.get("scores"), item.get("anomaly"))
        for item in windows
    }
    try:
        found = rescore({**row.metrics, "windows": windows}, limits)
    except DatasetError:
        # Labels of the test that training never saw: there is nothing to judge.
        return Judged(None, scores)
    return Judged(found, scores)


JUDGEMENTS = Judgements()
