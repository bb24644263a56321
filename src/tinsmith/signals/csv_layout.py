"""Which column of a text table is what: header, time, values, label, metadata."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from tinsmith.core.errors import DecodeError
from tinsmith.signals import csv_time
from tinsmith.signals.csv_text import Dialect, Kind, Row, column_kind, kind, rows
from tinsmith.signals.types import DecodeOptions

_SAMPLE_ROWS = 200


@dataclass(frozen=True)
class Layout:
    """The roles of the columns; numbers are places in a row."""

    has_header: bool
    names: tuple[str, ...]
    values: tuple[int, ...]
    time: int | None
    time_is_text: bool
    label: int | None
    metadata: tuple[int, ...]
    decimal: str
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """Fields a row."""
        return len(self.names)


@dataclass(frozen=True)
class Survey:
    """The first rows of a table, by column.

    Args:
        has_header: Whether the first row names the columns.
        names: A unique name per column.
        kinds: What each column holds.
        columns: The cells of each column, without the header.
        first_line: Line of the file of the first row below the header.
        notes: What was assumed.
    """

    has_header: bool
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[list[str], ...]
    first_line: int
    notes: tuple[str, ...]


def survey(text: str, dialect: Dialect, options: DecodeOptions, skipped: int = 0) -> Survey:
    """Looks at the first rows of a table, whatever they hold.

    Args:
        text: The table, or its beginning.
        dialect: How it is written.
        options: What the user knows about the header.
        skipped: Lines of the file before it.

    Raises:
        DecodeError: No rows, or an unclear header.
    """
    sample = list(islice(rows(text, dialect.delimiter, skipped), _SAMPLE_ROWS))
    if not sample:
        raise DecodeError("the table has no rows", hint="record or export it again")
    has_header = _has_header(sample, dialect, options)
    body = sample[1:] if has_header else sample
    if not body:
        raise DecodeError("the table has a header but no rows", hint="record or export it again")
    width = _width(body, sample[0] if has_header else None)
    columns = tuple(_cells(body, index) for index in range(width))
    kinds = tuple(column_kind(cells, dialect.decimal) for cells in columns)
    notes: list[str] = []
    names = _names(sample[0] if has_header else None, columns, notes)
    return Survey(has_header, tuple(names), kinds, columns, body[0].line, tuple(notes))


def plan_layout(text: str, dialect: Dialect, options: DecodeOptions, skipped: int = 0) -> Layout:
    """Decides from the first rows and the options.

    Raises:
        DecodeError: No rows, an unclear header, columns of text, or names that are not there.
    """
    return plan_columns(survey(text, dialect, options, skipped), dialect.decimal, options)


def plan_columns(seen: Survey, decimal: str, options: DecodeOptions) -> Layout:
    """Decides what the columns are; the first part of `plan_layout` may come from elsewhere.

    Raises:
        DecodeError: Columns of text, or names that are not there.
    """
    return _roles(seen, decimal, options, list(seen.notes))


def _width(body: Sequence[Row], header: Row | None) -> int:
    """Fields a row, not counting one empty field behind a final delimiter."""
    width = len(body[0].cells)
    is_named = header is not None and len(header.cells) >= width and header.cells[width - 1].strip()
    is_empty = all(len(row.cells) == width and not row.cells[-1].strip() for row in body)
    return width - 1 if is_empty and width > 1 and not is_named else width


def _cells(body: Sequence[Row], index: int) -> list[str]:
    return [row.cells[index] for row in body if index < len(row.cells)]


def _has_header(sample: Sequence[Row], dialect: Dialect, options: DecodeOptions) -> bool:
    """Whether the first row names the columns: text above numbers.

    Raises:
        DecodeError: The first row mixes text and decimal numbers above numeric columns.
    """
    if options.has_header is not None:
        return options.has_header
    first = [kind(cell, dialect.decimal) for cell in sample[0].cells]
    if "text" not in first:
        _refuse_numbered_header(sample)
        return False
    below = [column_kind(_cells(sample[1:], index), dialect.decimal) for index in range(len(first))]
    is_above = [
        top == "text" and under in ("number", "time")
        for top, under in zip(first, below, strict=True)
    ]
    if len(sample) > 1 and not any(is_above) and "number" in first:
        return False
    if any(
        top == "number" and re.search("[.,]", cell)
        for top, cell in zip(first, sample[0].cells, strict=True)
    ):
        raise DecodeError(
            f"line {sample[0].line} mixes text and numbers: is it a header or a row?",
            hint="say has_header, or repair that row",
        )
    return True


def _refuse_numbered_header(sample: Sequence[Row]) -> None:
    """Columns named 0, 1, 2, ... look like a row of numbers."""
    cells = [cell.strip() for cell in sample[0].cells]
    if len(cells) >= 3 and len(sample) > 1 and cells == [str(index) for index in range(len(cells))]:
        raise DecodeError(
            f"line {sample[0].line} is 0, 1, 2, ...: is it a header or a row?",
            hint="say has_header",
        )


def _names(header: Row | None, columns: Sequence[list[str]], notes: list[str]) -> list[str]:
    width = len(columns)
    if header is None:
        return [f"column_{index + 1}" for index in range(width)]
    given = [cell.strip() for cell in header.cells]
    while len(given) > width and not given[-1]:
        given.pop()
    if len(given) == width - 1 and len(columns[0]) > 1 and counts_rows(columns[0]):
        given.insert(0, "")
    if len(given) != width:
        raise DecodeError(
            f"the header names {len(given)} columns, the rows have {width} fields",
            hint="the comma may be the decimal mark (then say decimal=',' and the delimiter), "
            "or the header misses a name",
        )
    names: list[str] = []
    for index, name in enumerate(given):
        plain = name or f"column_{index + 1}"
        unique = plain
        while unique in names:
            unique = f"{plain}_{sum(other.startswith(plain) for other in names) + 1}"
        if unique != plain:
            notes.append(f"the column name {plain!r} occurs twice; one is now {unique!r}")
        names.append(unique)
    return names


def counts_rows(cells: Sequence[str]) -> bool:
    """Whether a column just counts: 1, 2, 3, ..."""
    if not all(cell.strip().isdecimal() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return all(after - before == 1 for before, after in pairwise(numbers))


def _roles(seen: Survey, decimal: str, options: DecodeOptions, notes: list[str]) -> Layout:
    has_header, names, kinds, columns = seen.has_header, seen.names, seen.kinds, seen.columns
    label = None if options.label_column is None else _find(options.label_column, names)
    metadata = tuple(_find(name, names) for name in options.metadata_columns)
    time = _time_column(names, kinds, {label, *metadata}, has_header, options)
    taken = {time, label, *metadata}
    if options.columns:
        values = [_find(name, names) for name in options.columns]
    else:
        values = [index for index in range(len(names)) if index not in taken]
        values = _without_row_numbers(values, names, columns, has_header, notes)
        values = _without_empty(values, names, kinds, notes)
    _check_values(values, names, kinds)
    if not has_header and time is None:
        notes.extend(_time_suspicion(columns, kinds))
    return Layout(
        has_header=has_header,
        names=names,
        values=tuple(values),
        time=time,
        time_is_text=time is not None and kinds[time] == "time",
        label=label,
        metadata=metadata,
        decimal=decimal,
        notes=tuple(notes),
    )


def _find(name: str, names: Sequence[str]) -> int:
    """The place of a column given by name, by name without unit, or by number."""
    if name in names:
        return names.index(name)
    plain = [re.sub(r"\s*[(\[].*", "", other).lower() for other in names]
    if plain.count(name.lower()) == 1:
        return plain.index(name.lower())
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    raise DecodeError(f"no column {name!r}", hint=f"columns of this file: {', '.join(names)[:200]}")


def _time_column(
    names: Sequence[str],
    kinds: Sequence[Kind],
    taken: set[int | None],
    has_header: bool,
    options: DecodeOptions,
) -> int | None:
    if options.time_column is not None:
        return _find(options.time_column, names) if options.time_column else None
    free = [index for index in range(len(names)) if index not in taken]
    by_kind = [index for index in free if kinds[index] == "time"]
    by_name = [
        index
        for index in free
        if has_header and csv_time.is_time_name(names[index]) and kinds[index] in ("number", "time")
    ]
    named = [name.strip() for name in options.columns]
    found = [index for index in by_name + by_kind if names[index] not in named]
    return found[0] if found else None


def _without_row_numbers(
    values: list[int],
    names: Sequence[str],
    columns: Sequence[list[str]],
    has_header: bool,
    notes: list[str],
) -> list[int]:
    """Leaves out a first column without a name that just counts the rows."""
    is_unnamed = has_header and names[0] == "column_1" and len(names) > 1
    if 0 in values and is_unnamed and len(columns[0]) > 1 and counts_rows(columns[0]):
        notes.append("the first column has no name and counts the rows; it was left out")
        return values[1:]
    return values


def _without_empty(
    values: list[int], names: Sequence[str], kinds: Sequence[Kind], notes: list[str]
) -> list[int]:
    empty = [names[index] for index in values if kinds[index] == "missing"]
    if empty and len(empty) < len(values):
        notes.append(f"columns without any value were left out: {', '.join(empty)}")
        return [index for index in values if kinds[index] != "missing"]
    return values


def _check_values(values: Sequence[int], names: Sequence[str], kinds: Sequence[Kind]) -> None:
    if not values:
        raise DecodeError("the table has no column of values", hint="export more than the time")
    odd = [names[index] for index in values if kinds[index] not in ("number", "missing")]
    if odd:
        shown = ", ".join(repr(name)[:42] for name in odd[:5]) + (", ..." if len(odd) > 5 else "")
        raise DecodeError(
            f"no table of sensor values: {shown} hold text; expected numbers",
            hint="name the numeric columns with columns=..., a column of labels with "
            "label_column, constant text with metadata_columns",
        )
    if all(kinds[index] == "missing" for index in values):
        raise DecodeError("the table holds no numbers")


def _time_suspicion(columns: Sequence[list[str]], kinds: Sequence[Kind]) -> list[str]:
    """A warning if the first of several unnamed columns rises evenly, as time does."""
    cells = columns[0]
    if len(columns) < 2 or len(cells) < 4 or kinds[0] != "number":
        return []
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return []
    steps = [after - before for before, after in pairwise(numbers)]
    if min(steps) > 0 and max(steps) - min(steps) <= 0.1 * max(steps):
        return [
            "the first column rises evenly like a clock; if it is the time, say time_column='0'"
        ]
    return []
