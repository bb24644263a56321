"""A first rule for a table nobody has described: every guess with its reason and confidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, InputError
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.sample import Problem
from tinsmith.signals import NO_OPTIONS, DecodeOptions
from tinsmith.signals.csv_columns import collect, sensor_of, times_ms
from tinsmith.signals.csv_layout import Survey, counts_rows, survey
from tinsmith.signals.csv_table import HEAD_BYTES, is_parquet, open_table, read_head
from tinsmith.signals.csv_text import Dialect, find_dialect, rows
from tinsmith.signals.csv_time import grid_of, is_time_name, unit_of
from tinsmith.signals.parquet import ParquetTable
from tinsmith.signals.units import UNKNOWN

Value = TypeVar("Value")
Role = Literal["time", "value", "label", "metadata", "unused"]

_LABEL_NAMES = frozenset({
    "label", "labels", "class", "classes", "class_name", "target", "targets", "activity", "state",
    "status", "event", "events", "anomaly", "changepoint", "category", "annotation", "gesture",
    "occupancy", "y",
})  # fmt: skip
_MAX_CLASSES = 30
_MAX_PREAMBLE = 40
_MAX_GAPS = 10
# As many rows as are looked at: there may be more.
_MANY_ROWS = 190
# A label that changes sooner than this many rows on average belongs to rows, not to stretches.
_SHORT_RUN = 3.0


@dataclass(frozen=True)
class Guess(Generic[Value]):
    """A value that was found, why, and how sure it is: 0 to 1."""

    value: Value
    confidence: float
    reason: str


@dataclass(frozen=True)
class Column:
    """A column: its name, what it seems to be for, its unit, and some of its cells."""

    name: str
    role: Guess[Role]
    unit: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """A jump in time before a line, in milliseconds."""

    line: int
    length_ms: float


@dataclass(frozen=True)
class Timing:
    """How evenly rows follow each other, in milliseconds.

    Args:
        interval_ms: Usual step.
        shortest_ms, longest_ms: Where the steps lie but for the 2 % at each end.
        gaps: The first jumps of more than one and a half steps.
    """

    interval_ms: float
    shortest_ms: float
    longest_ms: float
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Proposal:
    """What a table seems to be, and the rule that follows.

    Args:
        form: "csv" or "parquet".
        delimiter, decimal, has_header, skip_lines: How the text is written.
        kind: Whether rows are moments of a recording or samples of their own.
        columns: The columns, in order.
        time_unit: Unit of a numeric time column; "date" for dates and times; "" without one.
        timing: How rows follow each other, if there is a time column that can be read.
        missing: Fields of the rule that only the user knows.
        rule: The rule to begin with.
        problems: Why the beginning of the file cannot be read by it.
    """

    form: str
    delimiter: Guess[str]
    decimal: Guess[str]
    has_header: Guess[bool]
    skip_lines: Guess[int]
    kind: Guess[str]
    columns: tuple[Column, ...]
    time_unit: Guess[str]
    timing: Timing | None
    missing: tuple[str, ...]
    rule: ImportRule
    problems: tuple[Problem, ...]


def sniff(source: bytes | Path, name: str = "table") -> Proposal:
    """Looks at the beginning of a CSV file or a whole Parquet file.

    Raises:
        DecodeError: No table at all: binary data, no rows, quotes that do not fit together.
        UnsupportedError: Parquet with lists or structures.
        MissingPackageError: Parquet, and pyarrow is not installed.
    """
    data = source if isinstance(source, bytes) else _first_bytes(source)
    try:
        if is_parquet(data[:HEAD_BYTES]):
            seen = ParquetTable(source).survey()
            given = Guess("", 1.0, "Parquet stores it")
            text = _Text(given, given, Guess(True, 1.0, "Parquet names columns"),
                         Guess(0, 1.0, "Parquet has no lines"))  # fmt: skip
            return _propose("parquet", seen, text, source, name)
        head = data[:HEAD_BYTES]
        text, seen = _look_at_text(head, is_cut=len(data) > HEAD_BYTES)
        end = head.rfind(b"\n") + 1
        whole = head[:end] if len(data) > HEAD_BYTES and end else head
        return _propose("csv", seen, text, whole, name)
    except InputError as error:
        raise error.at(name) from None


@dataclass(frozen=True)
class _Text:
    """How a text table is written."""

    delimiter: Guess[str]
    decimal: Guess[str]
    has_header: Guess[bool]
    skip_lines: Guess[int]


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES + 1)
    except OSError as error:
        raise DecodeError(f"cannot be read: {error.strerror or error}", path=path.name) from error


def _look_at_text(data: bytes, *, is_cut: bool) -> tuple[_Text, Survey]:
    if not data:
        raise DecodeError("the file is empty (0 bytes)", hint="record or copy it again")
    head = read_head(data, 0, is_cut=is_cut)
    skip = _preamble(head.text)
    if skip.value:
        head = read_head(data, skip.value, is_cut=is_cut)
    options = DecodeOptions(delimiter=head.separator)
    dialect, notes = find_dialect(head.text, options)
    header_known = Guess(True, 0.5, "the first row can be names or values")
    try:
        seen = survey(head.text, dialect, options, head.skipped)
        found = _header(seen, dialect, head.text)
    except DecodeError:
        seen = survey(head.text, dialect, replace(options, has_header=True), head.skipped)
        found = header_known
    delimiter = _delimiter(head.text, dialect, head.separator)
    decimal = Guess(dialect.decimal, 0.9 if notes else 0.95, notes[0] if notes else "as usual")
    return _Text(delimiter, decimal, found, replace(skip, value=head.skipped)), seen


def _preamble(text: str) -> Guess[int]:
    """Lines before the table: those with another number of fields than all that follow."""
    lines = text.split("\n", _MAX_PREAMBLE + 60)[: _MAX_PREAMBLE + 60]
    none = Guess(0, 0.95, "the first line belongs to the table")
    starts = [start for mark in ",;\t|" if (start := _table_start(lines, mark)) is not None]
    # A quoted cell may hold line ends, so that lines are not rows.
    if not starts or '"' in text[:5000] or lines[0].startswith("sep="):
        return none
    if any(first == 0 for _, first in starts):
        return none
    usual, first = max(starts)
    if first > _MAX_PREAMBLE or all(not line.strip() or line[0] == "#" for line in lines[:first]):
        return none
    return Guess(first, 0.8, f"{first} lines come before the first one of {usual} fields")


def _table_start(lines: Sequence[str], mark: str) -> tuple[int, int] | None:
    """Fields a row, and the first line with as many, if nearly all later lines agree."""
    counts = [len(line.split(mark)) if line.strip() else 0 for line in lines]
    body = [count for count in counts[len(counts) // 2 :] if count]
    usual, share = Counter(body).most_common(1)[0] if body else (1, 0)
    if usual < 2 or share < 0.9 * len(body):
        return None
    wide = (usual, usual - 1) if usual > 2 else (usual,)
    return usual, next(row for row, count in enumerate(counts) if count in wide)


def _header(seen: Survey, dialect: Dialect, text: str) -> Guess[bool]:
    first = next(rows(text, dialect.delimiter)).cells
    if not seen.has_header:
        return Guess(False, 0.9, "the first row holds values like those below")
    numeric = sum(kind in ("number", "time") for kind in seen.kinds)
    sure = 0.98 if numeric and all(cell.strip() for cell in first) else 0.8
    return Guess(True, sure, "the first row holds text above numbers")


def _delimiter(text: str, dialect: Dialect, separator: str | None) -> Guess[str]:
    if separator is not None:
        return Guess(separator, 1.0, "the first line names it")
    sample = [
        len(row.cells) for row, _ in zip(rows(text, dialect.delimiter), range(50), strict=False)
    ]
    usual, count = Counter(sample).most_common(1)[0]
    if usual == 1:
        return Guess(dialect.delimiter, 0.5, "there is only one column")
    share = count / len(sample)
    return Guess(
        dialect.delimiter, round(0.5 + 0.49 * share, 2), f"{share:.0%} of rows have {usual} fields"
    )


def _propose(form: str, seen: Survey, text: _Text, data: bytes | Path, name: str) -> Proposal:
    columns = _columns(seen)
    kind = _kind(seen, columns)
    rule = _rule(form, seen, text, columns, kind.value)
    problems: list[Problem] = []
    unit = Guess("", 1.0, "there is no time column")
    timing = None
    missing: tuple[str, ...] = ()
    if kind.value == "time-series" and not rule.time_column:
        missing = ("interval_ms",)
    try:
        unit, timing, rule = _timed(data, rule, unit)
    except InputError as error:
        problems.append(Problem(name, error.message, error.hint))
    return Proposal(
        form, text.delimiter, text.decimal, text.has_header, text.skip_lines, kind, columns, unit,
        timing, missing, rule, tuple(problems),
    )  # fmt: skip


def _columns(seen: Survey) -> tuple[Column, ...]:
    time = _time_column(seen)
    roles = [_role(seen, index, index == time) for index in range(len(seen.names))]
    labels = [index for index, role in enumerate(roles) if role.value == "label"]
    best = max(labels, key=lambda index: roles[index].confidence, default=None)
    for index in labels:
        if index != best:
            roles[index] = Guess("unused", 0.6, "another column is the label; it may be one, too")
    return tuple(
        Column(
            name,
            roles[index],
            sensor_of(name, NO_OPTIONS).units if roles[index].value == "value" else "",
            tuple(seen.columns[index][:3]),
        )
        for index, name in enumerate(seen.names)
    )


def _time_column(seen: Survey) -> int | None:
    named = [
        index
        for index, name in enumerate(seen.names)
        if seen.has_header and is_time_name(name) and seen.kinds[index] in ("number", "time")
    ]
    dated = [index for index, kind in enumerate(seen.kinds) if kind == "time"]
    return next(chain(named, dated), None)


def _role(seen: Survey, index: int, is_time: bool) -> Guess[Role]:
    name, kind, cells = seen.names[index], seen.kinds[index], seen.columns[index]
    words = re.findall(r"[a-z]+", name.lower())
    is_label_name = name.lower() in _LABEL_NAMES or bool(words and words[-1] in _LABEL_NAMES)
    distinct = {cell.strip() for cell in cells}
    if is_time:
        by_name = is_time_name(name)
        return Guess("time", 0.95 if by_name else 0.9, "its name" if by_name else "it holds dates")
    if kind == "missing":
        return Guess("unused", 0.95, "it is empty")
    if kind == "number":
        return _number_role(seen, index, distinct, is_label_name)
    if kind == "time":
        return Guess("unused", 0.7, "another column is the time")
    return _text_role(cells, distinct, is_label_name)


def _text_role(cells: Sequence[str], distinct: set[str], is_label_name: bool) -> Guess[Role]:
    if len(distinct) > _MAX_CLASSES or len(distinct) * 2 > max(len(cells), 4):
        return Guess("unused", 0.7, "text that hardly repeats")
    if is_label_name:
        return Guess("label", 0.95, f"its name, and {len(distinct)} different texts")
    if len(distinct) == 1:
        if len(cells) >= _MANY_ROWS:
            return Guess("unused", 0.6, "one text in the first rows; it may change")
        return Guess("metadata", 0.8, "one text in all rows")
    return Guess("label", 0.6, f"{len(distinct)} different texts that repeat")


def _number_role(seen: Survey, index: int, distinct: set[str], is_label_name: bool) -> Guess[Role]:
    cells = seen.columns[index]
    if index == 0 and seen.names[0] == "column_1" and seen.has_header and counts_rows(cells):
        return Guess("unused", 0.95, "it has no name and counts the rows")
    whole = all(re.fullmatch(r"-?\d+([.,]0*)?", cell) for cell in distinct if cell)
    if is_label_name and whole and len(distinct) <= _MAX_CLASSES:
        return Guess("label", 0.8, f"its name, and {len(distinct)} different whole numbers")
    return Guess("value", 0.9, "it holds numbers")


def _kind(seen: Survey, columns: Sequence[Column]) -> Guess[str]:
    rows_seen = len(seen.columns[0])
    by_role = {column.role.value: index for index, column in enumerate(columns)}
    if "time" in by_role:
        return Guess("time-series", 0.95, "there is a time column")
    if rows_seen == 1:
        return Guess("features", 0.9, "there is one row and no time column")
    if "label" in by_role:
        cells = seen.columns[by_role["label"]]
        runs = 1 + sum(before != after for before, after in pairwise(cells))
        if len(cells) / runs < _SHORT_RUN:
            return Guess("features", 0.7, "the label changes from row to row and there is no time")
    return Guess("time-series", 0.5, "many rows; without a time column this is open")


def _rule(form: str, seen: Survey, text: _Text, columns: Sequence[Column], kind: str) -> ImportRule:
    def named(role: Role) -> tuple[str, ...]:
        return tuple(column.name for column in columns if column.role.value == role)

    is_text = form == "csv"
    return ImportRule(
        kind="features" if kind == "features" else "time-series",
        delimiter=text.delimiter.value if is_text else None,
        decimal="," if text.decimal.value == "," else "." if is_text else None,
        has_header=seen.has_header if is_text else None,
        skip_lines=text.skip_lines.value,
        time_column=next(iter(named("time")), ""),
        value_columns=named("value"),
        units={column.name: column.unit for column in columns
               if column.unit not in ("", UNKNOWN) and column.name == _plain(column.name)},
        label_column=next(iter(named("label")), None),
        metadata_columns=named("metadata"),
        gaps="split",
    )  # fmt: skip


def _plain(name: str) -> str:
    """The name of the sensor that a column becomes."""
    return sensor_of(name, NO_OPTIONS).name


def _timed(
    data: bytes | Path, rule: ImportRule, unit: Guess[str]
) -> tuple[Guess[str], Timing | None, ImportRule]:
    """The unit of the time, how rows follow each other, and the rule with both."""
    options = rule.decode_options()
    with open_table(data, options, skip_lines=rule.skip_lines) as table:
        first = [next(table.chunks)]
        if table.layout.time is None:
            return unit, None, rule
        columns = collect(first, table.layout, table.options)
        times, notes = times_ms(columns, table.layout, table.options)
        if table.layout.time_is_text or table.options.time_unit != rule.time_unit:
            unit = Guess("date", 0.95, "it holds dates and times")
        else:
            raw = np.frombuffer(columns.time)
            column = table.layout.names[table.layout.time]
            found, _ = unit_of(raw, column, table.options)
            reason = notes[0] if notes else "its name, or milliseconds as usual"
            unit = Guess(found, 0.6 if notes else 0.9, reason)
            rule = rule.model_copy(update={"time_unit": found})
    if times is None or len(times) < 2:
        return unit, None, rule
    lines = np.frombuffer(columns.lines, dtype=np.int64)
    if not _is_even(times, lines, rule):
        rule = rule.model_copy(update={"resample_irregular": True})
    return unit, _timing(np.diff(times), lines), rule


def _is_even(
    times: npt.NDArray[np.float64], lines: npt.NDArray[np.int64], rule: ImportRule
) -> bool:
    """Whether the longest stretch without a jump lies on an even grid."""
    steps = np.diff(times)
    usual = float(np.median(steps))
    jumps = np.flatnonzero((steps > (rule.max_gap_rows + 1.5) * usual) | (steps < 0)) + 1
    stretch = max(np.split(np.arange(len(times)), jumps), key=len)
    try:
        grid_of(times[stretch], lines[stretch], rule.decode_options())
    except DecodeError:
        return False
    return True


def _timing(steps: npt.NDArray[np.float64], lines: npt.NDArray[np.int64]) -> Timing:
    usual = float(np.median(steps))
    low, high = np.quantile(steps, [0.02, 0.98])
    jumps = np.flatnonzero(steps > 1.5 * max(usual, 1e-9))[:_MAX_GAPS]
    gaps = tuple(Gap(int(lines[row + 1]), float(steps[row])) for row in jumps)
    return Timing(usual, float(low), float(high), gaps)
