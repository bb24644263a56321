"""Samples → windows → features, computed once per recording and kept under their hash."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, DesignError, InternalError
from tinsmith.core.hashing import digest, hash_bytes
from tinsmith.core.paths import runtime_dir
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.agreement import (
    common_interval,
    common_sensors,
    group_names,
    require_kind,
    same_rate,
)
from tinsmith.datasets.sample import Problem, Sample
from tinsmith.datasets.windows import (
    Windows,
    WindowSpec,
    make_image_windows,
    make_windows,
    windows_by_part,
)
from tinsmith.dsp import extract
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.design import ImageInput, Impulse, TimeSeriesInput
from tinsmith.impulse.fitted import PlannedBlock, WindowFormat, plan_block
from tinsmith.signals.resample import resampled_length

# Recordings and windows of one piece of work.
_CHUNK = 64
_CHUNK_WINDOWS = 1024
# Raw windows that are in memory at the same time: more would not stay in a processor's cache.
_CUT_BYTES = 8 << 20
# From so many windows on, a recording fills the lanes of blocks and all threads alone.
_MANY_WINDOWS = 32


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of the windows of a set of samples.

    Args:
        features: Per processing block id, float32 [n, its features].
        labels, groups: One per window; a label of "" is unlabelled.
        sample_index: int32 [n], position of the window's sample.
        start_ms: float64 [n], start of the window in its recording.
        problems: Samples that gave no window, and why.
        computed, cached: Recordings of which something had to be computed, and those of which the
            cache knew everything.
    """

    features: dict[str, FloatArray]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    sample_index: npt.NDArray[np.int32]
    start_ms: npt.NDArray[np.float64]
    problems: tuple[Problem, ...] = ()
    computed: int = 0
    cached: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, ids: Sequence[str]) -> FloatArray:
        """[n, width] features of several blocks side by side."""
        return np.concatenate([self.features[name] for name in ids], axis=1)


def window_format(samples: Sequence[Sample], design: Impulse) -> WindowFormat:
    """What every window of `design` looks like on these samples.

    Raises:
        DatasetError: There are no samples, or they do not have the same axes.
    """
    if not samples:
        raise DatasetError("there are no samples to work on", hint="import recordings first")
    source = design.input
    require_kind(samples, "image" if isinstance(source, ImageInput) else "signal")
    if isinstance(source, ImageInput):
        size = (source.height, source.width)
        return WindowFormat(source.height * source.width, ("rgb",), 0.0, size)
    spec = window_spec(source)
    sensors = common_sensors(samples, spec.sensors)
    names = tuple(sensor.name for sensor in sensors)
    # Rows without time are windows of one frame, whatever the design says.
    interval_ms = common_interval(samples, source.interval_ms)
    return WindowFormat(spec.frames(interval_ms), names, source.interval_ms)


def window_spec(source: TimeSeriesInput) -> WindowSpec:
    """The window specification of a time-series input."""
    return WindowSpec(
        size_ms=source.window_ms,
        stride_ms=source.stride_ms,
        zero_pad=source.zero_pad,
        interval_ms=source.interval_ms,
        sensors=source.axes,
        label_rule=source.label_rule,
    )


def cut_windows(
    samples: Sequence[Sample], design: Impulse, window: WindowFormat, progress: Progress = silent
) -> Windows:
    """The raw windows of samples, [n, window length].

    Raises:
        DatasetError: Samples that do not fit the design, or no window at all.
    """
    source = design.input
    group_key = source.group_key or None
    if isinstance(source, ImageInput):
        return make_image_windows(
            samples,
            source.width,
            source.height,
            source.resize_mode,
            group_key=group_key,
            progress=progress,
        )
    spec = replace(window_spec(source), sensors=window.axis_names)
    return make_windows(samples, spec, group_key=group_key, progress=progress)


def plan_blocks(design: Impulse, window: WindowFormat) -> tuple[PlannedBlock, ...]:
    """The processing blocks of a design, configured.

    Raises:
        DesignError: A block does not exist or does not fit the window.
    """
    return tuple(plan_block(item, window) for item in design.processing)


def extract_features(blocks: Sequence[PlannedBlock], values: FloatArray) -> dict[str, FloatArray]:
    """Features of raw windows [n, window length], per block."""
    return {item.id: extract(item.block, item.plan, values) for item in blocks}


@dataclass(frozen=True, eq=False)
class Entry:
    """Features of one sample, as far as they are known, and where its windows lie.

    Args:
        features: Per processing block id, float32 [n, its features].
        labels, start_ms: One per window; labels of None: the windows are not known yet.
    """

    features: dict[str, FloatArray]
    labels: list[str] | None
    start_ms: list[float]

    def missing(self, blocks: Sequence[PlannedBlock]) -> tuple[PlannedBlock, ...]:
        """The blocks still to be computed."""
        return tuple(item for item in blocks if item.id not in self.features)

    def joined(self, other: Entry) -> Entry:
        """This entry with the features of another one of the same sample."""
        return replace(self, features={**other.features, **self.features})


@dataclass(frozen=True, eq=False)
class Chunk:
    """Recordings of which some blocks' features are missing: work that may be done anywhere.

    It can be pickled as far as the sources of its samples can, and needs nothing beside itself.

    Args:
        samples: What to cut and compute.
        design, window: How to cut it.
        blocks: Ids of the processing blocks to run.
    """

    samples: tuple[Sample, ...]
    design: Impulse
    window: WindowFormat
    blocks: tuple[str, ...]


class ChunkExecutor(Protocol):
    """Does the work of chunks, here or elsewhere, by calling `compute_chunk` on each."""

    def __call__(self, chunks: Sequence[Chunk], /) -> Iterable[tuple[int, Sequence[Entry]]]:
        """The position of each chunk with its results, in any order, as soon as they are there."""
        ...


def compute_chunk(chunk: Chunk) -> list[Entry]:
    """One entry a sample of the chunk; the same bits on every machine.

    Raises:
        DatasetError: A recording cannot be read, or does not fit the design.
    """
    planned = plan_blocks(chunk.design, chunk.window)
    wanted = [item for item in planned if item.id in chunk.blocks]
    return _compute(chunk.samples, chunk.design, chunk.window, wanted)


def local(chunks: Sequence[Chunk], /) -> Iterator[tuple[int, Sequence[Entry]]]:
    """The executor that computes here, one chunk after the other, each on all cores."""
    for position, chunk in enumerate(chunks):
        yield position, compute_chunk(chunk)


def feature_table(
    samples: Sequence[Sample],
    design: Impulse,
    window: WindowFormat,
    *,
    cache: Cache,
    progress: Progress = silent,
    executor: ChunkExecutor = local,
) -> FeatureTable:
    """Features of all windows of `samples`; only what the cache lacks is computed.

    Args:
        samples: Recordings or pictures.
        design: What to compute.
        window: What every window looks like (`window_format`).
        cache: Asked first, and told every result as soon as it is there.
        progress: Told how many recordings are done, and in a note how many were computed.
        executor: Where chunks of recordings are computed; the result does not depend on it.

    Raises:
        DatasetError: Samples that do not fit the design, or no window at all.
        DesignError: A block does not fit the window.
        InternalError: The executor left a chunk out, or gave it other results than samples.
    """
    blocks = plan_blocks(design, window)
    store = _Store(cache, design, window, blocks)
    entries = [store.load(sample) for sample in samples]
    windows = [_estimated_windows(sample, design) for sample in samples]
    pieces = [
        (needed, chunk)
        for needed, indices in _gaps(entries, blocks)
        for chunk in _chunks(indices, windows, _CHUNK_WINDOWS)
    ]
    total = len(samples)
    todo = sum(len(indices) for _, indices in pieces)
    computed = 0
    progress(_step(computed, total - todo, total))
    chunks = [
        Chunk(tuple(samples[index] for index in indices), design, window, needed)
        for needed, indices in pieces
    ]
    waiting = set(range(len(chunks)))
    for position, results in executor(chunks) if chunks else ():
        if position not in waiting or len(results) != len(chunks[position].samples):
            raise InternalError(f"the executor gave {len(results)} results for chunk {position}")
        waiting.remove(position)
        for index, entry in zip(pieces[position][1], results, strict=True):
            store.save(samples[index], entry)
            entries[index] = entry.joined(entries[index])
        computed += len(results)
        progress(_step(computed, total - todo, total))
    if waiting:
        raise InternalError(f"the executor left out {len(waiting)} of {len(chunks)} chunks")
    table = _assemble(samples, entries, blocks, design)
    return replace(table, computed=computed, cached=total - todo)


def _step(computed: int, cached: int, total: int) -> Step:
    note = f"{computed} computed, {cached} from the cache"
    return Step(
        "features", computed + cached, total, note, {"computed": computed, "cached": cached}
    )


def _gaps(
    entries: Sequence[Entry], blocks: Sequence[PlannedBlock]
) -> list[tuple[tuple[str, ...], list[int]]]:
    """The samples that lack something, by the ids of the blocks they lack."""
    found: dict[tuple[str, ...], list[int]] = {}
    for index, entry in enumerate(entries):
        if needed := tuple(item.id for item in entry.missing(blocks)):
            found.setdefault(needed, []).append(index)
    return list(found.items())


class _Store:
    """The cached features of single samples, under the hash of all they depend on."""

    def __init__(
        self,
        cache: Cache,
        design: Impulse,
        window: WindowFormat,
        blocks: Sequence[PlannedBlock],
    ) -> None:
        self._cache = cache
        self._blocks = blocks
        self._window = windows_key(design, window)
        self._keys = {item.id: block_key(item) for item in blocks}

    def load(self, sample: Sample) -> Entry:
        """What is known about a sample; damaged entries count as absent."""
        unknown = Entry({}, None, [])
        print_ = sample.fingerprint
        found = self._cache.get("windows", digest(self._window, print_))
        parsed = _parse_index(found) if found is not None else None
        if parsed is None:
            return unknown
        labels, start_ms = parsed
        features: dict[str, FloatArray] = {}
        for item in self._blocks:
            array = self._cache.get_array("features", self._key(print_, item.id))
            if array is not None and array.shape == (len(labels), item.plan.num_features):
                features[item.id] = array
        return Entry(features, labels, start_ms)

    def save(self, sample: Sample, entry: Entry) -> None:
        """Keeps what was computed for a sample."""
        print_ = sample.fingerprint
        for block, array in entry.features.items():
            self._cache.put_array("features", self._key(print_, block), array)
        index = {"labels": entry.labels, "start_ms": entry.start_ms}
        self._cache.put("windows", digest(self._window, print_), json.dumps(index).encode())

    def _key(self, print_: str, block: str) -> str:
        return digest(self._window, self._keys[block], print_)


def windows_key(design: Impulse, window: WindowFormat) -> str:
    """Hash of what decides how samples are cut into windows."""
    return digest(design.input.model_dump(mode="json", exclude={"group_key"}), window)


def block_key(item: PlannedBlock) -> str:
    """Hash of what decides the features of a block, given its windows."""
    config = [[name, value] for name, value in item.plan.config.fields]
    return digest(item.block.name, item.block.version, config, core_hash())


@functools.cache
def core_hash() -> str:
    """Hash of the C core's signal processing sources."""
    root = runtime_dir()
    files = sorted([*root.glob("include/tin/*.h"), *root.glob("src/dsp/*")])
    return digest([hash_bytes(path.read_bytes()) for path in files if path.is_file()])


def _chunks(indices: Sequence[int], windows: Sequence[int], most: int) -> Iterator[list[int]]:
    """Recordings that are computed together: not too many, nor with too many windows."""
    chunk: list[int] = []
    room = most
    for index in indices:
        if chunk and (len(chunk) == _CHUNK or windows[index] > room):
            yield chunk
            chunk, room = [], most
        chunk.append(index)
        room -= windows[index]
    if chunk:
        yield chunk


def _estimated_windows(sample: Sample, design: Impulse) -> int:
    source = design.input
    if isinstance(source, ImageInput):
        return 1
    if not sample.facts.interval_ms:  # rows without time are windows of one frame
        return sample.facts.frames
    return int(max(sample.facts.duration_ms - source.window_ms, 0) / source.stride_ms) + 1


def _parse_index(data: bytes) -> tuple[list[str], list[float]] | None:
    try:
        parsed = json.loads(data)
        labels, start_ms = list(parsed["labels"]), list(parsed["start_ms"])
    except (ValueError, KeyError, TypeError):
        return None
    return (labels, start_ms) if len(labels) == len(start_ms) else None


def _compute(
    samples: Sequence[Sample],
    design: Impulse,
    window: WindowFormat,
    blocks: Sequence[PlannedBlock],
) -> list[Entry]:
    usable = [index for index, sample in enumerate(samples) if _has_windows(sample, design, window)]
    empty = Entry({item.id: _no_rows(item) for item in blocks}, [], [])
    entries = [empty] * len(samples)
    parts = list(_parts(usable, [_estimated_windows(sample, design) for sample in samples], window))
    for part, windows in zip(parts, _cut(samples, parts, design, window), strict=True):
        features = extract_features(blocks, windows.values)
        ends = np.searchsorted(windows.sample_index, np.arange(len(part)), side="right")
        for index, start, end in zip(part, [0, *ends], ends, strict=False):
            entries[index] = Entry(
                {name: array[start:end] for name, array in features.items()},
                list(windows.labels[start:end]),
                windows.start_ms[start:end].tolist(),
            )
    return entries


def _parts(
    indices: Sequence[int], windows: Sequence[int], window: WindowFormat
) -> Iterator[Sequence[int]]:
    """Recordings that are cut together; one with many windows, which are not copied, alone."""
    most = max(1, _CUT_BYTES // (4 * window.length))
    few = [index for index in indices if windows[index] < _MANY_WINDOWS]
    yield from _chunks(few, windows, most)
    yield from ((index,) for index in indices if windows[index] >= _MANY_WINDOWS)


def _cut(
    samples: Sequence[Sample],
    parts: Sequence[Sequence[int]],
    design: Impulse,
    window: WindowFormat,
) -> Iterator[Windows]:
    """The windows of each part, while the next ones are read."""
    if isinstance(design.input, ImageInput):
        for part in parts:
            yield cut_windows([samples[index] for index in part], design, window)
        return
    spec = replace(window_spec(design.input), sensors=window.axis_names)
    yield from windows_by_part(samples, parts, spec)


def _has_windows(sample: Sample, design: Impulse, window: WindowFormat) -> bool:
    source = design.input
    if isinstance(source, ImageInput) or source.zero_pad:
        return True
    frames, interval_ms = sample.facts.frames, sample.facts.interval_ms
    if interval_ms and not same_rate(interval_ms, window.interval_ms):
        frames = resampled_length(frames, interval_ms / window.interval_ms)
    return frames >= window.num_frames


def _no_rows(item: PlannedBlock) -> FloatArray:
    return np.empty((0, item.plan.num_features), np.float32)


def _assemble(
    samples: Sequence[Sample],
    entries: Sequence[Entry],
    blocks: Sequence[PlannedBlock],
    design: Impulse,
) -> FeatureTable:
    labels = tuple(label for entry in entries for label in entry.labels or ())
    counts = [len(entry.labels or ()) for entry in entries]
    if sum(counts) == 0:
        raise DatasetError(
            "no recording is as long as a window",
            hint="choose a shorter window or allow zero padding",
        )
    names = group_names(samples, design.input.group_key or None)
    problems = tuple(
        Problem(
            sample.name,
            f"was left out: it is shorter than a window ({sample.facts.duration_ms:g} ms)",
        )
        for sample, count in zip(samples, counts, strict=True)
        if count == 0
    )
    return FeatureTable(
        features={
            item.id: np.concatenate([entry.features[item.id] for entry in entries])
            for item in blocks
        },
        labels=labels,
        groups=tuple(n for n, c in zip(names, counts, strict=True) for _ in range(c)),
        sample_index=np.repeat(np.arange(len(samples), dtype=np.int32), counts),
        start_ms=np.array([start for entry in entries for start in entry.start_ms]),
        problems=problems,
    )


def require_labels(table: FeatureTable) -> FeatureTable:
    """The table without unlabelled windows.

    Raises:
        DesignError: Not one window has a label.
    """
    rows = np.flatnonzero([label != "" for label in table.labels])
    if len(rows) == len(table):
        return table
    if len(rows) == 0:
        raise DesignError(
            "no window has a label", hint="label the recordings, or use an anomaly block"
        )
    return replace(
        table,
        features={name: array[rows] for name, array in table.features.items()},
        labels=tuple(table.labels[row] for row in rows),
        groups=tuple(table.groups[row] for row in rows),
        sample_index=table.sample_index[rows],
        start_ms=table.start_ms[rows],
    )
