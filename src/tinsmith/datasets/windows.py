"""From recordings and pictures to equally long rows of numbers.

A recording of `n` frames gives `floor((n - size) / stride) + 1` windows; frames after the last full
window are left out. A recording shorter than one window gives one window padded with zeros at its
end if the specification allows it, else it is reported and left out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tinsmith import signals
from tinsmith.core.ahead import map_ahead
from tinsmith.core.errors import DatasetError, DesignError, InternalError
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.agreement import (
    common_interval,
    common_sensors,
    group_names,
    require_kind,
    same_rate,
)
from tinsmith.datasets.labelling import LabelPolicy, LabelRule, label_codes, window_labels
from tinsmith.datasets.sample import Problem, Sample
from tinsmith.signals import FitMode, Signal


@dataclass(frozen=True)
class WindowSpec:
    """How recordings are cut.

    Args:
        size_ms: Length of a window.
        stride_ms: Distance between the starts of neighbouring windows.
        zero_pad: Whether a recording shorter than a window is padded with zeros at its end.
        interval_ms: Milliseconds between frames; other rates are resampled to it. None takes the
            rate of the recordings, which must then agree.
        sensors: Names of the axes to use, in order; empty takes those of the recordings.
        label_rule: How labels over time become one label of a window.
        label_share: Smallest share of a window its label must cover (rule "share").
        label_priority: Labels that win wherever they occur (rule "any").
    """

    size_ms: float
    stride_ms: float
    zero_pad: bool = False
    interval_ms: float | None = None
    sensors: tuple[str, ...] = ()
    label_rule: LabelRule = "majority"
    label_share: float = 0.5
    label_priority: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("size_ms", "stride_ms", "interval_ms"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise DesignError(f"{name} is {value}; expected a number above 0")
        if not 0 < self.label_share <= 1:
            raise DesignError(f"label_share is {self.label_share}; expected more than 0, at most 1")
        if self.label_rule == "any" and not self.label_priority:
            raise DesignError('label rule "any" needs label_priority; expected at least one label')

    @property
    def label_policy(self) -> LabelPolicy:
        """How labels over time become one label of a window."""
        return LabelPolicy(self.label_rule, self.label_share, self.label_priority)

    def frames(self, interval_ms: float) -> int:
        """Frames of a window at a rate (one for rows without time)."""
        return _frames(self.size_ms, interval_ms)

    def stride_frames(self, interval_ms: float) -> int:
        """Frames between the starts of two windows."""
        return _frames(self.stride_ms, interval_ms)


@dataclass(frozen=True, eq=False)
class Windows:
    """Equally long windows of one or many samples.

    Args:
        values: float32 [n, num_frames * num_axes], frame by frame, the axes of a frame together.
            Pictures: one axis, each value 0xRRGGBB as a number, row by row.
        labels: One per window; "" is unlabelled.
        groups: What must stay together in a split: a metadata value or the sample's id.
        sample_index: int32 [n], position of the window's sample in the samples given.
        start_ms: float64 [n], start of the window in its recording.
        num_frames, num_axes, interval_ms, axis_names: Shape, rate and names; interval 0 for rows
            without time and for pictures.
        problems: Samples that gave no window, and why.
    """

    values: npt.NDArray[np.float32]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    sample_index: npt.NDArray[np.int32]
    start_ms: npt.NDArray[np.float64]
    num_frames: int
    num_axes: int
    interval_ms: float
    axis_names: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def classes(self) -> tuple[str, ...]:
        """All labels in use, sorted, without "unlabelled"."""
        return tuple(sorted(set(self.labels) - {""}))

    def select(self, rows: npt.ArrayLike) -> Windows:
        """The windows at `rows` (indices in any order and number, or a mask)."""
        index = np.asarray(rows)
        index = np.flatnonzero(index) if index.dtype == bool else index.astype(np.int64)
        return replace(
            self,
            values=self.values[index],
            labels=tuple(self.labels[i] for i in index),
            groups=tuple(self.groups[i] for i in index),
            sample_index=self.sample_index[index],
            start_ms=self.start_ms[index],
        )

    def labelled(self) -> Windows:
        """Only the windows that have a label."""
        mask = np.array([label != "" for label in self.labels], dtype=bool)
        return self if mask.all() else self.select(mask)

    def targets(self) -> npt.NDArray[np.float32]:
        """The labels as numbers, float32 [n], for regression.

        Raises:
            DatasetError: A label is not a finite number.
        """
        return regression_targets(self.labels)


def regression_targets(labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Labels as numbers, float32 [n].

    Raises:
        DatasetError: A label is not a finite number; names up to five of them.
    """
    bad = sorted({label for label in labels if not _is_number(label)})
    if bad:
        shown = ", ".join(repr(label) for label in bad[:5]) + (", ..." if len(bad) > 5 else "")
        raise DatasetError(
            f"{len(bad)} labels are not numbers: {shown}; regression expects a number as label",
            hint="relabel these samples with a number, or use a classification block",
        )
    return np.array([float(label) for label in labels], dtype=np.float32)


def make_windows(
    samples: Sequence[Sample],
    spec: WindowSpec,
    *,
    group_key: str | None = None,
    progress: Progress = silent,
    threads: int = 0,
) -> Windows:
    """Cuts recordings into windows.

    Args:
        samples: Recordings, all with the same sensors.
        spec: Size, stride, rate and label rule.
        group_key: Metadata key that says what must stay together; None: the sample itself.
        progress: Told after each sample.
        threads: Samples read at the same time; 0 means one per core.

    Raises:
        DatasetError: Pictures among the recordings, sensors, units or rates that differ, a sample
            without the group key, or no window at all.
    """
    (windows,) = windows_by_part(
        samples,
        [range(len(samples))],
        spec,
        group_key=group_key,
        progress=progress,
        threads=threads,
    )
    return windows


def windows_by_part(
    samples: Sequence[Sample],
    parts: Sequence[Sequence[int]],
    spec: WindowSpec,
    *,
    group_key: str | None = None,
    progress: Progress = silent,
    threads: int = 0,
) -> Iterator[Windows]:
    """The windows of some recordings after the other, while the next ones are read.

    The windows of a part with one recording are not copied: where they overlap, they lie over each
    other in memory, and cannot be written to.

    Args:
        samples: Recordings, all with the same sensors.
        parts: Positions of the recordings that are cut together; `sample_index` counts in the part.
        spec, group_key, progress, threads: As for `make_windows`.

    Raises:
        DatasetError: As `make_windows`, and a part without any window.
    """
    require_kind(samples, "signal")
    interval_ms = common_interval(samples, spec.interval_ms)
    sensors = common_sensors(samples, spec.sensors)
    groups = group_names(samples, group_key)
    cutter = _Cutter(spec, interval_ms, tuple(sensor.name for sensor in sensors))
    signals_ = map_ahead(
        cutter.signal, (samples[index] for part in parts for index in part), threads
    )
    total = sum(map(len, parts))
    numbers = itertools.count(1)

    def read(part: Sequence[int]) -> Iterator[npt.NDArray[np.float32]]:
        for index in part:
            yield next(signals_)
            progress(Step("windows", next(numbers), total, samples[index].name))

    for part in parts:
        own = [samples[index] for index in part]
        yield cutter.cut(own, [groups[index] for index in part], read(part))


def make_image_windows(
    samples: Sequence[Sample],
    width: int,
    height: int,
    mode: FitMode,
    *,
    group_key: str | None = None,
    progress: Progress = silent,
    threads: int = 0,
) -> Windows:
    """One window per picture: float32 [n, height * width], each value 0xRRGGBB as a number.

    Raises:
        DatasetError: Recordings among the pictures, or a sample without the group key.
        DesignError: A size below one pixel.
    """
    if width < 1 or height < 1:
        raise DesignError(f"the picture size is {width}x{height}; expected at least 1x1")
    require_kind(samples, "image")
    groups = group_names(samples, group_key)
    values = np.empty((len(samples), height * width), np.float32)

    def fill(index: int) -> None:
        image = signals.resize(samples[index].load_image(), width, height, mode)
        red, green, blue = (image.pixels[:, :, c].astype(np.uint32).ravel() for c in range(3))
        values[index] = (red << 16) | (green << 8) | blue

    for done, _ in enumerate(map_ahead(fill, range(len(samples)), threads), start=1):
        progress(Step("pictures", done, len(samples)))
    return Windows(
        values=values,
        labels=tuple(sample.label for sample in samples),
        groups=groups,
        sample_index=np.arange(len(samples), dtype=np.int32),
        start_ms=np.zeros(len(samples)),
        num_frames=width * height,
        num_axes=1,
        interval_ms=0.0,
        axis_names=("rgb",),
    )


@dataclass(frozen=True)
class _Cutter:
    """Cuts signals that are known to fit together."""

    spec: WindowSpec
    interval_ms: float
    names: tuple[str, ...]

    @property
    def frames(self) -> int:
        return self.spec.frames(self.interval_ms)

    @property
    def stride(self) -> int:
        return self.spec.stride_frames(self.interval_ms)

    def signal(self, sample: Sample) -> npt.NDArray[np.float32]:
        """The values of a recording at the common rate, float32 [frames, axes]."""
        signal = sample.load_signal()
        chosen = _choose(signal, self.names)
        if self._resamples(signal.interval_ms):
            chosen = signals.resample(chosen, self.interval_ms)
        return chosen.values

    def cut(
        self,
        samples: Sequence[Sample],
        groups: Sequence[str],
        signals_: Iterable[npt.NDArray[np.float32]],
    ) -> Windows:
        """The windows of some recordings, whose signals arrive one after the other."""
        values = np.empty((0, self.frames * len(self.names)), np.float32)
        if len(samples) > 1:
            # Reserved memory that is never written costs nothing, so an upper bound is enough.
            bound = sum(self._bound(sample) for sample in samples)
            values = np.empty((bound, values.shape[1]), np.float32)
        counts, labels, used = [], [], 0
        for sample, signal in zip(samples, signals_, strict=True):
            windows = self._windows(signal)
            if len(samples) == 1:
                values = windows
            elif used + len(windows) > bound:
                raise InternalError(f"{sample.name} is longer than its index says")
            else:
                values[used : used + len(windows)] = windows
            used += len(windows)
            counts.append(len(windows))
            labels += self._labels(sample, len(signal), len(windows))
        if used == 0:
            raise self._none(samples)
        starts = [np.arange(count) * self.stride * self.interval_ms for count in counts]
        return Windows(
            values=values[:used],
            labels=tuple(labels),
            groups=tuple(g for g, n in zip(groups, counts, strict=True) for _ in range(n)),
            sample_index=np.repeat(np.arange(len(samples), dtype=np.int32), counts),
            start_ms=np.concatenate(starts).astype(np.float64),
            num_frames=self.frames,
            num_axes=len(self.names),
            interval_ms=self.interval_ms,
            axis_names=self.names,
            problems=self._too_short(samples, counts),
        )

    def _bound(self, sample: Sample) -> int:
        frames = sample.facts.frames
        if self._resamples(sample.facts.interval_ms):
            frames = math.ceil(frames * sample.facts.interval_ms / self.interval_ms) + 2
        return max(1, (frames - self.frames) // self.stride + 1)

    def _resamples(self, interval_ms: float) -> bool:
        return interval_ms > 0 and not same_rate(interval_ms, self.interval_ms)

    def _windows(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 [n, frames * axes], a view where nothing is padded."""
        if len(values) < self.frames:
            if not self.spec.zero_pad:
                return np.empty((0, self.frames * values.shape[1]), np.float32)
            values = np.pad(values, ((0, self.frames - len(values)), (0, 0)))
        flat = np.ascontiguousarray(values).ravel()
        view = np.lib.stride_tricks.sliding_window_view(flat, self.frames * values.shape[1])
        return view[:: self.stride * values.shape[1]]

    def _labels(self, sample: Sample, frames: int, count: int) -> list[str]:
        if not sample.segments:
            return [sample.label] * count
        # Segments count the recording's own frames; resampling moves them.
        ratio = self.interval_ms / sample.facts.interval_ms if sample.facts.interval_ms else 1.0
        if not self._resamples(sample.facts.interval_ms):
            ratio = 1.0
        names, codes = label_codes(sample.segments, sample.label, sample.facts.frames)
        own = np.minimum((np.arange(frames) * ratio + 0.5).astype(np.int64), len(codes) - 1)
        starts = np.arange(count) * self.stride
        return window_labels(names, codes[own], starts, self.frames, self.spec.label_policy)

    def _too_short(self, samples: Sequence[Sample], counts: list[int]) -> tuple[Problem, ...]:
        return tuple(
            Problem(
                sample.name,
                f"lasts {_duration(sample)}, shorter than a window of {self.spec.size_ms:g} ms",
                "allow zero padding, choose a shorter window or leave the recording out",
            )
            for sample, count in zip(samples, counts, strict=True)
            if count == 0
        )

    def _none(self, samples: Sequence[Sample]) -> DatasetError:
        longest = max(samples, key=lambda sample: sample.facts.duration_ms)
        return DatasetError(
            f"all {len(samples)} recordings are shorter than a window of {self.spec.size_ms:g} ms; "
            f"the longest, {longest.name}, lasts {_duration(longest)}",
            hint="choose a shorter window or allow zero padding",
        )


def _frames(length_ms: float, interval_ms: float) -> int:
    """Whole frames nearest to a length; halves round down, so that a window never grows past it."""
    if interval_ms == 0:
        return 1
    return max(1, math.ceil(length_ms / interval_ms - 0.5))


def _choose(signal: Signal, names: tuple[str, ...]) -> Signal:
    """The axes `names` of a signal, in that order."""
    own = tuple(sensor.name for sensor in signal.sensors)
    if own == names:
        return signal
    columns = [own.index(name) for name in names]
    return replace(
        signal,
        values=np.ascontiguousarray(signal.values[:, columns]),
        sensors=tuple(signal.sensors[column] for column in columns),
    )


def _duration(sample: Sample) -> str:
    if sample.facts.interval_ms == 0:
        return f"{sample.facts.frames} rows"
    return f"{sample.facts.duration_ms:.4g} ms"


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False
