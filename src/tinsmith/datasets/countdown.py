"""Targets for regression: how long it takes until something happens."""

from __future__ import annotations

from dataclasses import replace

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Sample
from tinsmith.signals import Segment


def seconds_until(sample: Sample, event: str) -> Sample:
    """The sample with a number over time as label: seconds until `event` first begins.

    Numbers are negative after it has begun. Use the label rule "last" for windows, so that a
    window's target counts from its end.

    Args:
        sample: A recording with labels over time.
        event: The label whose first frame is waited for.

    Raises:
        DatasetError: The recording has no such label over time, or no time.
    """
    starts = [segment.start_index for segment in sample.segments if segment.label == event]
    if not starts:
        seen = sorted({segment.label for segment in sample.segments})
        raise DatasetError(
            f"the recording never has the label {event!r}",
            hint=f"labels over time that occur: {', '.join(seen) or 'none'}",
            path=sample.name,
        )
    if not sample.facts.interval_ms:
        raise DatasetError("the recording has no time", path=sample.name)
    step = sample.facts.interval_ms / 1000
    segments = tuple(
        Segment(frame, frame, f"{(min(starts) - frame) * step:.6g}")
        for frame in range(sample.facts.frames)
    )
    return replace(sample, label="", segments=segments)
