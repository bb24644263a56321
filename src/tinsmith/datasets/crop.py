"""Cropping: keeping the part of a recording where something happens.

`crop` only notes which frames are kept; the original bytes stay, and `uncrop` brings all of it
back. `crop_loudest` makes new samples, for data that is prepared before it is stored.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.labelling import cut_segments, replace_segments
from tinsmith.datasets.sample import (
    FileSource,
    MemorySource,
    Sample,
    Source,
    Span,
    Whole,
    sample_from_signal,
)
from tinsmith.signals import Signal


def crop(sample: Sample, start: int, end: int) -> Sample:
    """The same sample, of which only some frames are kept; nothing is deleted.

    Labels over time and facts follow. A sample that is cropped already can be cropped further.

    Args:
        sample: A recording over time.
        start, end: Frames [start, end) that are kept, counted in what the sample holds now.

    Raises:
        DatasetError: The sample is a picture, or there are no such frames.
    """
    frames = _frames(sample)
    if not 0 <= start < end <= frames:
        raise DatasetError(
            f"frames {start} to {end} are to be kept; expected a part of 0 to {frames}",
            hint="the start must lie before the end, both within the recording",
            path=sample.name,
        )
    if (start, end) == (0, frames):
        return sample
    offset = sample.span[0] if sample.span else 0
    return replace(
        sample,
        segments=cut_segments(sample.segments, start, end),
        facts=replace(sample.facts, frames=end - start),
        source=with_span(sample.source, (offset + start, offset + end)),
        whole=_whole(sample, sample.whole.frames if sample.whole else _original_frames(sample)),
    )


def uncrop(sample: Sample) -> Sample:
    """The sample with all of its recording again; itself if it is not cropped.

    Labels over time come back as they were before cropping, except that those within the part that
    was kept are as they are now.

    Raises:
        DatasetError: The content is needed to learn its length, and is gone or has changed.
    """
    if sample.span is None:
        return sample
    frames = sample.whole.frames if sample.whole else _original_frames(sample)
    return replace(
        sample,
        segments=_whole(sample, frames).segments,
        facts=replace(sample.facts, frames=frames),
        source=with_span(sample.source, None),
        whole=None,
    )


def with_span(source: Source, span: Span | None) -> Source:
    """The same content, of which other frames are kept.

    Raises:
        DatasetError: The source is of a kind that cannot be cropped.
    """
    if isinstance(source, FileSource | MemorySource):
        return replace(source, span=span)
    raise DatasetError(f"content from {type(source).__name__} cannot be cropped; expected a file")


def _whole(sample: Sample, frames: int) -> Whole:
    """What must be kept of a recording of `frames` frames so that a crop can be undone."""
    outside = sample.whole.segments if sample.whole else ()
    start = sample.span[0] if sample.span else 0
    return Whole(frames, replace_segments(outside, start, sample.facts.frames, sample.segments))


def _original_frames(sample: Sample) -> int:
    """Length of the recording before any crop."""
    if sample.span is None:
        return sample.facts.frames
    content = with_span(sample.source, None).read().content
    return content.frames if isinstance(content, Signal) else 0


def _frames(sample: Sample) -> int:
    if sample.facts.kind == "image":
        raise DatasetError(
            "only recordings over time can be cropped; this is a picture", path=sample.name
        )
    return sample.facts.frames


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
