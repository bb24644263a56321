"""Options of custom operators: a map of numbers, words and vectors in the flexbuffer format.

The format: https://flatbuffers.dev/internals (FlexBuffers). A value lies before what refers to it;
its type and width stand beside it. Every byte is untrusted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tinsmith.compiler.read.flatbuffer import FlatBuffer
from tinsmith.core.errors import DecodeError

Number = int | float
Option = Number | str | bytes | tuple[Number, ...]

_INT, _UINT, _FLOAT, _KEY, _STRING = 1, 2, 3, 4, 5
_INDIRECT = {6: _INT, 7: _UINT, 8: _FLOAT}
_MAP, _VECTOR, _BLOB, _BOOL = 9, 10, 25, 26
_TYPED = {11: _INT, 12: _UINT, 13: _FLOAT, 36: _BOOL}
_FORMATS = {
    _INT: {1: "<b", 2: "<h", 4: "<i", 8: "<q"},
    _UINT: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
    _FLOAT: {4: "<f", 8: "<d"},
}
_FORMATS[_BOOL] = _FORMATS[_UINT]
_MAX_KEY = 256


def read_flexbuffer(data: bytes) -> dict[str, Option]:
    """The outermost map.

    Raises:
        DecodeError: The bytes are no flexbuffer, or hold something other than a map of numbers,
            words and vectors of numbers.
    """
    if len(data) < 3:
        raise DecodeError(f"a custom operator has {len(data)} bytes of options; expected a map")
    reader = _Reader(FlatBuffer(data))
    width, packed = data[-1], data[-2]
    if packed >> 2 != _MAP or width not in (1, 2, 4, 8):
        raise DecodeError(f"a custom operator has options of type {packed >> 2}; expected a map")
    start = reader.behind(len(data) - 2 - width, width)
    return reader.map(start, 1 << (packed & 3))


@dataclass(frozen=True)
class _Reader:
    buffer: FlatBuffer

    def number(self, kind: int, position: int, width: int) -> Number:
        form = _FORMATS[kind].get(width)
        if form is None:
            raise DecodeError(f"a custom operator's options have a number of {width} bytes")
        self.buffer.check(position, width)
        value: Number = struct.unpack_from(form, self.buffer.data, position)[0]
        return value

    def whole(self, position: int, width: int) -> int:
        return int(self.number(_UINT, position, width))

    def behind(self, position: int, width: int) -> int:
        """The target of a distance back."""
        return position - self.whole(position, width)

    def map(self, start: int, width: int) -> dict[str, Option]:
        count = self.whole(start - width, width)
        keys = self.behind(start - 3 * width, width)
        key_width = self.whole(start - 2 * width, width)
        self.buffer.check(start, count * (width + 1))
        found = {}
        for index in range(count):
            name = self.key(self.behind(keys + index * key_width, key_width))
            packed = self.whole(start + count * width + index, 1)
            found[name] = self.value(packed, start + index * width, width)
        return found

    def key(self, position: int) -> str:
        self.buffer.check(position, 1)
        end = self.buffer.data.find(b"\0", position, position + _MAX_KEY)
        if end < 0:
            raise DecodeError("a custom operator has an option whose name does not end")
        self.buffer.spend(end - position)
        return self.buffer.data[position:end].decode("utf-8", errors="replace")

    def value(self, packed: int, position: int, width: int) -> Option:
        kind, child = packed >> 2, 1 << (packed & 3)
        if kind in _FORMATS:
            return self.number(kind, position, width)
        target = self.behind(position, width)
        if kind in _INDIRECT:
            return self.number(_INDIRECT[kind], target, child)
        if kind == _KEY:
            return self.key(target)
        if kind in (_STRING, _BLOB):
            count = self.whole(target - child, child)
            self.buffer.check(target, count)
            raw = self.buffer.data[target : target + count]
            return raw if kind == _BLOB else raw.decode("utf-8", errors="replace")
        if kind == _VECTOR or kind in _TYPED:
            return self.vector(kind, target, child)
        raise DecodeError(f"a custom operator has an option of type {kind}, which is not supported")

    def vector(self, kind: int, start: int, width: int) -> tuple[Number, ...]:
        count = self.whole(start - width, width)
        self.buffer.check(start, count * width)
        kinds = [_TYPED.get(kind, _UINT)] * count
        if kind == _VECTOR:
            packed = [self.whole(start + count * width + i, 1) for i in range(count)]
            kinds = [item >> 2 for item in packed]
            if not set(kinds) <= set(_FORMATS):
                raise DecodeError("a custom operator has an option that is no vector of numbers")
        return tuple(self.number(item, start + i * width, width) for i, item in enumerate(kinds))
