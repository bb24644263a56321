"""A table that is read in a stream: CSV or Parquet, of any length, in bounded memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from tinsmith.core.errors import DecodeError
from tinsmith.signals.csv_columns import Columns
from tinsmith.signals.csv_file import read_chunks
from tinsmith.signals.csv_layout import Layout, plan_layout
from tinsmith.signals.csv_text import (
    find_dialect,
    find_encoding,
    rows,
    split_separator_line,
    stream_lines,
)
from tinsmith.signals.parquet import ParquetTable
from tinsmith.signals.types import DecodeOptions

# What the roles of columns are decided from.
HEAD_BYTES = 1024 * 1024
_MAGIC = b"PAR1"


@dataclass(frozen=True)
class Head:
    """The beginning of a text table.

    Args:
        text: Whole lines of it, without those that are skipped.
        encoding: How its bytes are read.
        skipped: Lines before the table.
        separator: The delimiter that a line `sep=;` names.
    """

    text: str
    encoding: str
    skipped: int
    separator: str | None


@dataclass(frozen=True)
class Table:
    """An open table.

    Args:
        form: "csv" or "parquet".
        layout: What its columns are.
        options: What the user knows, completed by what the file says.
        chunks: Its rows, a few thousand at a time; can be read once.
        notes: What was assumed.
    """

    form: str
    layout: Layout
    options: DecodeOptions
    chunks: Iterator[Columns]
    notes: tuple[str, ...]


def is_parquet(head: bytes) -> bool:
    """Whether a file that begins so is Parquet and not text."""
    return head[:4] == _MAGIC and any(byte < 9 for byte in head[4:64])


def read_head(data: bytes, skip_lines: int, *, is_cut: bool) -> Head:
    """The beginning of a text table.

    Args:
        data: Its first bytes.
        skip_lines: Lines before the table.
        is_cut: Whether there is more, so that the last line is perhaps not whole.

    Raises:
        DecodeError: Damaged text, or fewer lines than are to be skipped.
    """
    encoding = find_encoding(data)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, final=not is_cut)
    except UnicodeDecodeError as error:
        raise DecodeError(f"the text is damaged at byte {error.start}") from None
    if is_cut and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    lines = io.StringIO(text, newline="")
    skipped = sum(1 for _ in islice(lines, skip_lines))
    if skipped < skip_lines or (skipped and not text[lines.tell() :].strip()):
        raise DecodeError(
            f"the table ends within the {skip_lines} lines that are skipped",
            hint="choose fewer skip_lines",
        )
    rest, separator = split_separator_line(lines.read())
    return Head(rest, encoding, skipped + (separator is not None), separator)


@contextmanager
def open_table(
    source: bytes | Path, options: DecodeOptions, *, skip_lines: int = 0
) -> Iterator[Table]:
    """Opens a table to be read chunk by chunk.

    Args:
        source: Its bytes or its place; a file is never read as a whole.
        options: What the user knows.
        skip_lines: Lines before the table (CSV only).

    Raises:
        DecodeError: Damaged, or no table of sensor values.
        UnsupportedError: Parquet with lists, structures or beyond the limits.
        MissingPackageError: Parquet, and pyarrow is not installed.
    """
    with _opened(source) as file:
        data = file.read(HEAD_BYTES)
        file.seek(0)
        if not data:
            raise DecodeError("the file is empty (0 bytes)", hint="record or copy it again")
        if is_parquet(data):
            parquet = ParquetTable(source)
            layout, options = parquet.plan(options)
            yield Table("parquet", layout, options, parquet.chunks(layout), layout.notes)
            return
        head = read_head(data, skip_lines, is_cut=len(data) == HEAD_BYTES)
        if options.delimiter is None and head.separator is not None:
            options = replace(options, delimiter=head.separator)
        dialect, notes = find_dialect(head.text, options)
        layout = plan_layout(head.text, dialect, options, head.skipped)
        with closing(stream_lines(file, head.encoding)) as stream:
            lines = islice(stream, head.skipped, None)
            chunks = read_chunks(rows(lines, dialect.delimiter, head.skipped), layout)
            yield Table("csv", layout, options, chunks, (*notes, *layout.notes))


@contextmanager
def _opened(source: bytes | Path) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise DecodeError(f"cannot be read: {error.strerror or error}", path=source.name) from error
    with file:
        yield file
