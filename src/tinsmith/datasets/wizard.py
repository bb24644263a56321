"""Tables by rule: what a rule makes of a file, shown first, then done in a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, InputError
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.sample import Problem
from tinsmith.signals import Decoded, Segment, Signal
from tinsmith.signals.checks import within_values
from tinsmith.signals.csv_columns import (
    Columns,
    assemble,
    empty_columns,
    metadata_of,
    sensor_of,
    times_ms,
)
from tinsmith.signals.csv_layout import Layout
from tinsmith.signals.csv_table import HEAD_BYTES, Table, is_parquet, open_table, read_head
from tinsmith.signals.csv_text import find_dialect, rows
from tinsmith.signals.csv_time import text_to_ms
from tinsmith.signals.parquet import ParquetTable

# Samples a preview tells about one by one.
_MAX_OUTLINES = 200


@dataclass(frozen=True, eq=False)
class Piece:
    """One sample of a table: its name, content, and first and last line of the file."""

    name: str
    decoded: Decoded
    first_line: int
    last_line: int


@dataclass(frozen=True)
class Outline:
    """A sample as a preview tells it."""

    name: str
    frames: int
    interval_ms: float
    label: str | None
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a rule makes of the beginning of a file.

    Args:
        columns: Names of the columns.
        roles: What each column is: time, value, label, metadata or unused.
        rows: The first rows, as text.
        samples: What they become; the last one goes on where `is_cut`.
        problems: What stops the import, if anything.
        is_cut: Whether the file goes on after what was read.
    """

    columns: tuple[str, ...]
    roles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    samples: tuple[Outline, ...]
    problems: tuple[Problem, ...]
    is_cut: bool


def apply(source: bytes | Path, name: str, rule: ImportRule) -> Iterator[Piece]:
    """The samples of a table, one at a time; a file is never in memory as a whole.

    Memory is bounded by the longest sample: set `max_rows` or `max_length_ms` for long files.

    Args:
        source: The bytes of a CSV or Parquet file, or its place.
        name: Its name; pieces are named by it.
        rule: How it is read.

    Raises:
        DecodeError: Not such a table; the message names the line.
        UnsupportedError: A sample beyond the limits.
        MissingPackageError: Parquet, and pyarrow is not installed.
    """
    stem = PurePosixPath(name).stem
    try:
        with open_table(source, rule.decode_options(), skip_lines=rule.skip_lines) as table:
            if rule.kind == "features":
                yield from _features(table, stem)
            else:
                yield from _numbered(_series(table, rule), stem)
    except InputError as error:
        raise error.at(name) from None


def preview(source: bytes | Path, name: str, rule: ImportRule, rows: int = 50) -> Preview:
    """What `rule` makes of the beginning of a table.

    Args:
        source: The bytes of the file or its place; of text only the beginning is read.
        name: Its name.
        rule: How it is read.
        rows: Rows that are shown.
    """
    data, is_cut = _beginning(source)
    problems: list[Problem] = []
    samples: list[Outline] = []
    names: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()
    try:
        shown = _raw_rows(data, rule, rows, is_cut=is_cut)
        with open_table(data, rule.decode_options(), skip_lines=rule.skip_lines) as table:
            names, roles = table.layout.names, _roles(table.layout)
        shown = shown[1:] if table.layout.has_header and table.form == "csv" else shown[:rows]
        for piece in islice(apply(data, name, rule), _MAX_OUTLINES):
            samples.append(_outline(piece))  # noqa: PERF401 - what came before an error counts
    except InputError as error:
        problems.append(Problem(name, error.message, error.hint))
    return Preview(names, roles, shown, tuple(samples), tuple(problems), is_cut)


def _beginning(source: bytes | Path) -> tuple[bytes, bool]:
    """The whole of a Parquet file, of text whole lines of the first megabyte."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = file.read(HEAD_BYTES + 1)
            if is_parquet(data):
                data += file.read()
    else:
        data = source
    if is_parquet(data) or len(data) <= HEAD_BYTES:
        return data, False
    data = data[:HEAD_BYTES]
    end = data.rfind(b"\n")
    return data[: end + 1] if end >= 0 else data, True


def _raw_rows(
    data: bytes, rule: ImportRule, count: int, *, is_cut: bool
) -> tuple[tuple[str, ...], ...]:
    """The header and the first rows of a text table, the first rows of a Parquet table."""
    if is_parquet(data):
        columns = ParquetTable(data).survey().columns
        return tuple(islice(zip(*columns, strict=True), count))
    head = read_head(data, rule.skip_lines, is_cut=is_cut)
    options = rule.decode_options()
    if options.delimiter is None and head.separator is not None:
        options = replace(options, delimiter=head.separator)
    dialect, _ = find_dialect(head.text, options)
    return tuple(tuple(row.cells) for row in islice(rows(head.text, dialect.delimiter), count + 1))


def _roles(layout: Layout) -> tuple[str, ...]:
    places: dict[int | None, str] = {layout.time: "time", layout.label: "label"}
    places.update(dict.fromkeys(layout.metadata, "metadata"))
    places.update(dict.fromkeys(layout.values, "value"))
    return tuple(places.get(index, "unused") for index in range(layout.width))


def _outline(piece: Piece) -> Outline:
    content = piece.decoded.content
    frames, interval = (
        (content.frames, content.interval_ms) if isinstance(content, Signal) else (0, 0.0)
    )
    decoded = piece.decoded
    return Outline(piece.name, frames, interval, decoded.label, decoded.segments, decoded.warnings)


def _features(table: Table, stem: str) -> Iterator[Piece]:
    """One sample a row."""
    layout = table.layout
    sensors = tuple(sensor_of(layout.names[index], table.options) for index in layout.values)
    number = 0
    for chunk in table.chunks:
        metadata = metadata_of(chunk, layout)
        values = np.column_stack([np.frombuffer(column) for column in chunk.values])
        for row, line in enumerate(chunk.lines):
            number += 1
            if np.isnan(values[row]).any():
                raise DecodeError(
                    f"line {line}: a value is missing; features need all of them",
                    hint="fill it in, remove the row, or leave the column out",
                )
            content = Signal(values[row : row + 1].astype(np.float32), 0.0, sensors)
            label = chunk.labels[row] if layout.label is not None else None
            warnings = table.notes if number == 1 else ()
            decoded = Decoded(content, table.form, label, (), metadata, warnings=warnings)
            yield Piece(f"{stem}.{number:06d}", decoded, line, line)


def _series(table: Table, rule: ImportRule) -> Iterator[Piece]:
    """Samples over time, not yet named."""
    pending = empty_columns(table.layout)
    limit: int | None = None
    interval = 0.0
    breaks = _Breaks(table, rule)
    for chunk in table.chunks:
        if limit is None:
            limit = _row_limit(chunk, table, rule)
        ends = breaks.rows(chunk)
        start = 0
        while start < len(chunk):
            stop = _stop(pending, chunk, start, limit, rule)
            is_broken = bool(ends) and ends[0] <= stop
            if is_broken:
                stop = ends.pop(0)
            pending.append(chunk, start, stop)
            within_values(len(pending) * len(table.layout.values), table.options)
            if len(pending) and (is_broken or stop < len(chunk) or len(pending) >= limit):
                piece = _finish(pending, table, rule, interval)
                interval = _interval(piece)
                yield piece
                pending = empty_columns(table.layout)
            start = stop
    if len(pending):
        yield _finish(pending, table, rule, interval)
    elif limit is None:
        raise DecodeError("the table has no rows", hint="record or export it again")


class _Breaks:
    """Finds the rows before which time jumps or runs backwards, chunk after chunk."""

    def __init__(self, table: Table, rule: ImportRule) -> None:
        self._layout = table.layout
        self._wanted = rule.gaps == "split" and table.layout.time is not None
        self._allowed = rule.max_gap_rows + 1.5
        self._last: Columns | None = None
        self._usual = 0.0

    def rows(self, chunk: Columns) -> list[int]:
        """Rows of this chunk that begin something new, rising."""
        if not self._wanted:
            return []
        joined = empty_columns(self._layout)
        if self._last is not None:
            joined.append(self._last, len(self._last) - 1)
        before = len(joined)
        joined.append(chunk)
        self._last = chunk
        steps = np.diff(self._times(joined))
        if not self._usual and (steps > 0).any():
            self._usual = float(np.median(steps[steps > 0]))
        if not self._usual:
            return []
        jumps = (steps < 0) | (steps > self._allowed * self._usual)
        return [int(row) + 1 - before for row in np.flatnonzero(jumps)]

    def _times(self, columns: Columns) -> npt.NDArray[np.float64]:
        """Times in any unit: only their ratios count."""
        if self._layout.time_is_text:
            cells = [cell.strip() for cell in columns.time_text]
            return text_to_ms(cells, columns.lines[0])
        return np.frombuffer(columns.time)


def _row_limit(chunk: Columns, table: Table, rule: ImportRule) -> int:
    """Rows of the longest sample; more than any table has if there is no limit."""
    limit = rule.max_rows or 1 << 62
    if rule.max_length_ms is None:
        return limit
    times, _ = times_ms(chunk, table.layout, table.options)
    step = rule.interval_ms or 0.0
    if times is not None and len(times) > 1:
        step = float(np.median(np.abs(np.diff(times))))
    if step <= 0:
        raise DecodeError(
            "the length of samples is limited in milliseconds, but the time between rows is "
            "not known",
            hint="say interval_ms, or limit max_rows",
        )
    return min(limit, max(2, int(rule.max_length_ms / step + 1e-6)))


def _stop(pending: Columns, chunk: Columns, start: int, limit: int, rule: ImportRule) -> int:
    """The row of the chunk before which the sample that is being collected ends."""
    stop = min(len(chunk), start + limit - len(pending))
    if rule.labels != "split" or not chunk.labels:
        return stop
    current = pending.labels[-1] if pending.labels else chunk.labels[start]
    changes = (row for row in range(start, stop) if chunk.labels[row] != current)
    return next(changes, stop)


def _finish(columns: Columns, table: Table, rule: ImportRule, interval: float) -> Piece:
    notes = list(table.notes)
    decoded = assemble(columns, table.layout, table.options, table.form, notes)
    if rule.labels == "last" and columns.labels:
        decoded = replace(decoded, label=columns.labels[-1] or None, segments=())
    content = decoded.content
    if isinstance(content, Signal) and content.frames == 1 and interval:
        # A last row alone does not tell its interval; the pieces before it do.
        decoded = replace(decoded, content=replace(content, interval_ms=interval))
    return Piece("", decoded, columns.lines[0], columns.lines[-1])


def _interval(piece: Piece) -> float:
    content = piece.decoded.content
    return content.interval_ms if isinstance(content, Signal) else 0.0


def _numbered(pieces: Iterator[Piece], stem: str) -> Iterator[Piece]:
    """Pieces with names: that of the file for the only one, else numbered from 1."""
    first = next(pieces, None)
    if first is None:
        return
    second = next(pieces, None)
    if second is None:
        yield replace(first, name=stem)
        return
    yield replace(first, name=f"{stem}.0001")
    yield replace(second, name=f"{stem}.0002")
    for number, piece in enumerate(pieces, start=3):
        yield replace(piece, name=f"{stem}.{number:04d}")
