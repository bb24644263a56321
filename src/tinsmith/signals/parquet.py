"""Parquet tables, read as text tables are: the same roles of columns, the same options."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, MissingPackageError, UnsupportedError
from tinsmith.signals.csv_columns import Columns, assemble, collect
from tinsmith.signals.csv_layout import Layout, Survey, plan_columns
from tinsmith.signals.csv_text import Kind, column_kind
from tinsmith.signals.types import Decoded, DecodeOptions

Result = TypeVar("Result")

_BATCH_ROWS = 4096
_SURVEY_ROWS = 200
_MAX_COLUMNS = 10_000
# One group of rows is decompressed at a time; more than this is no recording.
_MAX_GROUP_BYTES = 1024**3
_LARGEST = float(np.finfo(np.float32).max)
_MS_UNITS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}


def decode_parquet(data: bytes, options: DecodeOptions) -> Decoded:
    """A Parquet table; one axis a numeric column.

    Raises:
        DecodeError: Damaged, or no table of sensor values.
        UnsupportedError: Columns of lists or structures, or beyond the limits.
        MissingPackageError: pyarrow is not installed.
    """
    table = ParquetTable(data)
    layout, options = table.plan(options)
    columns = collect(table.chunks(layout), layout, options)
    if not len(columns):
        raise DecodeError("the table has no rows", hint="record or export it again")
    return assemble(columns, layout, options, "parquet", list(layout.notes))


class ParquetTable:
    """An open Parquet file, read a few thousand rows at a time.

    Args:
        source: The bytes, or the file, which is read piece by piece.

    Raises:
        DecodeError: Damaged.
        UnsupportedError: Encrypted, or with more columns or larger groups of rows than is read.
        MissingPackageError: pyarrow is not installed.
    """

    def __init__(self, source: bytes | Path) -> None:
        try:
            from pyarrow import parquet
        except ImportError:
            raise MissingPackageError(
                "Parquet files need the package pyarrow, which is not installed",
                hint="pip install 'tinsmith[formats]'",
            ) from None
        place = BytesIO(source) if isinstance(source, bytes) else str(source)
        self._file = _guarded(lambda: parquet.ParquetFile(place, memory_map=False))
        self._check()

    @property
    def rows(self) -> int:
        """Rows of the table as its footer says."""
        return int(self._file.metadata.num_rows)

    def _check(self) -> None:
        metadata = self._file.metadata
        if metadata.num_columns > _MAX_COLUMNS:
            raise UnsupportedError(
                f"the table has {metadata.num_columns} columns; the limit is {_MAX_COLUMNS}"
            )
        for number in range(metadata.num_row_groups):
            size = metadata.row_group(number).total_byte_size
            if size > _MAX_GROUP_BYTES:
                raise UnsupportedError(
                    f"row group {number} has {size} bytes; the limit is {_MAX_GROUP_BYTES}",
                    hint="write the table with smaller row groups",
                )

    def survey(self) -> Survey:
        """What the columns hold, as `csv_layout.survey` says it of text.

        Raises:
            DecodeError: Damaged, or no rows.
            UnsupportedError: A column of lists or structures.
        """
        batch = next(self._batches(_SURVEY_ROWS), None)
        if batch is None or batch.num_rows == 0:
            raise DecodeError("the table has no rows", hint="record or export it again")
        names = tuple(batch.schema.names)
        if len(set(names)) < len(names):
            raise DecodeError("two columns have the same name", hint="rename one of them")
        columns = tuple(_guarded(partial(_texts, column)) for column in batch.columns)
        kinds = tuple(map(_kind, batch.schema, columns))
        return Survey(True, names, kinds, columns, 1, ())

    def plan(self, options: DecodeOptions) -> tuple[Layout, DecodeOptions]:
        """What the columns are, and the options with the unit that stored times are read in.

        Raises:
            DecodeError: Columns of text, or names that are not there.
            UnsupportedError: A column of lists or structures.
        """
        layout = plan_columns(self.survey(), ".", options)
        if layout.time is None or not self._is_stored_time(layout.time):
            return layout, options
        return replace(layout, time_is_text=False), replace(options, time_unit="ms")

    def _is_stored_time(self, index: int) -> bool:
        return _is_time(self._file.schema_arrow.field(index).type)

    def chunks(self, layout: Layout) -> Iterator[Columns]:
        """The rows as columns. Lines count the rows from 1.

        Raises:
            DecodeError: Damaged, or a number that does not fit float32.
        """
        first = 1
        for batch in self._batches(_BATCH_ROWS):
            yield _guarded(partial(_columns, batch, layout, first))
            first += batch.num_rows

    def _batches(self, rows: int) -> Iterator[Any]:
        batches = _guarded(lambda: self._file.iter_batches(batch_size=rows, use_threads=False))
        while (batch := _guarded(lambda: next(batches, None))) is not None:
            yield batch


def _guarded(work: Callable[[], Result]) -> Result:
    """The result of `work`, errors of the library told as ours."""
    from pyarrow import ArrowException

    try:
        return work()
    except (ArrowException, OSError, ValueError, KeyError, OverflowError, TypeError) as error:
        text = " ".join(str(error).split())[:160] or type(error).__name__
        raise DecodeError(
            f"not readable as Parquet: {text}", hint="the file is damaged; export it again"
        ) from error


def _kind(field: Any, cells: list[str]) -> Kind:
    """What a column holds, by its type; texts may be dates and times."""
    from pyarrow import types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    numeric = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    if any(test(kind) for test in numeric):
        return "number"
    if _is_time(kind):
        return "time"
    if types.is_null(kind):
        return "missing"
    texts = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    if any(test(kind) for test in texts):
        return "time" if column_kind(cells, ".") == "time" else "text"
    raise UnsupportedError(
        f"column {field.name!r} holds {str(field.type)[:60]}; expected numbers, times or text",
        hint="write one plain column per value",
    )


def _is_time(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_timestamp(kind) or types.is_date(kind) or types.is_time(kind))


def _texts(column: Any) -> list[str]:
    """The cells as text; "" is a missing one."""
    return ["" if cell is None else _text(cell) for cell in column.to_pylist()]


def _text(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _columns(batch: Any, layout: Layout, first: int) -> Columns:
    values = [_floats(batch, index, first) for index in layout.values]
    columns = Columns(values, lines=array("q", range(first, first + batch.num_rows)))
    if layout.time is not None and layout.time_is_text:
        columns.time_text = _texts(batch.column(layout.time))
    elif layout.time is not None:
        columns.time = _floats(batch, layout.time, first)
    if layout.label is not None:
        columns.labels = [cell.strip() for cell in _texts(batch.column(layout.label))]
    columns.metadata = [
        {cell.strip() for cell in _texts(batch.column(index))} for index in layout.metadata
    ]
    return columns


def _floats(batch: Any, index: int, first: int) -> array[float]:
    """A column as numbers, times as milliseconds; NaN stands for a missing one."""
    numbers = _numbers(batch.column(index))
    bad = np.flatnonzero(np.abs(numbers) > _LARGEST)
    if len(bad):
        raise DecodeError(
            f"row {first + int(bad[0])}, column {batch.schema.names[index]!r} is "
            f"{numbers[bad[0]]}; expected a finite number that fits float32",
            hint="leave the cell empty if the value is missing",
        )
    return array("d", numbers.tobytes())


def _numbers(column: Any) -> npt.NDArray[np.float64]:
    import pyarrow as pa
    from pyarrow import types

    factor = 1.0
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"))
    if types.is_timestamp(column.type) or types.is_time(column.type):
        factor = _MS_UNITS[column.type.unit]
        column = column.cast(pa.int32() if types.is_time32(column.type) else pa.int64())
    if types.is_boolean(column.type):
        column = column.cast(pa.int8())
    numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, dtype=np.float64) * factor
