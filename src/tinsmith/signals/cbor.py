"""CBOR (RFC 8949) for the acquisition format: plain data only, exact end position, bounded work.

A library decoder would build dates, regular expressions and shared references from hostile tags and
reads past the first item; an acquisition file needs none of it, and its binary samples begin at the
byte where the first item ends.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tinsmith.core.errors import DecodeError

MAX_DEPTH = 16
_BREAK = object()
_SIMPLE: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
# Whole arrays of one fixed-size number type are read at once: initial byte -> dtype of the rest.
_RUNS = {0xF9: ">f2", 0xFA: ">f4", 0xFB: ">f8", 0x19: ">u2", 0x1A: ">u4"}
_RUN_MINIMUM = 32


def decode_first(data: bytes, *, max_items: int) -> tuple[Any, int]:
    """The first CBOR item of `data` and the position just after it.

    Raises:
        DecodeError: Truncated, malformed, nested too deeply, with tags, or with keys that are
            repeated or no text.
    """
    reader = _Reader(data, max_items)
    return reader.item(0), reader.position


class _Reader:
    """Position in the bytes and a budget of items."""

    def __init__(self, data: bytes, max_items: int) -> None:
        self.data = data
        self.position = 0
        self.budget = max_items

    def item(self, depth: int, *, stop_allowed: bool = False) -> Any:
        start = self.position
        initial = self.take(1)[0]
        if initial == 0xFF:
            if stop_allowed:
                return _BREAK
            raise self.error("a break without an open array or map", start)
        self.budget -= 1
        if self.budget < 0:
            raise self.error("more items than the limit allows", start)
        if depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", start)
        major, info = initial >> 5, initial & 31
        if major == 7:
            return self.simple(info, start)
        argument = self.argument(info, start)
        if major < 2 and argument is not None:
            return argument if major == 0 else -1 - argument
        if major in (2, 3):
            return self.string(major, argument, start)
        if major == 4:
            return self.array(argument, depth)
        if major == 5:
            return self.mapping(argument, depth, start)
        raise self.error(f"a tag or a malformed item (byte 0x{initial:02x})", start)

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise DecodeError(
                f"the CBOR data is cut: {count} more bytes expected at byte {self.position}, "
                f"{len(self.data) - self.position} are there",
                hint="the recording or its transfer was interrupted; send it again",
            )
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def argument(self, info: int, start: int) -> int | None:
        """The length or number after the initial byte; None is "indefinite"."""
        if info < 24:
            return info
        if info < 28:
            return int.from_bytes(self.take(1 << (info - 24)), "big")
        if info == 31:
            return None
        raise self.error(f"reserved length code {info}", start)

    def simple(self, info: int, start: int) -> Any:
        if info == 25:
            return float(struct.unpack(">e", self.take(2))[0])
        if info == 26:
            return float(struct.unpack(">f", self.take(4))[0])
        if info == 27:
            return float(struct.unpack(">d", self.take(8))[0])
        if info in _SIMPLE:
            return _SIMPLE[info]
        raise self.error(f"simple value {info}", start)

    def string(self, major: int, length: int | None, start: int) -> str | bytes:
        raw = b"".join(self.chunks(major, start)) if length is None else self.take(length)
        if major == 2:
            return raw
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.error("text that is not UTF-8", start) from None

    def chunks(self, major: int, start: int) -> list[bytes]:
        parts: list[bytes] = []
        while (initial := self.take(1)[0]) != 0xFF:
            length = self.argument(initial & 31, start) if initial >> 5 == major else None
            if length is None:
                raise self.error("a malformed text of unknown length", start)
            parts.append(self.take(length))
        return parts

    def array(self, length: int | None, depth: int) -> list[Any]:
        if length is not None:
            run = self.run(length)
            if run is not None:
                return run
        items: list[Any] = []
        while length is None or len(items) < length:
            item = self.item(depth + 1, stop_allowed=length is None)
            if item is _BREAK:
                break
            items.append(item)
        return items

    def run(self, length: int) -> list[Any] | None:
        """The items of an array of equal fixed-size numbers, or None if it is not one."""
        if length < _RUN_MINIMUM or self.position >= len(self.data) or length > self.budget:
            return None
        initial = self.data[self.position]
        if initial not in _RUNS:
            return None
        dtype = np.dtype([("initial", "u1"), ("number", _RUNS[initial])])
        end = self.position + length * dtype.itemsize
        if end > len(self.data):
            return None
        items = np.frombuffer(self.data, dtype, length, self.position)
        if not (items["initial"] == initial).all():
            return None
        self.position = end
        self.budget -= length
        numbers: list[Any] = items["number"].tolist()
        return numbers

    def mapping(self, length: int | None, depth: int, start: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while length is None or len(entries) < length:
            key = self.item(depth + 1, stop_allowed=length is None)
            if key is _BREAK:
                break
            if not isinstance(key, str):
                raise self.error(f"a map key that is {type(key).__name__}, not text", start)
            if key in entries:
                raise self.error(f"the key {key!r} twice", start)
            entries[key] = self.item(depth + 1)
        return entries

    def error(self, what: str, position: int) -> DecodeError:
        return DecodeError(
            f"not readable as CBOR: {what} at byte {position}",
            hint="the file is damaged or no acquisition file; send it again",
        )


def encode(value: Any) -> bytes:
    """Plain data (dict, list, str, int, float, None) as CBOR; floats as float32 where exact."""
    parts: list[bytes] = []
    _append(parts, value)
    return b"".join(parts)


def _append(parts: list[bytes], value: Any) -> None:
    match value:
        case None:
            parts.append(b"\xf6")
        case bool():
            parts.append(b"\xf5" if value else b"\xf4")
        case int():
            parts.append(_head(0, value) if value >= 0 else _head(1, -1 - value))
        case float():
            single = struct.pack(">f", value) if abs(value) <= 3.4e38 else b""
            exact = bool(single) and struct.unpack(">f", single)[0] == value
            parts.append(b"\xfa" + single if exact else b"\xfb" + struct.pack(">d", value))
        case str():
            raw = value.encode("utf-8")
            parts.append(_head(3, len(raw)) + raw)
        case list():
            parts.append(_head(4, len(value)))
            for item in value:
                _append(parts, item)
        case dict():
            parts.append(_head(5, len(value)))
            for key, item in value.items():
                _append(parts, key)
                _append(parts, item)
        case _:
            raise TypeError(f"{type(value).__name__} has no CBOR form here")


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << (8 * size))
    return bytes([major << 5 | (23 + size.bit_length())]) + argument.to_bytes(size, "big")
