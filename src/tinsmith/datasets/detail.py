"""Long recordings by level of detail: any stretch of ten million frames in milliseconds.

A graph is a thousand or so pixels wide, however long the recording. Of each pixel only the least
and the greatest value can be seen, so these are kept for blocks of 8, 64, 512, ... frames beside
the frames themselves, in one file of which a request reads the header and one stretch.

The file (little-endian, version 1):

    offset  size  what
    0       8     b"TINLOD" and two zero bytes
    8       2     version, uint16: 1
    10      2     type of the values, uint16: 1 int16 (all values are whole and fit), 2 float32
    12      4     axes, uint32
    16      8     frames, uint64
    24      4     factor, uint32: blocks of one level in a block of the next: 8
    28      4     levels, uint32: the frames are level 0
    32      8     milliseconds between frames, float64
    40      24    zeros
    64            level 0: values [frames, axes]
    ...           level k: [ceil(frames / factor^k), 2, axes]; least and greatest of each block

Each level begins at a multiple of 64 bytes, so the file may be mapped into memory and used as it
is; there are levels until one has at most 256 blocks, and the file ends with the last. It can be
made again from the recording at any time.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.paths import write_atomic
from tinsmith.signals import Signal

VERSION = 1
FACTOR = 8
MAX_POINTS = 100_000
_MAGIC = b"TINLOD\0\0"
_HEADER = struct.Struct("<8sHHIQIId24x")  # 64 bytes
_ALIGNMENT = 64
_COARSEST_BLOCKS = 256
_DTYPES: dict[int, npt.DTypeLike] = {1: "<i2", 2: "<f4"}

Values = npt.NDArray[np.float32]
Bytes = bytes | bytearray | memoryview
# Reads `size` bytes at `offset`, fewer at the end: of a file, or of a blob in an object store.
ReadRange = Callable[[int, int], Bytes]


@dataclass(frozen=True, eq=False)
class Detail:
    """What a graph of a stretch of a recording shows.

    Args:
        start, end: Frames [start, end) it covers: those asked for, rounded outwards to whole steps.
        step: Frames of each entry; the last one may be shorter. With 1 the entries are the frames
            themselves.
        minimum, maximum: float32 [n, axes], least and greatest value of each entry.
        interval_ms: Milliseconds between frames of the recording; 0 without time.
        frames: Length of the whole recording.
    """

    start: int
    end: int
    step: int
    minimum: Values
    maximum: Values
    interval_ms: float
    frames: int


def encode_detail(signal: Signal) -> bytes:
    """The levels of a recording, in the format above; the same recording gives the same bytes."""
    kind = 1 if _fits_int16(signal.values) else 2
    dtype = np.dtype(_DTYPES[kind])
    level0 = np.ascontiguousarray(signal.values, dtype=dtype)
    levels = list(_levels(level0))
    header = _HEADER.pack(
        _MAGIC, VERSION, kind, signal.axes, signal.frames, FACTOR, len(levels) + 1,
        signal.interval_ms,
    )  # fmt: skip
    parts: list[Any] = []
    size = 0
    contents: list[Any] = [header, level0, *levels]
    for part in contents:
        padding = -size % _ALIGNMENT
        parts += [bytes(padding), memoryview(part).cast("B")]
        size += padding + parts[-1].nbytes
    return b"".join(parts)


def write_detail(signal: Signal, path: Path) -> None:
    """Writes the levels of a recording to a file, as a whole or not at all."""
    write_atomic(path, encode_detail(signal))


def read_detail(source: Path | Bytes | ReadRange, start: int, end: int, points: int) -> Detail:
    """Least and greatest values of a stretch of a recording, for drawing.

    Entries begin at multiples of their step, so that a graph that is dragged does not flicker.

    Args:
        source: The file, its bytes, or a function that reads a range of them.
        start, end: Frames [start, end) wanted; cut to what there is.
        points: How many entries are wanted; there may be one more, or fewer.

    Raises:
        DatasetError: The file is no such file, is cut, or cannot be read; or nothing of the
            recording lies in the stretch.
        DesignError: `points` is not between 1 and 100 000.
    """
    if not 1 <= points <= MAX_POINTS:
        raise DesignError(f"{points} points were asked for; expected 1 to {MAX_POINTS}")
    if not isinstance(source, Path):
        read_range = source if callable(source) else _ranges_of(source)
        return _Levels.open(read_range).read(start, end, points)
    try:
        with source.open("rb", buffering=0) as file:
            handle = file.fileno()
            return _Levels.open(lambda offset, size: os.pread(handle, size, offset)).read(
                start, end, points
            )
    except DatasetError as error:
        raise error.at(source) from None
    except OSError as error:
        raise DatasetError(f"cannot be read: {error.strerror or error}", path=source) from error


def _ranges_of(data: Bytes) -> ReadRange:
    view = memoryview(data).cast("B")
    return lambda offset, size: view[offset : offset + size]


@dataclass(frozen=True)
class _Levels:
    """The levels of one file: where they lie, and how to read them."""

    read_range: ReadRange
    dtype: np.dtype[Any]
    axes: int
    frames: int
    factor: int
    levels: int
    interval_ms: float

    @classmethod
    def open(cls, read_range: ReadRange) -> _Levels:
        """Reads and checks the header."""
        head = bytes(read_range(0, _HEADER.size))
        if len(head) < _HEADER.size or head[: len(_MAGIC)] != _MAGIC:
            raise _damaged(f"it begins with {head[:8].hex(' ') or 'nothing'}")
        _, version, kind, axes, frames, factor, levels, interval_ms = _HEADER.unpack(head)
        if version != VERSION or kind not in _DTYPES:
            raise DatasetError(
                f"levels of detail of version {version}, type {kind}; expected version {VERSION}, "
                "type 1 or 2",
                hint="make them again from the recording",
            )
        if not (axes and 0 < frames < 1 << 48 and 2 <= factor <= 1024 and 1 <= levels <= 48):
            raise _damaged(
                f"{axes} axes, {frames} frames, {levels} levels, each {factor} times coarser"
            )
        dtype = np.dtype(_DTYPES[kind])
        return cls(read_range, dtype, axes, frames, factor, levels, interval_ms)

    def read(self, start: int, end: int, points: int) -> Detail:
        """The stretch [start, end) in about `points` entries."""
        first, last = max(start, 0), min(end, self.frames)
        if first >= last:
            raise DatasetError(
                f"frames {start} to {end} are wanted of a recording of {self.frames}",
                hint="the start must lie before the end, and both within the recording",
            )
        level, step = self._step(last - first, points)
        first = first // step * step
        last = min(self.frames, -(-last // step) * step)
        low, high = self._blocks(level, first, last)
        per_entry = step // self.factor**level
        return Detail(
            first,
            last,
            step,
            np.array(_reduced(low, per_entry, np.minimum), np.float32),
            np.array(_reduced(high, per_entry, np.maximum), np.float32),
            self.interval_ms,
            self.frames,
        )

    def _step(self, length: int, points: int) -> tuple[int, int]:
        """The coarsest level that is fine enough, and frames of an entry: whole blocks of it."""
        wanted = -(-length // points)
        level = 0
        while level + 1 < self.levels and self.factor ** (level + 1) <= wanted:
            level += 1
        block = self.factor**level
        return level, -(-wanted // block) * block

    def _blocks(
        self, level: int, first: int, last: int
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Least and greatest values [blocks, axes] of the blocks over frames [first, last)."""
        block = self.factor**level
        begin, count = first // block, -(-last // block) - first // block
        size = count * self._row_bytes(level)
        data = self.read_range(self._offset(level) + begin * self._row_bytes(level), size)
        if len(data) != size:
            raise _damaged(f"level {level} is cut: {size} bytes wanted, {len(data)} are there")
        values = np.frombuffer(data, self.dtype).reshape(count, -1, self.axes)
        return values[:, 0], values[:, -1]

    def _row_bytes(self, level: int) -> int:
        """Bytes of a frame, or of the least and greatest values of a block."""
        return (2 if level else 1) * self.axes * self.dtype.itemsize

    def _offset(self, level: int) -> int:
        """Where a level begins."""
        offset = _HEADER.size
        for below in range(level):
            offset += -(-self.frames // self.factor**below) * self._row_bytes(below)
            offset += -offset % _ALIGNMENT
        return offset


def _levels(level0: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """[blocks, 2, axes] of every level above the frames, finest first."""
    low = high = level0
    while len(low) > _COARSEST_BLOCKS:
        low, high = _reduced(low, FACTOR, np.minimum), _reduced(high, FACTOR, np.maximum)
        yield np.stack([low, high], axis=1)


def _reduced(values: npt.NDArray[Any], count: int, choose: np.ufunc) -> npt.NDArray[Any]:
    """The least or greatest of each `count` rows; the last entry may be of fewer."""
    if count == 1:
        return values
    return np.asarray(choose.reduceat(values, np.arange(0, len(values), count), axis=0))


def _fits_int16(values: Values) -> bool:
    """Whether int16 holds the values exactly."""
    if float(values.min()) < -(1 << 15) or float(values.max()) >= 1 << 15:
        return False
    return np.array_equal(values.astype(np.int16), values)


def _damaged(what: str) -> DatasetError:
    return DatasetError(
        f"no levels of detail, or damaged: {what}", hint="make them again from the recording"
    )
