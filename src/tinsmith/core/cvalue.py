"""C values described once: packed for the host library and printed as C source.

A block's configuration is one `Struct`. `pack` turns it into memory the host library reads,
`define` prints it as `static const` C for a device. Every scalar in a configuration struct is an
`int32_t`, a `float` or a pointer to constant data, so that the layout needs no per-type knowledge.
"""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

_C_TYPES: dict[str, str] = {
    "bool": "uint8_t",
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
}


@dataclass(frozen=True)
class Array:
    """A pointer to constant data; a 0-length array is a null pointer.

    Args:
        alignment: Bytes that printed C asks for (vectors that cross a cache line cost twice); 0: as
            the type has it.
    """

    values: npt.NDArray[Any]
    alignment: int = 0

    @staticmethod
    def f32(values: npt.ArrayLike) -> Array:
        """Constant floats (rounded to float32 once, here)."""
        return Array(np.ascontiguousarray(np.asarray(values, dtype=np.float32).ravel()))

    @staticmethod
    def i32(values: npt.ArrayLike) -> Array:
        """Constant 32-bit integers."""
        return Array(np.ascontiguousarray(np.asarray(values, dtype=np.int32).ravel()))


@dataclass(frozen=True)
class Symbol:
    """A C expression that names something: `tin_mfe_run`, `&mfe_config`, `0`. Printed only."""

    text: str


@dataclass(frozen=True)
class Text:
    """A C string. Printed only."""

    value: str


@dataclass(frozen=True)
class Struct:
    """A C struct: its type name and its fields in declaration order.

    A field is a Python int (`int32_t`), a float (`float`), an `Array` (pointer to constants),
    another `Struct` (embedded by value), or a `Symbol` or `Text` in structs that are only printed.
    """

    type: str
    fields: tuple[tuple[str, Value], ...]

    def __getitem__(self, name: str) -> Value:
        return dict(self.fields)[name]


Value = int | float | Array | Struct | Symbol | Text


@dataclass(frozen=True)
class Packed:
    """A struct in memory. Keep this object alive while C uses `address`."""

    size: int
    address: int
    _keep: list[Any] = field(repr=False)


def pack(struct: Struct) -> Packed:
    """Lays `struct` out in memory with the host's C rules."""
    keep: list[Any] = []
    instance = _instance(struct, keep)
    keep.append(instance)
    return Packed(ctypes.sizeof(instance), ctypes.addressof(instance), keep)


def _instance(struct: Struct, keep: list[Any]) -> ctypes.Structure:
    members: list[tuple[str, Any]] = []
    values: list[Any] = []
    for name, value in struct.fields:
        ctype, packed = _member(value, keep)
        members.append((name, ctype))
        values.append(packed)
    return _layout(struct.type, tuple(members))(*values)


@functools.cache
def _layout(name: str, members: tuple[tuple[str, Any], ...]) -> type[ctypes.Structure]:
    # Making a type costs far more than filling one in.
    return type(name, (ctypes.Structure,), {"_fields_": list(members)})


def _member(value: Value, keep: list[Any]) -> tuple[Any, Any]:
    match value:
        case bool() | int():
            return ctypes.c_int32, int(value)
        case float():
            return ctypes.c_float, value
        case Array(values):
            if values.size == 0:
                return ctypes.c_void_p, None
            keep.append(values)
            return ctypes.c_void_p, values.ctypes.data
        case Struct():
            nested = _instance(value, keep)
            return type(nested), nested
        case _:
            raise TypeError(f"{type(value).__name__} has no memory form; it is printed only")


def define(name: str, struct: Struct) -> str:
    """C source: the constant arrays of `struct`, then `static const <type> <name> = {...};`."""
    arrays: list[str] = []
    body = _initialiser(name, struct, arrays, indent=1)
    return "".join(arrays) + f"static const {struct.type} {name} = {body};\n"


def define_table(name: str, ctype: str, rows: Sequence[Struct]) -> str:
    """C source of a constant array of structs, one row after another."""
    arrays: list[str] = []
    body = "".join(
        f"    {_initialiser(f'{name}_{index}', row, arrays, indent=2)},\n"
        for index, row in enumerate(rows)
    )
    return "".join(arrays) + f"static const {ctype} {name}[{len(rows)}] = {{\n{body}}};\n"


def define_texts(name: str, texts: Sequence[str]) -> str:
    """C source of a constant array of strings."""
    body = "".join(f"    {text_literal(text)},\n" for text in texts)
    return f"static const char *const {name}[{len(texts)}] = {{\n{body}}};\n"


def text_literal(text: str) -> str:
    """A C string literal; bytes outside printable ASCII are written as octal escapes."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
        for byte in text.encode("utf-8")
    )
    return f'"{plain}"'


def _initialiser(prefix: str, struct: Struct, arrays: list[str], *, indent: int) -> str:
    pad = "    " * indent
    lines = [
        f"{pad}.{name} = {_text(f'{prefix}_{name}', value, arrays, indent=indent)},\n"
        for name, value in struct.fields
    ]
    return "{\n" + "".join(lines) + "    " * (indent - 1) + "}"


def _text(prefix: str, value: Value, arrays: list[str], *, indent: int) -> str:
    match value:
        case bool() | int():
            return str(int(value))
        case float():
            return float_literal(value)
        case Array(values, alignment):
            if values.size == 0:
                return "0"
            attributes = f"TIN_ALIGNED({alignment})" if alignment else ""
            arrays.append(define_array(prefix, values, attributes=attributes))
            return prefix
        case Struct():
            return _initialiser(prefix, value, arrays, indent=indent + 1)
        case Symbol(text):
            return text
        case Text(text):
            return text_literal(text)


def define_array(name: str, values: npt.NDArray[Any], *, attributes: str = "") -> str:
    """C source of one constant array, ten or so values a line."""
    flat = values.ravel()
    texts = literals(flat)
    per_line = 8 if flat.dtype == np.float32 else 16
    lines = [
        "    " + ", ".join(texts[start : start + per_line]) + ",\n"
        for start in range(0, len(texts), per_line)
    ]
    qualifier = f" {attributes}" if attributes else ""
    ctype = _C_TYPES[flat.dtype.name]
    return f"static const {ctype} {name}[{flat.size}]{qualifier} = {{\n{''.join(lines)}}};\n\n"


def literals(values: npt.NDArray[Any]) -> list[str]:
    """Numbers [count] as C source that reads back to the same bits."""
    if values.dtype != np.float32:
        return list(map(str, values.astype(np.int64).tolist()))
    size = np.abs(values)
    # Where no exponent can be shorter, NumPy's own text is the literal, and quickly made.
    is_plain = ((size >= 1e-3) & (size < 1e4)) | (size == 0)
    return [
        str(value) + "f" if plain else float_literal(float(value))
        for value, plain in zip(values, is_plain.tolist(), strict=True)
    ]


def float_literal(value: float) -> str:
    """A float32 as the shortest decimal C literal that reads back to the same bits.

    Raises:
        ValueError: The value is NaN or infinite, which C99 has no portable literal for.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} has no C literal")
    text = np.format_float_scientific(np.float32(value), unique=True, trim="0")
    plain = np.format_float_positional(np.float32(value), unique=True, trim="0")
    return (plain if len(plain) <= len(text) else text) + "f"
