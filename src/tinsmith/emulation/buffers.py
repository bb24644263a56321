"""The memory a build computes in, laid out the same way on every kind of machine.

    windows | guard | features | guard | values | guard | scratch | guard

Guards and unwritten results hold known patterns, so that a build which writes too much or too
little is found out wherever it runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinsmith.core.errors import VerificationError
from tinsmith.emulation.report import Bytes, Floats, Layout

PAGE = 4096
_ALIGNMENT = 16
_GUARD_BYTES = 64
_GUARD = 0xA5
# As a float this is a NaN that no build writes: its NaNs are 0x7fc00000.
_UNWRITTEN = 0xFF
_UNWRITTEN_WORD = 0xFFFFFFFF


@dataclass(frozen=True)
class Region:
    """A buffer inside the memory: offset and size in bytes; a guard follows it."""

    name: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        """Offset of the first byte behind the region."""
        return self.offset + self.size


@dataclass(frozen=True)
class Buffers:
    """Places of all buffers for up to `capacity` windows in one call."""

    layout: Layout
    capacity: int
    windows: Region
    features: Region
    values: Region
    scratch: Region
    size: int  # of everything, in whole pages

    def blank(self) -> Bytes:
        """Memory before a call, without windows; whole pages."""
        memory = whole_pages(self.size, fill=_GUARD)
        self.reset(memory)
        return memory

    def reset(self, memory: Bytes) -> None:
        """Marks all results as unwritten."""
        for region in (self.features, self.values):
            memory[region.offset : region.end] = _UNWRITTEN

    def check(self, memory: Bytes) -> None:
        """Looks at the guards behind every buffer.

        Raises:
            VerificationError: The build wrote past a buffer.
        """
        for region in (self.windows, self.features, self.values, self.scratch):
            if (memory[region.end : region.end + _GUARD_BYTES] != _GUARD).any():
                raise VerificationError(
                    f"the build writes past the {region.size} bytes of its {region.name}",
                    hint="the layout handed to the run does not belong to this build",
                )

    def results(self, memory: Bytes, count: int) -> tuple[Floats, Floats]:
        """Copies of the features [count, F] and values [count, V] after a call.

        Raises:
            VerificationError: The build left some of them unwritten.
        """
        features = self._rows(memory, self.features, self.layout.num_features, count)
        values = self._rows(memory, self.values, self.layout.num_values, count)
        return features, values

    def _rows(self, memory: Bytes, region: Region, width: int, count: int) -> Floats:
        data = memory[region.offset : region.offset + 4 * width * count]
        rows = np.frombuffer(data.tobytes(), dtype="<f4").reshape(count, width)
        unwritten = np.argwhere(rows.view("<u4") == _UNWRITTEN_WORD)
        if unwritten.size:
            row, column = unwritten[0]
            raise VerificationError(
                f"the build wrote no {region.name}[{column}] for window {row} of the call",
                hint="the layout handed to the run does not belong to this build",
            )
        return rows


def plan(layout: Layout, capacity: int) -> Buffers:
    """Places for `capacity` windows at a time."""
    windows = Region("windows", 0, 4 * capacity * layout.window_length)
    features = Region("features", _behind(windows), 4 * capacity * layout.num_features)
    values = Region("values", _behind(features), 4 * capacity * layout.num_values)
    scratch = Region("scratch", _behind(values), layout.scratch_bytes)
    size = -(-_behind(scratch) // PAGE) * PAGE
    return Buffers(layout, capacity, windows, features, values, scratch, size)


def _behind(region: Region) -> int:
    return -(-(region.end + _GUARD_BYTES) // _ALIGNMENT) * _ALIGNMENT


def whole_pages(size: int, *, fill: int) -> Bytes:
    """Memory that starts at a page, as an emulator can map it."""
    backing = np.full(size + PAGE, fill, dtype=np.uint8)
    shift = -backing.ctypes.data % PAGE
    return backing[shift : shift + size]
