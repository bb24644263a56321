"""Checked access to a flatbuffer: no read leaves the file, and the work is bounded by its size.

The format: https://flatbuffers.dev/internals. A table begins with the distance back to its vtable,
which says where in the table each field lies, or that it is absent and has its default.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError

_FORMATS = {
    "int8": "<b",
    "uint8": "<B",
    "bool": "<?",
    "int16": "<h",
    "int32": "<i",
    "uint16": "<H",
    "uint32": "<I",
    "int64": "<q",
    "uint64": "<Q",
    "float32": "<f",
}

# An honest file mentions each byte about once. A hostile one can point at the same bytes from many
# places; reading more than this many times the file's size is refused.
_MAX_REPETITION = 4
_ALLOWANCE = 1 << 20


@dataclass
class FlatBuffer:
    """The bytes of a file, and how many more of them may be read."""

    data: bytes
    budget: int = field(init=False)

    def __post_init__(self) -> None:
        self.budget = len(self.data) * _MAX_REPETITION + _ALLOWANCE

    def spend(self, num_bytes: int) -> None:
        """Counts bytes read; refuses a file that repeats itself without end."""
        self.budget -= num_bytes
        if self.budget < 0:
            raise DecodeError("the model's tables point at the same bytes over and over")

    def check(self, start: int, num_bytes: int) -> None:
        """Refuses a range that leaves the file."""
        if start < 0 or num_bytes < 0 or start + num_bytes > len(self.data):
            raise DecodeError(
                f"the model refers to bytes {start} to {start + num_bytes} "
                f"of a file of {len(self.data)} bytes",
                hint="the file is truncated or corrupt; export or copy it again",
            )
        self.spend(num_bytes)

    def scalar(self, kind: str, position: int) -> Any:
        """One number."""
        form = _FORMATS[kind]
        self.check(position, struct.calcsize(form))
        return struct.unpack_from(form, self.data, position)[0]

    def follow(self, position: int) -> int:
        """The target of the offset stored at a position."""
        return position + int(self.scalar("uint32", position))

    def root(self) -> Table:
        """The file's outermost table."""
        return Table(self, self.follow(0))


@dataclass(frozen=True)
class Table:
    """One table; fields are addressed by their number in the schema."""

    buffer: FlatBuffer
    position: int

    def _field(self, number: int) -> int | None:
        """Where a field lies; None when it is absent."""
        vtable = self.position - self.buffer.scalar("int32", self.position)
        size = self.buffer.scalar("uint16", vtable) if vtable >= 0 else -1
        if size < 4 or size % 2:
            raise DecodeError(f"the table at byte {self.position} of the model has no valid layout")
        entry = 4 + 2 * number
        if entry + 2 > size:
            return None
        offset = self.buffer.scalar("uint16", vtable + entry)
        return self.position + offset if offset else None

    def scalar(self, number: int, kind: str, default: Any = 0) -> Any:
        """A number, or its default."""
        where = self._field(number)
        return default if where is None else self.buffer.scalar(kind, where)

    def table(self, number: int) -> Table | None:
        """A nested table."""
        where = self._field(number)
        return None if where is None else Table(self.buffer, self.buffer.follow(where))

    def text(self, number: int) -> str:
        """A string; bytes that are not UTF-8 are replaced."""
        return self.array(number, "uint8").tobytes().decode("utf-8", errors="replace")

    def array(self, number: int, kind: str) -> npt.NDArray[Any]:
        """A vector of numbers, as a view of the file; empty when absent."""
        dtype = np.dtype(kind).newbyteorder("<")
        where = self._field(number)
        if where is None:
            return np.empty(0, dtype)
        start, length = self._vector(where, dtype.itemsize)
        return np.frombuffer(self.buffer.data, dtype, length, start)

    def tables(self, number: int) -> tuple[Table, ...]:
        """A vector of tables; empty when absent."""
        where = self._field(number)
        if where is None:
            return ()
        start, length = self._vector(where, 4)
        return tuple(
            Table(self.buffer, self.buffer.follow(start + 4 * index)) for index in range(length)
        )

    def _vector(self, where: int, item_bytes: int) -> tuple[int, int]:
        begin = self.buffer.follow(where)
        length = int(self.buffer.scalar("uint32", begin))
        self.buffer.check(begin + 4, length * item_bytes)
        return begin + 4, length
