"""Sections and symbols of ELF files, as far as measuring a build needs them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from tinsmith.core.errors import BuildError

_MAGIC = b"\x7fELF"
_LITTLE_ENDIAN = 1
_SYMTAB, _NOBITS, _DYNSYM = 2, 8, 11
_ALLOC, _WRITE, _EXEC = 0x2, 0x1, 0x4
_FUNC = 2


@dataclass(frozen=True)
class Section:
    """One section: where it is in memory and in the file."""

    name: str
    address: int
    size: int
    offset: int
    is_loaded: bool  # takes memory on the device
    has_content: bool  # its bytes are in the image (not zeroed at start-up)
    is_writable: bool
    is_code: bool


@dataclass(frozen=True)
class Symbol:
    """A defined symbol; the address of a Thumb function is without the mode bit."""

    name: str
    address: int
    size: int
    is_function: bool


@dataclass(frozen=True)
class Segment:
    """A piece of the image as the loader puts it into memory (`load_address`: where it is kept)."""

    load_address: int
    data: bytes


@dataclass(frozen=True)
class Elf:
    """An ELF file's contents."""

    entry: int
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    segments: tuple[Segment, ...]

    def symbol(self, name: str) -> Symbol:
        """The symbol called `name`.

        Raises:
            BuildError: There is none, or several different ones.
        """
        found = {symbol.address: symbol for symbol in self.symbols if symbol.name == name}
        if len(found) != 1:
            state = "not in the build" if not found else f"defined {len(found)} times"
            raise BuildError(f"symbol {name} is {state}")
        return next(iter(found.values()))

    def function_at(self, address: int) -> str:
        """Name of the function that `address` lies in, or a question mark."""
        for symbol in self.symbols:
            inside = symbol.address <= address < symbol.address + max(symbol.size, 2)
            if symbol.is_function and inside:
                return symbol.name
        return "?"


@dataclass(frozen=True)
class _Format:
    header: struct.Struct
    section: struct.Struct
    program: struct.Struct
    symbol: struct.Struct
    is_64: bool


_ELF32 = _Format(
    struct.Struct("<16x2HI3II6H"),
    struct.Struct("<10I"),
    struct.Struct("<8I"),
    struct.Struct("<3IBBH"),
    is_64=False,
)
_ELF64 = _Format(
    struct.Struct("<16x2HI3QI6H"),
    struct.Struct("<2I4Q2I2Q"),
    struct.Struct("<2I6Q"),
    struct.Struct("<IBBH2Q"),
    is_64=True,
)


def read_elf(path: Path) -> Elf:
    """Reads `path`.

    Raises:
        BuildError: The file is not a whole little-endian ELF file.
    """
    data = path.read_bytes()
    if data[:4] != _MAGIC or len(data) < 20 or data[5] != _LITTLE_ENDIAN:
        raise BuildError("not a little-endian ELF file", path=path)
    try:
        return _parse(data, _ELF64 if data[4] == 2 else _ELF32)
    except (struct.error, IndexError, ValueError) as error:
        raise BuildError(f"the ELF file is damaged: {error}", path=path) from error


def _parse(data: bytes, form: _Format) -> Elf:
    header = form.header.unpack_from(data)
    machine, entry, program_offset, section_offset = header[1], *header[3:6]
    program_count, section_count, names_index = header[9], header[11], header[12]
    rows = [
        form.section.unpack_from(data, section_offset + i * form.section.size)
        for i in range(section_count)
    ]
    names = _content(data, rows[names_index])
    is_arm = machine == 40
    return Elf(
        entry & ~1 if is_arm else entry,
        tuple(_section(row, names) for row in rows[1:]),
        tuple(_symbols(data, rows, form, is_arm=is_arm)),
        tuple(_segments(data, form, program_offset, program_count)),
    )


def _section(row: tuple[int, ...], names: bytes) -> Section:
    name, kind, flags, address, offset, size = row[:6]
    return Section(
        _text(names, name),
        address,
        size,
        offset,
        is_loaded=bool(flags & _ALLOC),
        has_content=kind != _NOBITS,
        is_writable=bool(flags & _WRITE),
        is_code=bool(flags & _EXEC),
    )


def _symbols(
    data: bytes, rows: list[tuple[int, ...]], form: _Format, *, is_arm: bool
) -> list[Symbol]:
    symbols: list[Symbol] = []
    for row in rows:
        if row[1] not in (_SYMTAB, _DYNSYM):
            continue
        names = _content(data, rows[row[6]])
        for fields in form.symbol.iter_unpack(_content(data, row)):
            symbol = _symbol(fields, names, form, is_arm=is_arm)
            if symbol:
                symbols.append(symbol)
    return symbols


def _symbol(fields: tuple[int, ...], names: bytes, form: _Format, *, is_arm: bool) -> Symbol | None:
    if form.is_64:
        name, info, _, section, address, size = fields
    else:
        name, address, size, info, _, section = fields
    if section == 0 or name == 0:
        return None
    is_function = info & 0xF == _FUNC
    if is_arm and is_function:
        address &= ~1
    return Symbol(_text(names, name), address, size, is_function)


def _segments(data: bytes, form: _Format, offset: int, count: int) -> list[Segment]:
    segments: list[Segment] = []
    for i in range(count):
        row = form.program.unpack_from(data, offset + i * form.program.size)
        if form.is_64:
            kind, _, start, _, load, size = row[:6]
        else:
            kind, start, _, load, size = row[:5]
        if kind == 1 and size:
            segments.append(Segment(load, data[start : start + size]))
    return segments


def _content(data: bytes, row: tuple[int, ...]) -> bytes:
    return data[row[4] : row[4] + row[5]]


def _text(names: bytes, start: int) -> str:
    return names[start : names.index(b"\0", start)].decode("utf-8", errors="replace")
