"""The time column of a table: its unit, its interval, and rows brought onto an even grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError
from tinsmith.signals.types import DecodeOptions

Floats = npt.NDArray[np.float64]

_NAMES = """
timestamp time times datetime date date_time timer ts t utc elapsed elapsed_time millis ms
milliseconds seconds sec secs s epoch unix unixtime unix_time zeit uhrzeit zeitstempel
"""
NAMES = frozenset(_NAMES.split())
TimeUnit = Literal["s", "ms", "us", "ns"]
_MS: dict[TimeUnit, float] = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_SUFFIXES: dict[str, TimeUnit] = {
    "ms": "ms",
    "msec": "ms",
    "millis": "ms",
    "milliseconds": "ms",
    "s": "s",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "us": "us",
    "µs": "us",
    "usec": "us",
    "micros": "us",
    "microseconds": "us",
    "ns": "ns",
    "nanos": "ns",
    "nanoseconds": "ns",
}
# Smallest value of a time since 1970 in each unit; 1e9 s is the year 2001, 1e11 s the year 5138.
_EPOCHS: tuple[tuple[float, TimeUnit], ...] = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e9, "s"))
_DATES = ("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y.%m.%d")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
_FORMATS = (
    *(date + clock for date in _DATES for clock in _CLOCKS),
    *(clock.strip() for clock in _CLOCKS[2:]),
)
_MAX_EVEN_DEVIATION = 0.5  # of an interval, from the even grid
_WARN_DEVIATION = 0.25
_MAX_GAP_SHARE = 0.2


@dataclass(frozen=True)
class Grid:
    """Where the rows of a table lie on an even grid.

    Args:
        interval_ms: Step of the grid; 0 for a single row.
        positions: Place of each row on the grid in steps from the first one, rising.
        length: Number of points of the grid.
        notes: What was assumed or repaired.
    """

    interval_ms: float
    positions: Floats
    length: int
    notes: tuple[str, ...]

    @property
    def is_identity(self) -> bool:
        """Whether row i is grid point i."""
        return self.length == len(self.positions) and bool(
            (self.positions == np.arange(self.length)).all()
        )


def is_time_name(name: str) -> bool:
    """Whether a column of this name holds the time: `timestamp`, `time_ms`, `t [s]`, ..."""
    words = _words(name)
    if words and words[-1] in _SUFFIXES and len(words) > 1:
        words = words[:-1]
    return "_".join(words) in NAMES


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9µ]+", name.lower()) if word]


def numeric_to_ms(values: Floats, name: str, options: DecodeOptions) -> tuple[Floats, list[str]]:
    """Milliseconds since the first row, and a warning where the unit was a guess.

    The unit comes from the options, the column's name (`time_s`, `t (ms)`), the size of values
    that count from 1970, or else: `timestamp` is in milliseconds (as everywhere in the acquisition
    format), and steps below 0.1 are seconds.
    """
    unit, notes = unit_of(values, name, options)
    return (values - values[0]) * _MS[unit], notes


def unit_of(values: Floats, name: str, options: DecodeOptions) -> tuple[TimeUnit, list[str]]:
    """The unit of a numeric time column, and a warning where it was a guess."""
    if options.time_unit is not None:
        return options.time_unit, []
    words = _words(name)
    if words and words[-1] in _SUFFIXES:
        return _SUFFIXES[words[-1]], []
    for limit, unit in _EPOCHS:
        if values[0] >= limit:
            return unit, [
                f"the time column {name!r} names no unit; it was taken to count {unit} since 1970 "
                "(say time_unit if not)"
            ]
    step = float(np.median(np.abs(np.diff(values)))) if len(values) > 1 else 1.0
    if 0 < step < 0.1:
        return "s", [_assumed(name, "seconds", step)]
    return "ms", [] if name.lower() == "timestamp" else [_assumed(name, "milliseconds", step)]


def _assumed(name: str, unit: str, step: float) -> str:
    return (
        f"the time column {name!r} names no unit; its steps of {step:g} were taken as {unit} "
        "(say time_unit if not)"
    )


def text_to_ms(cells: Sequence[str], first_line: int) -> Floats:
    """Milliseconds since the first row of a column of dates and times.

    Raises:
        DecodeError: A cell that is no date and time, or an order of day and month that stays open.
    """
    try:
        return _since_first([datetime.fromisoformat(cell) for cell in cells])
    except ValueError:
        pass
    except TypeError:
        raise DecodeError("some times have a time zone and some have none") from None
    readings = [reading for form in _FORMATS if (reading := _parse(cells, form)) is not None]
    if not readings:
        bad = next((cell for cell in cells if not _is_any_time(cell)), cells[0])
        raise DecodeError(
            f"the time {bad!r} is not readable (rows from line {first_line} on)",
            hint="write times as 2024-01-31 12:34:56.789, or as milliseconds",
        )
    if any(not np.array_equal(readings[0], other) for other in readings[1:]):
        raise DecodeError(
            f"the date {cells[0]!r} can be day/month or month/day",
            hint="write dates as 2024-01-31",
        )
    return readings[0]


def _parse(cells: Sequence[str], form: str) -> Floats | None:
    try:
        return _since_first([datetime.strptime(cell, form) for cell in cells])
    except ValueError:
        return None


def _is_any_time(cell: str) -> bool:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return any(_parse([cell], form) is not None for form in _FORMATS)
    return True


def _since_first(moments: list[datetime]) -> Floats:
    step = timedelta(milliseconds=1)
    return np.array([(moment - moments[0]) / step for moment in moments], dtype=np.float64)


def grid_of(times: Floats, lines: npt.NDArray[Any], options: DecodeOptions) -> Grid:
    """The even grid that rows at `times` (milliseconds) lie on.

    Args:
        times: One a row.
        lines: Line of the file of each row, for messages.
        options: Whether uneven rows may be interpolated, and how long gaps may be.

    Raises:
        DecodeError: Time runs backwards, gaps are too long, or rows are uneven.
    """
    if len(times) == 1:
        return Grid(0.0, np.zeros(1), 1, ())
    steps = np.diff(times)
    _check_order(steps, times, lines, options)
    typical = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if typical == 0:
        raise DecodeError("all rows have the same time", hint="name the right time_column")
    _check_gaps(steps, typical, lines, options)
    even = _even_grid(times, steps, typical)
    if even is not None:
        return even
    if not options.resample_irregular:
        raise DecodeError(
            f"the rows are not evenly spaced: steps from {steps.min():g} to {steps.max():g} ms, "
            f"typically {typical:g} ms",
            hint="set resample_irregular to interpolate onto an even grid, or record evenly",
        )
    positions = (times - times[0]) / typical
    length = int(np.floor(positions[-1] + 1e-6)) + 1
    note = (
        f"unevenly spaced rows (steps from {steps.min():g} to {steps.max():g} ms) were "
        f"interpolated to one each {typical:g} ms"
    )
    return Grid(typical, positions, length, (note,))


def _check_order(
    steps: Floats, times: Floats, lines: npt.NDArray[Any], options: DecodeOptions
) -> None:
    bad = np.flatnonzero(steps < 0 if options.resample_irregular else steps <= 0)
    if not len(bad):
        return
    row = int(bad[0]) + 1
    what = "stands still" if steps[row - 1] == 0 else "runs backwards"
    remedy = (
        "repeated times are averaged with resample_irregular"
        if steps[row - 1] == 0
        else "sort the rows by time; if recordings follow each other, one file each"
    )
    raise DecodeError(
        f"line {lines[row]}: time {what}, {times[row] - times[0]:g} ms after "
        f"{times[row - 1] - times[0]:g} ms from the start",
        hint=remedy,
    )


def _check_gaps(
    steps: Floats, typical: float, lines: npt.NDArray[Any], options: DecodeOptions
) -> None:
    missing = np.rint(steps / typical) - 1
    worst = int(np.argmax(missing))
    if missing[worst] > options.max_gap_rows:
        raise DecodeError(
            f"line {lines[worst + 1]}: about {missing[worst]:.0f} rows are missing before it "
            f"({steps[worst]:g} ms without a row, typically {typical:g} ms); "
            f"at most {options.max_gap_rows} are interpolated",
            hint="cut the recording there into two files, or raise max_gap_rows",
        )


def _even_grid(times: Floats, steps: Floats, typical: float) -> Grid | None:
    """The grid if rows stay within half an interval of it, counting whole missing rows."""
    whole = np.maximum(np.rint(steps / typical), 1.0)
    if ((steps > 0.5 * typical) & (steps < 1.75 * typical)).all():
        whole = np.ones_like(steps)
    positions = np.concatenate([[0.0], np.cumsum(whole)])
    missing = int(positions[-1]) + 1 - len(times)
    # The usual step if it explains all rows: recordings of one kind then agree exactly.
    interval, deviation = typical, _deviation(times, typical, positions)
    if deviation > _MAX_EVEN_DEVIATION:
        interval = float((times[-1] - times[0]) / positions[-1])
        deviation = _deviation(times, interval, positions)
    # Many gaps of one row are not gaps but a second step length, as of times rounded too far.
    gaps = int((whole > 1).sum())
    if deviation > _MAX_EVEN_DEVIATION or gaps > _MAX_GAP_SHARE * len(steps):
        return None
    notes = []
    if missing:
        notes.append(f"{missing} missing rows were interpolated")
    if deviation > _WARN_DEVIATION:
        notes.append(
            f"rows lie up to {deviation * interval:.3g} ms off an even grid; taken as even"
        )
    return Grid(interval, positions, len(times) + missing, tuple(notes))


def _deviation(times: Floats, interval: float, positions: Floats) -> float:
    """Largest distance of a row from its place on the grid, in intervals."""
    return float(np.abs((times - times[0]) / interval - positions).max())
