"""What decides whether a design fits a data set, in a few plain values; reads no content."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinsmith.datasets.sample import Sample

# A single axis at 4 kHz or more is taken for sound.
AUDIO_INTERVAL_MS = 0.25
# Ten values a second or fewer: levels and trends rather than vibration.
_SLOW_INTERVAL_MS = 100.0
# Fewer different numbers than this are taken for names of classes.
MIN_REGRESSION_VALUES = 10

Nature = Literal["sound", "motion", "slow", "rows", "image"]


@dataclass(frozen=True)
class DataFacts:
    """A data set as far as a design has to fit it.

    Args:
        kind: Recordings over time, pictures, or both (which no impulse takes).
        count: Samples.
        axes: Axes all recordings have, in the order of the first.
        interval_ms: The most frequent one; 0 for rows without time and for pictures.
        intervals_ms: All there are, sorted.
        durations_ms: Shortest, median and longest recording.
        labels: All in use, labels over time included, sorted, without "unlabelled".
        unlabelled: Samples without any label.
        metadata: Keys that all samples have, sorted.
    """

    kind: Literal["signal", "image", "mixed"]
    count: int
    axes: tuple[str, ...] = ()
    interval_ms: float = 0.0
    intervals_ms: tuple[float, ...] = ()
    durations_ms: tuple[float, float, float] = (0.0, 0.0, 0.0)
    labels: tuple[str, ...] = ()
    unlabelled: int = 0
    metadata: tuple[str, ...] = ()

    @property
    def nature(self) -> Nature:
        """What the data most likely is: recommendations depend on it."""
        if self.kind == "image":
            return "image"
        if self.interval_ms == 0:
            return "rows"
        if len(self.axes) == 1 and self.interval_ms <= AUDIO_INTERVAL_MS:
            return "sound"
        return "slow" if self.interval_ms >= _SLOW_INTERVAL_MS else "motion"

    @property
    def has_numbers(self) -> bool:
        """Whether the labels are numbers to predict rather than names."""
        return len(self.labels) >= MIN_REGRESSION_VALUES and all(map(is_number, self.labels))


def data_facts(samples: Sequence[Sample]) -> DataFacts:
    """The facts of samples; a data set without samples has the kind "signal" and nothing else."""
    if not samples:
        return DataFacts("signal", 0)
    kinds = {sample.facts.kind for sample in samples}
    signals = [sample.facts for sample in samples if sample.facts.kind == "signal"]
    intervals = Counter(facts.interval_ms for facts in signals)
    durations = [facts.duration_ms for facts in signals] or [0.0]
    names = [{sensor.name for sensor in facts.sensors} for facts in signals]
    shared = set.intersection(*names) if names else set()
    keys = set.intersection(*({*sample.metadata} for sample in samples))
    own = {sample.label for sample in samples}
    timed = {segment.label for sample in samples for segment in sample.segments}
    first = signals[0].sensors if signals else ()
    return DataFacts(
        kind=samples[0].facts.kind if len(kinds) == 1 else "mixed",
        count=len(samples),
        axes=tuple(dict.fromkeys(sensor.name for sensor in first if sensor.name in shared)),
        interval_ms=intervals.most_common(1)[0][0] if intervals else 0.0,
        intervals_ms=tuple(sorted(intervals)),
        durations_ms=(min(durations), statistics.median(durations), max(durations)),
        labels=tuple(sorted((own | timed) - {""})),
        unlabelled=sum(not (s.label or s.segments or s.boxes) for s in samples),
        metadata=tuple(sorted(keys)),
    )


def is_number(label: str) -> bool:
    """Whether a label can be predicted by regression."""
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False
