"""Window sizes worth trying, each with what it would give: how many windows, of what, how full.

Two kinds of data ask for different windows. Events (a word, a gesture) begin and end within a
recording or a labelled stretch: a window should be as long as one of them. Continuous data (a
machine running, walking) looks the same at any moment: a window should be long enough to show it,
and windows overlap.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.agreement import same_rate
from tinsmith.datasets.labelling import LabelPolicy, label_codes, window_labels
from tinsmith.datasets.sample import Sample
from tinsmith.datasets.windows import WindowSpec
from tinsmith.signals.resample import resampled_length

Kind = Literal["event", "continuous"]

# Windows of events: lengths that hold a quarter, half, nearly all of the events as a whole.
_EVENT_QUANTILES = (0.25, 0.5, 0.95)
_CONTINUOUS_MS = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
# Labelled stretches whose lengths differ less than this (relative standard deviation) are events.
_EVENT_SPREAD = 0.5
_LONGEST_EVENT_MS = 5000.0
# Of windows that score alike, the one nearest to this: two strides of a walk, two turns at 60 rpm.
_USUAL_MS = 2000.0
# A window of fewer values describes nothing.
_MIN_FRAMES = 8


@dataclass(frozen=True)
class WindowCandidate:
    """A window size, and what the samples would give with it.

    Args:
        kind: The kind of data it is made for.
        window_ms, stride_ms: To put into the input block.
        windows: How many there would be.
        per_label: How many of each label, unlabelled ones as "".
        balance: Evenness of the labels, entropy of their shares divided by the largest possible:
            1 when all are equally frequent, 0 when there is one only.
        padding: Share of all values of all windows that would be zeros after a short recording.
        left_out: Recordings shorter than a window, which without zero padding give none.
        score: balance × (1 − padding), lower where there are fewer than 20 windows a label.
        is_recommended: The best one of the kind the data seems to be.
        reason: Where the length comes from.
    """

    kind: Kind
    window_ms: float
    stride_ms: float
    windows: int
    per_label: dict[str, int]
    balance: float
    padding: float
    left_out: int
    score: float
    reason: str
    is_recommended: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def suggest_windows(
    samples: Sequence[Sample], *, interval_ms: float | None = None
) -> tuple[WindowCandidate, ...]:
    """Candidates, best first, those for the kind the data seems to be before the others.

    Reads no content.

    Args:
        samples: Recordings (pictures are not cut).
        interval_ms: Time between frames of the input; None: of the recordings, where most agree.

    Raises:
        DatasetError: No recordings, or recordings without time.
    """
    usable = [item for item in samples if item.facts.kind == "signal" and item.facts.interval_ms]
    if not usable:
        raise DatasetError(
            f"{len(samples)} samples, none of them a recording over time",
            hint="pictures and rows of features are not cut into windows",
        )
    every = Counter(item.facts.interval_ms for item in usable).most_common(1)[0][0]
    interval = interval_ms or every
    kind = data_kind(usable)
    found: dict[tuple[Kind, float], WindowCandidate] = {}
    for wanted, window_ms, stride_ms, reason in _lengths(usable, interval):
        key = (wanted, window_ms)
        if key not in found:
            spec = WindowSpec(window_ms, stride_ms, zero_pad=True, interval_ms=interval)
            found[key] = _candidate(usable, spec, wanted, reason)
    usual = float(np.median(_stretches(usable))) if kind == "event" else _USUAL_MS

    def rank(item: WindowCandidate) -> tuple[bool, float, float]:
        # Scores that are nearly the same decide nothing.
        return item.kind != kind, -round(item.score, 1), abs(math.log(item.window_ms / usual))

    ranked = sorted(found.values(), key=rank)
    first = WindowCandidate(**{**vars(ranked[0]), "is_recommended": True})
    return (first, *ranked[1:])


def data_kind(samples: Sequence[Sample]) -> Kind:
    """Whether recordings hold events or something that goes on.

    Events: labelled stretches with unlabelled time between them, or recordings that are short
    (at most 5 s) and of similar length, one event each.
    """
    lengths = np.array(_stretches(samples))
    has_gaps = any(_has_gaps(sample) for sample in samples if sample.segments)
    short = float(np.median(lengths)) <= _LONGEST_EVENT_MS
    similar = float(lengths.std() / lengths.mean()) < _EVENT_SPREAD
    return "event" if has_gaps or (short and similar) else "continuous"


def _has_gaps(sample: Sample) -> bool:
    covered = sum(item.end_index - item.start_index + 1 for item in sample.segments if item.label)
    return covered < sample.facts.frames


def _stretches(samples: Sequence[Sample]) -> list[float]:
    """Lengths in milliseconds of labelled stretches; of whole recordings without segments."""
    lengths: list[float] = []
    for sample in samples:
        every = sample.facts.interval_ms
        own = [
            (item.end_index - item.start_index + 1) * every
            for item in sample.segments
            if item.label
        ]
        lengths += own or [sample.facts.duration_ms]
    return lengths


def _lengths(
    samples: Sequence[Sample], interval: float
) -> Iterator[tuple[Kind, float, float, str]]:
    stretches = np.array(_stretches(samples))
    for quantile in _EVENT_QUANTILES:
        length = _whole(float(np.quantile(stretches, quantile)), interval)
        share = f"{100 * quantile:.0f} %"
        yield "event", length, length, f"{share} of the labelled stretches are no longer than this"
    for wanted in (*_CONTINUOUS_MS, *(2000 * interval, 100 * interval)):
        length = _whole(wanted, interval)
        frames = length / interval
        if frames >= _MIN_FRAMES and length <= float(np.median(stretches)) + interval / 2:
            stride = _whole(length / 2, interval)
            yield "continuous", length, stride, f"{frames:.0f} frames, half of them shared"
    # Something of everything: half of the shortest stretch fits everywhere.
    least = _whole(max(float(stretches.min()) / 2, _MIN_FRAMES * interval), interval)
    yield "continuous", least, _whole(least / 2, interval), "fits twice into the shortest stretch"


def _whole(length_ms: float, interval: float) -> float:
    """A length in whole frames, with no more digits than it needs."""
    frames = max(1, math.floor(length_ms / interval + 1e-6))
    return float(f"{frames * interval:.9g}")


def _candidate(
    samples: Sequence[Sample], spec: WindowSpec, kind: Kind, reason: str
) -> WindowCandidate:
    interval = spec.interval_ms or 1.0
    size, stride = spec.frames(interval), spec.stride_frames(interval)
    labels: Counter[str] = Counter()
    empty, left_out = 0, 0
    for sample in samples:
        frames = _frames(sample, interval)
        count = max(1, (frames - size) // stride + 1)
        empty += max(0, size - frames)
        left_out += frames < size
        labels.update(_labels(sample, frames, count, size, stride))
    total = labels.total()
    balance = _balance([number for label, number in labels.items() if label])
    padding = empty / (total * size)
    named = [number for label, number in labels.items() if label]
    plenty = min(1.0, min(named, default=0) / 20)
    return WindowCandidate(
        kind=kind,
        window_ms=spec.size_ms,
        stride_ms=spec.stride_ms,
        windows=total,
        per_label=dict(sorted(labels.items())),
        balance=balance,
        padding=padding,
        left_out=left_out,
        score=balance * (1 - padding) * plenty,
        reason=reason,
    )


def _frames(sample: Sample, interval: float) -> int:
    own = sample.facts.interval_ms
    if same_rate(own, interval):
        return sample.facts.frames
    return resampled_length(sample.facts.frames, own / interval)


def _labels(sample: Sample, frames: int, count: int, size: int, stride: int) -> Counter[str]:
    if not sample.segments:
        return Counter({sample.label: count})
    names, codes = label_codes(sample.segments, sample.label, sample.facts.frames)
    own = np.minimum(np.arange(frames) * len(codes) // max(frames, 1), len(codes) - 1)
    starts = np.arange(count) * stride
    return Counter(window_labels(names, codes[own], starts, size, LabelPolicy()))


def _balance(counts: Sequence[int]) -> float:
    if len(counts) < 2:
        return 0.0
    shares = np.array(counts) / sum(counts)
    return float(-(shares * np.log(shares)).sum() / math.log(len(counts)))
