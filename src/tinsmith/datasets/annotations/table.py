"""Annotation tables: CSV with a header, delimited by comma, tab or semicolon."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import shown, text_of
from tinsmith.signals import extension_of

_DELIMITERS = ",\t;"


def has_columns(name: str, head: bytes, columns: tuple[str, ...]) -> bool:
    """Whether a file is a table whose header has all these columns (lower case)."""
    if extension_of(name) not in ("csv", "tsv", "txt"):
        return False
    line = head.split(b"\n", 1)[0].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return any(set(columns) <= set(_header(line, mark)) for mark in _DELIMITERS)


def table_rows(data: bytes, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The line number and the cells by column name (lower case) of each row that is not blank.

    A row with too few cells has "" in the missing ones.

    Raises:
        DatasetError: No such header, or quotes that do not fit together.
    """
    text = text_of(data)
    line = text.split("\n", 1)[0]
    delimiter = next((mark for mark in _DELIMITERS if set(columns) <= set(_header(line, mark))), "")
    if not delimiter:
        raise DatasetError(f"begins with {shown(line)}; expected columns {', '.join(columns)}")
    header = _header(line, delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                padded = cells + [""] * (len(header) - len(cells))
                yield reader.line_num, dict(zip(header, map(str.strip, padded), strict=False))
    except csv.Error as error:
        raise DatasetError(f"line {reader.line_num}: {error}", hint="a quote is missing") from None


def _header(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in cells]
