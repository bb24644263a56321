"""Cropping: keeping the part of a recording where something happens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Sample, sample_from_signal


def crop_loudest(sample: Sample, length_ms: float) -> Sample:
    """The `length_ms` of a recording with the most energy, as a sample of its own.

    A spoken word rarely fills its clip; this finds it. Energy is the sum of squares without each
    axis' mean. Recordings that are no longer than that are kept as they are.

    Raises:
        DatasetError: The sample is a picture, or the length is not above 0.
    """
    if length_ms <= 0:
        raise DatasetError(f"length_ms is {length_ms}; expected more than 0", path=sample.name)
    signal = sample.load_signal()
    frames = max(1, round(length_ms / signal.interval_ms)) if signal.interval_ms else signal.frames
    if frames >= signal.frames:
        return sample
    values = signal.values.astype(np.float64)
    energy = ((values - values.mean(axis=0)) ** 2).sum(axis=1)
    total = np.concatenate([[0.0], np.cumsum(energy)])
    start = int(np.argmax(total[frames:] - total[:-frames]))
    cropped = replace(signal, values=np.ascontiguousarray(signal.values[start : start + frames]))
    return sample_from_signal(
        cropped,
        name=sample.name,
        label=sample.label,
        metadata=sample.metadata,
        category=sample.category,
    )
