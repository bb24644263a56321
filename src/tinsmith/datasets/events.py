"""Events in a recording, and cutting it into samples of one event each.

A long recording of a word spoken thirty times, or of a machine that knocks now and then, becomes
thirty samples. An event is where the energy rises above the noise of the recording itself; windows
of one length are laid around the loudest moments, loudest first. Splitting deletes nothing: each
part is a crop of the whole recording (see `crop`).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.crop import crop
from tinsmith.datasets.sample import Sample, Span
from tinsmith.signals import Signal

# Energy is looked at in steps of about this part of a window.
_STEPS = 20
# Of the lower half of a normal distribution: standard deviation of the whole by the median absolute
# deviation of the half, and how far the half's median lies below that of the whole.
_MAD_TO_DEVIATION = 2.506
_HALF_TO_MIDDLE = 0.6745
# Neighbouring steps are averaged: single frames of a slow sensor vary too much to tell noise by.
_SMOOTHED_STEPS = 3


@dataclass(frozen=True)
class EventOptions:
    """How events are found.

    Args:
        window_ms: Length of the windows laid around events.
        min_distance_ms: Least distance between the loudest moments of two events; None is the
            length of a window.
        overlap: Largest part of a window that it may share with another, 0 (none) to below 1.
        threshold: How far above the noise an event is, in robust standard deviations of the
            energy in decibels.
        shift: Largest random displacement of a window, as a share of the room that is left beside
            the event: 0 centres every event, 1 places it anywhere. A network that always sees
            events in the middle learns to expect them there.
    """

    window_ms: float
    min_distance_ms: float | None = None
    overlap: float = 0.0
    threshold: float = 4.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.window_ms) and self.window_ms > 0):
            raise DesignError(f"window_ms is {self.window_ms}; expected a number above 0")
        distance = self.min_distance_ms
        if distance is not None and not (math.isfinite(distance) and distance >= 0):
            raise DesignError(f"min_distance_ms is {distance}; expected a number, at least 0")
        if not 0 <= self.overlap < 1:
            raise DesignError(f"overlap is {self.overlap}; expected 0 or more, below 1")
        if not 0 <= self.shift <= 1:
            raise DesignError(f"shift is {self.shift}; expected a number from 0 to 1")
        if not (math.isfinite(self.threshold) and self.threshold > 0):
            raise DesignError(f"threshold is {self.threshold}; expected a number above 0")


def find_events(signal: Signal, options: EventOptions, *, seed: str = "") -> tuple[Span, ...]:
    """Windows of one length around the events of a recording, in order of time.

    Args:
        signal: A recording with time, of any rate and number of axes.
        options: Length of the windows, distance, overlap, threshold, shift.
        seed: What the random shift depends on; give the sample's content hash.

    Returns:
        Spans of frames [start, end), all of one length and within the recording; empty if nothing
        stands out. A recording that is no longer than a window gives itself if it holds an event.

    Raises:
        DatasetError: The signal has no time.
    """
    if signal.interval_ms == 0:
        raise DatasetError("rows without time hold no events; expected a recording over time")
    size = max(1, round(options.window_ms / signal.interval_ms))
    step = max(1, size // _STEPS)
    loudness = _loudness(signal.values, step)
    floor = _floor(loudness, options.threshold)
    distance = size
    if options.min_distance_ms is not None:
        distance = round(options.min_distance_ms / signal.interval_ms)
    peaks = _peaks(loudness, floor, max(1, math.ceil(distance / step)))
    below = np.flatnonzero(loudness <= floor)
    placed = _Placement(signal.frames, min(size, signal.frames), options.overlap)
    generator = _generator(seed)
    for peak in peaks:
        first, last = _extent(below, len(loudness), peak)
        if (last + 1 - first) * step > size:  # of a longer stretch, what is around its peaks
            first = last = int(peak)
        draw = float(generator.uniform(-1, 1)) * options.shift
        placed.place((first * step, (last + 1) * step), draw)
    return placed.spans


def split(
    sample: Sample, spans: Sequence[Span], *, taken: Collection[str] = ()
) -> tuple[Sample, ...]:
    """A sample for each span of a recording, with its label, part and metadata.

    Ids are the first 16 digits of the content's hash with a number, names end in `.s1`, `.s2`, ….

    Args:
        sample: A recording over time.
        spans: Frames [start, end), counted in what the sample holds now; they may overlap.
        taken: Ids that other samples have.

    Raises:
        DatasetError: No span, the sample is a picture, or there are no such frames.
    """
    if not spans:
        raise DatasetError(
            "no part to split into; expected at least one span",
            hint="choose a lower threshold or mark the parts by hand",
            path=sample.name,
        )
    stem, number = sample.content_hash[:16], 0
    parts = []
    for position, (start, end) in enumerate(spans, start=1):
        number += 1
        while f"{stem}-{number}" in taken:
            number += 1
        part = crop(sample, start, end)
        parts.append(replace(part, id=f"{stem}-{number}", name=f"{sample.name}.s{position}"))
    return tuple(parts)


def segment(sample: Sample, start_ms: float, length_ms: float) -> Sample:
    """The part of a recording that begins at `start_ms`, as a sample of its own.

    The part is cut to what the recording holds; times are rounded to frames.

    Raises:
        DatasetError: The sample has no time, or nothing of it lies there.
    """
    interval_ms = sample.facts.interval_ms
    if interval_ms == 0:
        raise DatasetError("it has no time; expected a recording over time", path=sample.name)
    if not (start_ms >= 0 and length_ms > 0 and math.isfinite(start_ms + length_ms)):
        raise DatasetError(
            f"the part begins at {start_ms:g} ms and lasts {length_ms:g} ms; "
            "expected a start of 0 or more and a length above 0",
            path=sample.name,
        )
    start = round(start_ms / interval_ms)
    end = min(start + max(1, round(length_ms / interval_ms)), sample.facts.frames)
    return split(sample, [(start, end)])[0]


def _loudness(values: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.float64]:
    """Energy of each step in decibels, all axes together, each without its median.

    Not the mean: tall peaks would pull it away from the level between them.

    Axes count by their own variation, so that a gyroscope in degrees a second does not drown an
    accelerometer in g.
    """
    from scipy.ndimage import uniform_filter1d

    edges = np.arange(0, len(values), step)
    total = np.zeros(len(edges))
    counts = np.diff(np.append(edges, len(values)))
    for axis in range(values.shape[1]):
        column = values[:, axis].astype(np.float64)
        column -= np.median(column)
        column *= column
        if variance := float(column.mean()):
            total += np.add.reduceat(column, edges) / counts / variance
    total = uniform_filter1d(total, _SMOOTHED_STEPS, mode="nearest")
    # A millionth of the mean energy keeps digital silence finite; averaging may leave less than 0.
    loudness: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(total, 0) + 1e-6)
    return loudness


def _floor(loudness: npt.NDArray[np.float64], threshold: float) -> float:
    """What is louder than this is no noise.

    Only the quieter half of the steps tells what noise is, so events may fill the other half.
    """
    quiet = np.sort(loudness)[: max(1, len(loudness) // 2)]
    middle = float(np.median(quiet))
    spread = _MAD_TO_DEVIATION * float(np.median(np.abs(quiet - middle)))
    # Less than a decibel is no noise but digital silence, of which a recording would be full of
    # events; more than three is a wandering baseline, which must not hide what stands out of it.
    deviation = min(max(spread, 1.0), 3.0)
    return middle + _HALF_TO_MIDDLE * min(spread, 3.0) + threshold * deviation


def _peaks(loudness: npt.NDArray[np.float64], floor: float, distance: int) -> npt.NDArray[np.int64]:
    """Steps of the loudest moments, loudest first, at least `distance` steps apart."""
    from scipy.signal import find_peaks

    # A border below everything lets an event at either end count as a peak.
    padded = np.concatenate([[-np.inf], loudness, [-np.inf]])
    found, _ = find_peaks(padded, height=np.nextafter(floor, np.inf), distance=distance)
    steps: npt.NDArray[np.int64] = np.asarray(found, np.int64) - 1
    loudest_first: npt.NDArray[np.int64] = steps[np.lexsort((steps, -loudness[steps]))]
    return loudest_first


def _extent(below: npt.NDArray[np.int64], steps: int, peak: int) -> Span:
    """First and last step of the stretch around a peak, between the steps that are noise."""
    position = int(np.searchsorted(below, peak))
    first = int(below[position - 1]) + 1 if position else 0
    last = int(below[position]) - 1 if position < len(below) else steps - 1
    return first, last


def _generator(seed: str) -> np.random.Generator:
    from tinsmith.core.hashing import hash_bytes

    return np.random.default_rng(int(hash_bytes(seed.encode())[:16], 16))


class _Placement:
    """Windows laid into a recording one after the other, none too much over another."""

    def __init__(self, frames: int, size: int, overlap: float) -> None:
        self._frames = frames
        self._size = size
        self._least = size - math.floor(overlap * size)
        self._starts: list[int] = []

    def place(self, extent: Span, draw: float) -> None:
        """Lays a window around an event, displaced by `draw` (-1 .. 1) of the room beside it.

        An event for which no room is left is passed over.
        """
        first, last = extent
        room = max(0, self._size - (last - first)) / 2
        centre = (first + last) / 2
        for start in (round(centre - self._size / 2 + draw * room), round(centre - self._size / 2)):
            inside = min(max(start, 0), self._frames - self._size)
            position = bisect.bisect(self._starts, inside)
            neighbours = self._starts[max(0, position - 1) : position + 1]
            if all(abs(inside - other) >= self._least for other in neighbours):
                self._starts.insert(position, inside)
                return

    @property
    def spans(self) -> tuple[Span, ...]:
        """The windows, in order of time."""
        return tuple((start, start + self._size) for start in self._starts)
