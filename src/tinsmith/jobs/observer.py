"""Turns reports of progress into live metrics and counters of a job."""

from __future__ import annotations

from collections import Counter

from tinsmith.core.progress import Step
from tinsmith.jobs.events import EventWriter


class Observer:
    """A receiver of progress that also publishes every epoch and counts recordings."""

    def __init__(self, events: EventWriter) -> None:
        self._events = events
        self._counts: Counter[str] = Counter()
        self.epochs = 0

    def __call__(self, step: Step, /) -> None:
        """Takes a report; every epoch becomes a metric, however fast they come."""
        self._events.progress(step)
        if step.stage == "train" and step.values:
            self.epoch(step.done, dict(step.values))
        elif step.stage == "features" and step.values and step.done == step.total:
            self._counts.update({name: int(count) for name, count in step.values.items()})

    def epoch(self, number: int, scores: dict[str, float]) -> None:
        """Publishes the scores of an epoch."""
        self.epochs += 1
        self._events.metric("epoch", {"epoch": number, **scores})

    def counters(self) -> dict[str, int]:
        """Recordings whose features were computed, and those that the cache knew."""
        return {
            "recordings_computed": self._counts["computed"],
            "recordings_cached": self._counts["cached"],
        }

    def summary(self) -> str:
        """The counters as a line of the log."""
        return (
            f"Features: {self._counts['computed']} recordings computed, "
            f"{self._counts['cached']} from the cache"
        )
