"""Text tables (CSV, TSV): with or without header or time, any delimiter, gaps, labels."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError
from tinsmith.signals import checks, csv_time, labels, units
from tinsmith.signals.csv_layout import Layout, plan_layout
from tinsmith.signals.csv_text import (
    Row,
    decode_text,
    find_dialect,
    kind,
    rows,
    split_separator_line,
)
from tinsmith.signals.types import Decoded, DecodeOptions, Segment, Sensor, Signal

Floats = npt.NDArray[np.float64]

_CHUNK_ROWS = 4096
_LARGEST = float(np.finfo(np.float32).max)


@dataclass
class _Columns:
    """The columns as they are read, row by row."""

    values: list[array[float]]
    time: array[float] = field(default_factory=lambda: array("d"))
    time_text: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    metadata: list[set[str]] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("q"))


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
    columns = _read(rows(text, dialect.delimiter), layout, options)
    notes += [*more, *layout.notes]
    values = _fill_gaps(columns, layout, options, notes)
    return _assemble(values, columns, layout, options, notes)


def _read(source: Iterator[Row], layout: Layout, options: DecodeOptions) -> _Columns:
    columns = _Columns(
        [array("d") for _ in layout.values], metadata=[set() for _ in layout.metadata]
    )
    body = islice(source, 1, None) if layout.has_header else source
    while chunk := list(islice(body, _CHUNK_ROWS)):
        _check_widths(chunk, layout)
        cells = list(zip(*(row.cells[: layout.width] for row in chunk), strict=True))
        columns.lines.extend(row.line for row in chunk)
        for index, target in zip(layout.values, columns.values, strict=True):
            target.extend(_numbers(cells[index], chunk, layout, index))
        _read_time(cells, chunk, layout, columns)
        if layout.label is not None:
            columns.labels.extend(cell.strip() for cell in cells[layout.label])
        for index, seen in zip(layout.metadata, columns.metadata, strict=True):
            seen.update(cell.strip() for cell in cells[index])
        checks.within_values(len(columns.lines) * len(layout.values), options)
    return columns


def _read_time(
    cells: list[tuple[str, ...]], chunk: list[Row], layout: Layout, columns: _Columns
) -> None:
    if layout.time is None:
        return
    if layout.time_is_text:
        columns.time_text.extend(cells[layout.time])
    else:
        columns.time.extend(_numbers(cells[layout.time], chunk, layout, layout.time))


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


def _fill_gaps(
    columns: _Columns, layout: Layout, options: DecodeOptions, notes: list[str]
) -> Floats:
    """All values [rows, axes]; short runs of missing ones are interpolated."""
    values = np.column_stack([np.frombuffer(column) for column in columns.values])
    for axis, index in enumerate(layout.values):
        missing = np.isnan(values[:, axis])
        if not missing.any():
            continue
        name = layout.names[index]
        _check_missing(missing, name, columns, options)
        present = np.flatnonzero(~missing)
        values[missing, axis] = np.interp(np.flatnonzero(missing), present, values[present, axis])
        notes.append(f"{int(missing.sum())} missing values of {name!r} were interpolated")
    return values


def _check_missing(
    missing: npt.NDArray[np.bool_], name: str, columns: _Columns, options: DecodeOptions
) -> None:
    for gap in labels.runs(["x" if is_missing else "" for is_missing in missing]):
        length = gap.end_index - gap.start_index + 1
        if length > options.max_gap_rows or length == len(missing):
            raise DecodeError(
                f"line {columns.lines[gap.start_index]}: {length} values in a row are missing in "
                f"column {name!r}; at most {options.max_gap_rows} are interpolated",
                hint="leave that column out with columns=..., cut the file there, "
                "or raise max_gap_rows",
            )


def _assemble(
    values: Floats, columns: _Columns, layout: Layout, options: DecodeOptions, notes: list[str]
) -> Decoded:
    times, more = _times(columns, layout, options)
    notes += more
    if times is not None and options.resample_irregular and (np.diff(times) < 0).any():
        values, times = _sorted(values, times, columns, notes)
    grid = _grid(times, columns, options, notes)
    if not grid.is_identity:
        checks.within_values(grid.length * values.shape[1], options)
        values = _onto(values, grid)
    signal = Signal(
        checks.samples(values),
        checks.interval(grid.interval_ms, grid.length),
        tuple(_sensor(layout.names[index], options) for index in layout.values),
    )
    label, segments = _labels(columns, grid)
    notes += units.unknown_warning({sensor.name: sensor.units for sensor in signal.sensors})
    metadata = _metadata(columns, layout)
    return Decoded(signal, "csv", label, segments, metadata, warnings=tuple(notes))


def _sorted(
    values: Floats, times: Floats, columns: _Columns, notes: list[str]
) -> tuple[Floats, Floats]:
    """Values and times in order of time; the labels and lines of `columns` follow."""
    order = np.argsort(times, kind="stable")
    steps_back = int((np.diff(times) < 0).sum())
    notes.append(f"time runs backwards at {steps_back} rows; the rows were sorted by time")
    columns.lines = array("q", (columns.lines[index] for index in order))
    if columns.labels:
        columns.labels = [columns.labels[index] for index in order]
    ordered = times[order]
    return values[order], ordered - ordered[0]


def _grid(
    times: Floats | None, columns: _Columns, options: DecodeOptions, notes: list[str]
) -> csv_time.Grid:
    count = len(columns.lines)
    if times is None:
        interval = _given_interval(count, options)
        return csv_time.Grid(interval, np.arange(count, dtype=np.float64), count, ())
    grid = csv_time.grid_of(times, np.frombuffer(columns.lines, dtype=np.int64), options)
    notes += grid.notes
    given = options.interval_ms
    if given is not None and abs(given - grid.interval_ms) > 0.01 * grid.interval_ms > 0:
        notes.append(
            f"the time column says {grid.interval_ms:g} ms between rows; "
            f"the interval of {given:g} ms is for files without one and was not used"
        )
    return grid


def _given_interval(count: int, options: DecodeOptions) -> float:
    if options.interval_ms is not None:
        return checks.interval(options.interval_ms, count)
    if count == 1:
        return 0.0
    raise DecodeError(
        f"{count} rows but no time column, so the time between rows is unknown",
        hint="say interval_ms (milliseconds between rows, e.g. 5 at 200 Hz), or name the "
        "time_column",
    )


def _times(
    columns: _Columns, layout: Layout, options: DecodeOptions
) -> tuple[Floats | None, list[str]]:
    """Milliseconds since the first row, if there is a time column."""
    if layout.time is None:
        return None, []
    name = layout.names[layout.time]
    if layout.time_is_text:
        cells = [cell.strip() for cell in columns.time_text]
        missing = [index for index, cell in enumerate(cells) if not cell]
    else:
        missing = np.flatnonzero(np.isnan(np.frombuffer(columns.time))).tolist()
    if missing:
        raise DecodeError(
            f"line {columns.lines[missing[0]]}: the time in column {name!r} is missing",
            hint="remove the row, or say time_column='' and interval_ms",
        )
    if layout.time_is_text:
        return csv_time.text_to_ms(cells, columns.lines[0]), []
    return csv_time.numeric_to_ms(np.frombuffer(columns.time), name, options)


def _onto(values: Floats, grid: csv_time.Grid) -> Floats:
    """Values interpolated onto the points of the grid; rows of equal time are averaged."""
    positions, first, counts = np.unique(grid.positions, return_index=True, return_counts=True)
    if len(positions) < len(grid.positions):
        values = np.add.reduceat(values, first, axis=0) / counts[:, np.newaxis]
    points = np.arange(grid.length, dtype=np.float64)
    return np.column_stack([np.interp(points, positions, column) for column in values.T])


def _sensor(name: str, options: DecodeOptions) -> Sensor:
    """Name and unit of a column called `accX`, `accX (m/s2)` or `temperature [°C]`."""
    match = re.fullmatch(r"(.+?)\s*[(\[]([^()\[\]]{1,16})[)\]]", name)
    plain, unit = (match[1], units.normalise(match[2])) if match else (name, units.UNKNOWN)
    return Sensor(plain, options.units.get(plain, options.units.get(name, unit)))


def _labels(columns: _Columns, grid: csv_time.Grid) -> tuple[str | None, tuple[Segment, ...]]:
    """One label for a column that never changes, else segments."""
    if not columns.labels:
        return None, ()
    points = np.arange(grid.length, dtype=np.float64)
    row = np.searchsorted(grid.positions, points + 1e-9, side="right") - 1
    spread = [columns.labels[index] for index in row]
    if len(set(spread)) == 1:
        return spread[0] or None, ()
    return None, labels.runs(spread)


def _metadata(columns: _Columns, layout: Layout) -> dict[str, str]:
    found = {}
    for index, seen in zip(layout.metadata, columns.metadata, strict=True):
        if len(seen) > 1:
            shown = ", ".join(sorted(seen)[:3])
            raise DecodeError(
                f"the metadata column {layout.names[index]!r} changes ({shown}, ...); "
                "expected one value a file",
                hint="use label_column for what changes over time",
            )
        found[layout.names[index]] = next(iter(chain(seen, [""])))
    return found
