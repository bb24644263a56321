"""The columns of a table as they are read, and how they become a `Signal`."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError
from tinsmith.signals import checks, csv_time, labels, units
from tinsmith.signals.csv_layout import Layout
from tinsmith.signals.types import Decoded, DecodeOptions, Segment, Sensor, Signal

Floats = npt.NDArray[np.float64]


@dataclass
class Columns:
    """The columns of some rows of a table, each filled as far as its role is used.

    Args:
        values: The numbers of each value column; NaN stands for a missing value.
        time: A numeric time column, in its own unit.
        time_text: A time column of dates and times.
        labels: The label column.
        metadata: What occurs in each metadata column.
        lines: Line of the file that each row ends on.
    """

    values: list[array[float]]
    time: array[float] = field(default_factory=lambda: array("d"))
    time_text: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    metadata: list[set[str]] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.lines)

    def append(self, other: Columns, start: int = 0, stop: int | None = None) -> None:
        """Adds the rows `start` to `stop` of other columns of the same table."""
        for mine, new in zip(self.values, other.values, strict=True):
            mine.extend(new[start:stop])
        self.time.extend(other.time[start:stop])
        self.time_text.extend(other.time_text[start:stop])
        self.labels.extend(other.labels[start:stop])
        self.lines.extend(other.lines[start:stop])
        for mine_seen, seen in zip(self.metadata, other.metadata, strict=True):
            mine_seen |= seen


def empty_columns(layout: Layout) -> Columns:
    """Columns without rows for a table of this layout."""
    return Columns([array("d") for _ in layout.values], metadata=[set() for _ in layout.metadata])


def collect(chunks: Iterable[Columns], layout: Layout, options: DecodeOptions) -> Columns:
    """All rows of a table.

    Raises:
        UnsupportedError: More values than the limit.
    """
    columns = empty_columns(layout)
    for chunk in chunks:
        columns.append(chunk)
        checks.within_values(len(columns) * len(layout.values), options)
    return columns


def assemble(
    columns: Columns, layout: Layout, options: DecodeOptions, form: str, notes: list[str]
) -> Decoded:
    """The signal of a table's rows: gaps filled, on an even grid, with labels over time.

    Args:
        columns: The rows, at least one.
        layout: What the columns are.
        options: What the user knows.
        form: Short name of the file format.
        notes: What was said about the table so far.

    Raises:
        DecodeError: Gaps that are too long, uneven rows, or no way to tell the interval.
        UnsupportedError: More values than the limit.
    """
    values = _fill_gaps(columns, layout, options, notes)
    times, more = times_ms(columns, layout, options)
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
        tuple(sensor_of(layout.names[index], options) for index in layout.values),
    )
    label, segments = _labels(columns, grid)
    notes += units.unknown_warning({sensor.name: sensor.units for sensor in signal.sensors})
    metadata = metadata_of(columns, layout)
    return Decoded(signal, form, label, segments, metadata, warnings=tuple(notes))


def _fill_gaps(
    columns: Columns, layout: Layout, options: DecodeOptions, notes: list[str]
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
    missing: npt.NDArray[np.bool_], name: str, columns: Columns, options: DecodeOptions
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


def _sorted(
    values: Floats, times: Floats, columns: Columns, notes: list[str]
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
    times: Floats | None, columns: Columns, options: DecodeOptions, notes: list[str]
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


def times_ms(
    columns: Columns, layout: Layout, options: DecodeOptions
) -> tuple[Floats | None, list[str]]:
    """Milliseconds since the first row if there is a time column, and what was assumed.

    Raises:
        DecodeError: A time is missing or not readable.
    """
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


def sensor_of(name: str, options: DecodeOptions) -> Sensor:
    """Name and unit of a column called `accX`, `accX (m/s2)` or `temperature [°C]`."""
    match = re.fullmatch(r"(.+?)\s*[(\[]([^()\[\]]{1,16})[)\]]", name)
    plain, unit = (match[1], units.normalise(match[2])) if match else (name, units.UNKNOWN)
    return Sensor(plain, options.units.get(plain, options.units.get(name, unit)))


def _labels(columns: Columns, grid: csv_time.Grid) -> tuple[str | None, tuple[Segment, ...]]:
    """One label for a column that never changes, else segments."""
    if not columns.labels:
        return None, ()
    points = np.arange(grid.length, dtype=np.float64)
    row = np.searchsorted(grid.positions, points + 1e-9, side="right") - 1
    spread = [columns.labels[index] for index in row]
    if len(set(spread)) == 1:
        return spread[0] or None, ()
    return None, labels.runs(spread)


def metadata_of(columns: Columns, layout: Layout) -> dict[str, str]:
    """The constant texts of the metadata columns.

    Raises:
        DecodeError: One of them changes.
    """
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
