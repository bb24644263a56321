"""Text tables (CSV, TSV): with or without header or time, any delimiter, gaps, labels."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError
from tinsmith.signals.csv_columns import Columns, assemble, collect
from tinsmith.signals.csv_layout import Layout, plan_layout
from tinsmith.signals.csv_text import (
    Row,
    decode_text,
    find_dialect,
    kind,
    rows,
    split_separator_line,
)
from tinsmith.signals.types import Decoded, DecodeOptions

Floats = npt.NDArray[np.float64]

_CHUNK_ROWS = 4096
_LARGEST = float(np.finfo(np.float32).max)


def decode_csv(data: bytes, options: DecodeOptions) -> Decoded:
    """A text table; one axis a numeric column.

    Raises:
        DecodeError: Not such a table, text where numbers belong, gaps that are too long, uneven
            rows, or no way to tell the interval; the message names the line.
    """
    text, notes = decode_text(data)
    text, separator = split_separator_line(text)
    if separator is not None and options.delimiter is None:
        options = replace(options, delimiter=separator)
    dialect, more = find_dialect(text, options)
    layout = plan_layout(text, dialect, options)
    columns = collect(read_chunks(rows(text, dialect.delimiter), layout), layout, options)
    notes += [*more, *layout.notes]
    return assemble(columns, layout, options, "csv", notes)


def read_chunks(source: Iterator[Row], layout: Layout) -> Iterator[Columns]:
    """The rows of a table as columns, a few thousand rows at a time; its header is left out.

    Raises:
        DecodeError: Uneven rows, or text where numbers belong; the message names the line.
    """
    body = islice(source, 1, None) if layout.has_header else source
    while chunk := list(islice(body, _CHUNK_ROWS)):
        _check_widths(chunk, layout)
        cells = list(zip(*(row.cells[: layout.width] for row in chunk), strict=True))
        values = [array("d", _numbers(cells[i], chunk, layout, i)) for i in layout.values]
        columns = Columns(values, lines=array("q", (row.line for row in chunk)))
        if layout.time is not None and layout.time_is_text:
            columns.time_text = list(cells[layout.time])
        elif layout.time is not None:
            columns.time = array("d", _numbers(cells[layout.time], chunk, layout, layout.time))
        if layout.label is not None:
            columns.labels = [cell.strip() for cell in cells[layout.label]]
        columns.metadata = [{cell.strip() for cell in cells[i]} for i in layout.metadata]
        yield columns


def _check_widths(chunk: list[Row], layout: Layout) -> None:
    for row in chunk:
        width = len(row.cells)
        if width == layout.width or (width == layout.width + 1 and not row.cells[-1].strip()):
            continue
        raise DecodeError(
            f"line {row.line} has {width} fields; expected {layout.width}",
            hint="the file is cut, a quote is missing, or the comma is the decimal mark "
            "(then say decimal=',' and the delimiter)",
        )


def _numbers(
    cells: Sequence[str], chunk: list[Row], layout: Layout, column: int
) -> Sequence[float] | Floats:
    """One column of a chunk; NaN stands for a missing value."""
    joined = "".join(cells)
    # float() reads more than numbers of tables: 1_000, nan, inf. Those go the careful way.
    if not re.search("[_nNiI]", joined) and layout.decimal == ".":
        try:
            numbers = np.array([float(cell) for cell in cells])
        except ValueError:
            pass
        else:
            if (np.abs(numbers) <= _LARGEST).all():
                return numbers
    return [_number(cell, row.line, layout, column) for cell, row in zip(cells, chunk, strict=True)]


def _number(cell: str, line: int, layout: Layout, column: int) -> float:
    what = kind(cell, layout.decimal)
    if what == "missing":
        return float("nan")
    text = cell.strip()
    number = float(text.replace(",", ".")) if what == "number" else float("nan")
    if abs(number) <= _LARGEST:
        return number
    name = layout.names[column]
    if what == "number":
        raise DecodeError(
            f"line {line}, column {name!r} is {text}; expected a finite number that fits float32",
            hint="leave the cell empty if the value is missing, or remove the row",
        )
    raise DecodeError(
        f"line {line}, column {name!r} is {text[:40]!r}; expected a number",
        hint="name the numeric columns with columns=..., or the column of labels with label_column",
    )
