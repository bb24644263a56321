"""The few kinds of C that generated files consist of; each prints itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tinsmith.core import cvalue
from tinsmith.core.cvalue import Struct


class Printable(Protocol):
    """A piece of C at file level."""

    def text(self) -> str:
        """C source, ending in a newline."""


@dataclass(frozen=True)
class Comment:
    """A block comment of whole lines."""

    lines: tuple[str, ...]

    def text(self) -> str:
        if len(self.lines) == 1:
            return f"/* {self.lines[0]} */\n"
        body = "".join(f" * {line}".rstrip() + "\n" for line in self.lines)
        return f"/*\n{body} */\n"


@dataclass(frozen=True)
class Include:
    """An include of one of our headers."""

    header: str

    def text(self) -> str:
        return f'#include "{self.header}"\n'


@dataclass(frozen=True)
class Blank:
    """An empty line."""

    def text(self) -> str:
        return "\n"


@dataclass(frozen=True)
class Define:
    """A preprocessor constant."""

    name: str
    value: int

    def text(self) -> str:
        return f"#define {self.name} {self.value}\n"


@dataclass(frozen=True)
class Guard:
    """A header's content between include guards."""

    name: str
    parts: tuple[Printable, ...]

    def text(self) -> str:
        body = "".join(part.text() for part in self.parts)
        return f"#ifndef {self.name}\n#define {self.name}\n\n{body}\n#endif\n"


@dataclass(frozen=True)
class StaticAssert:
    """A condition that the compiler checks; in C99 an array type of negative size fails."""

    name: str
    condition: str

    def text(self) -> str:
        return f"typedef char {self.name}[({self.condition}) ? 1 : -1];\n"


@dataclass(frozen=True)
class Constant:
    """`static const` struct with its arrays; `extern` linkage when exported."""

    name: str
    value: Struct
    exported: bool = False

    def text(self) -> str:
        source = cvalue.define(self.name, self.value)
        if self.exported:
            head = f"const {self.value.type} {self.name} ="
            source = source.replace(f"static {head}", head, 1)
        return source


@dataclass(frozen=True)
class ConstantTable:
    """`static const` array of structs."""

    name: str
    type: str
    rows: tuple[Struct, ...]

    def text(self) -> str:
        return cvalue.define_table(self.name, self.type, self.rows)


@dataclass(frozen=True)
class ConstantArray:
    """`static const` array of numbers."""

    name: str
    array: cvalue.Array

    def text(self) -> str:
        return cvalue.define_array(self.name, self.array.values)


@dataclass(frozen=True)
class External:
    """Declaration of a constant that another file defines."""

    type: str
    name: str

    def text(self) -> str:
        return f"extern const {self.type} {self.name};\n"


@dataclass(frozen=True)
class Place:
    """A typed address inside the arena."""

    type: str
    offset: int
    writable: bool = False

    def text(self) -> str:
        kind = self.type if self.writable else f"const {self.type}"
        return f"({kind} *)(arena + {self.offset})"


@dataclass(frozen=True)
class Name:
    """An identifier, or its address."""

    name: str
    address: bool = False

    def text(self) -> str:
        return f"&{self.name}" if self.address else self.name


@dataclass(frozen=True)
class RowPointer:
    """An element of `rows`, which are pointers to bytes, as a pointer to values."""

    type: str
    index: int

    def text(self) -> str:
        row = f"rows[{self.index}]"
        return row if self.type == "int8_t" else f"(const {self.type} *)(const void *){row}"


@dataclass(frozen=True)
class Unused:
    """A parameter that this function does not need."""

    name: str

    def text(self) -> str:
        return f"    (void){self.name};\n"


Expression = Place | Name | RowPointer


@dataclass(frozen=True)
class Call:
    """A call as a statement; one argument a line when the line gets long."""

    function: str
    arguments: tuple[Expression, ...]

    def text(self) -> str:
        texts = [argument.text() for argument in self.arguments]
        line = f"    {self.function}({', '.join(texts)});\n"
        if len(line) <= 101:
            return line
        indent = " " * (len(self.function) + 5)
        return f"    {self.function}({f',{chr(10)}{indent}'.join(texts)});\n"


@dataclass(frozen=True)
class Assign:
    """Declaration of a local pointer."""

    declaration: str
    value: Expression

    def text(self) -> str:
        return f"    {self.declaration} = {self.value.text()};\n"


@dataclass(frozen=True)
class Function:
    """A static function without result."""

    name: str
    parameter: str
    body: tuple[Call | Assign | Unused, ...]
    attribute: str = ""

    def text(self) -> str:
        head = " ".join(part for part in ("static", self.attribute, "void") if part)
        body = "".join(statement.text() for statement in self.body)
        return f"{head} {self.name}({self.parameter}) {{\n{body}}}\n"


def render(parts: tuple[Printable, ...]) -> str:
    """The source of a file."""
    return "".join(part.text() for part in parts)
