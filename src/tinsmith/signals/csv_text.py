"""Text tables as rows of cells: encoding, delimiter, decimal mark, kinds of cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Literal

from tinsmith.core.errors import DecodeError
from tinsmith.signals.types import DecodeOptions

Kind = Literal["number", "time", "missing", "text"]

SAMPLE_ROWS = 50
# Characters of the longest line that is read in a stream.
_MAX_LINE = 4 * 1024 * 1024
_DELIMITERS = (",", ";", "\t", "|", " ")
_MISSING = frozenset({"", "na", "n/a", "null", "none", "?"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
    r"([ T]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}:\d{2}([.,]\d+)?"
)


@dataclass(frozen=True)
class Dialect:
    """How cells are separated and numbers written."""

    delimiter: str
    decimal: str


@dataclass(frozen=True)
class Row:
    """One record and the line of the file it ends on."""

    line: int
    cells: list[str]


def decode_text(data: bytes) -> tuple[str, list[str]]:
    """The text of a table and a warning if its encoding had to be guessed.

    Raises:
        DecodeError: Binary data, or a damaged Unicode text.
    """
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return _without_binary(data.decode("utf-16")), []
        return _without_binary(data.decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        if data[:3] == b"\xef\xbb\xbf" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise DecodeError(f"the text is damaged at byte {error.start}") from None
    try:
        text = _without_binary(data.decode("cp1252"))
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"no text: byte {error.start} is 0x{data[error.start]:02x}",
            hint="save the table as UTF-8 text",
        ) from None
    return text, ["the text is not UTF-8; it was read as Windows-1252"]


def find_encoding(head: bytes) -> str:
    """The encoding of a table that begins so; the rest may still disagree."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def stream_lines(file: BinaryIO, encoding: str) -> Generator[str]:
    """The lines of a table with their ends, never more of it in memory than one of them.

    Raises:
        DecodeError: Damaged or binary text, or a line that never ends.
    """
    text = io.TextIOWrapper(file, encoding, newline="")
    number = 0
    try:
        while line := text.readline(_MAX_LINE):
            number += 1
            if len(line) >= _MAX_LINE:
                raise DecodeError(f"line {number} has more than {_MAX_LINE} characters")
            yield _without_binary(line)
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"the text is damaged after line {number}: {error.reason}",
            hint="save the table as UTF-8 text",
        ) from None
    finally:
        text.detach()


def _without_binary(text: str) -> str:
    odd = re.search("[\x00-\x08\x0e-\x1f\x7f]", text)
    if odd:
        raise DecodeError(
            f"no text table: control character 0x{ord(odd[0]):02x} at position {odd.start()}",
            hint="the file is damaged or binary; save the table as UTF-8 text",
        )
    return text


def rows(text: str | Iterable[str], delimiter: str, skipped: int = 0) -> Iterator[Row]:
    """The records of a table without blank lines, comments at its top and empty rows at its end.

    Args:
        text: The table, or its lines.
        delimiter: Character between cells.
        skipped: Lines of the file before it, which count in the numbers of lines.

    Raises:
        DecodeError: Quotes that do not fit together, with the line.
    """
    lines = io.StringIO(text, newline="") if isinstance(text, str) else text
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    is_top = True
    empty: list[Row] = []
    try:
        for cells in reader:
            is_blank = len(cells) < 2 and not "".join(cells).strip()
            if is_blank or (is_top and cells[0].startswith("#")):
                continue
            is_top = False
            if not cells[0].strip() and not any(cell.strip() for cell in cells):
                empty.append(Row(skipped + reader.line_num, cells))
                continue
            yield from empty
            empty.clear()
            yield Row(skipped + reader.line_num, cells)
    except csv.Error as error:
        raise DecodeError(
            f"line {skipped + reader.line_num}: {error}",
            hint="a quote is missing or the file is cut",
        ) from None


def split_separator_line(text: str) -> tuple[str, str | None]:
    """The text without a first line `sep=;` (written by spreadsheets), and that separator."""
    match = re.match(r'"?sep=([,;|\t ])"?\r?\n', text)
    return (text[match.end() :], match[1]) if match else (text, None)


def find_dialect(text: str, options: DecodeOptions) -> tuple[Dialect, list[str]]:
    """The delimiter that gives the most regular and most numeric table, and the decimal mark.

    Raises:
        DecodeError: Quotes that fit no delimiter.
    """
    if options.delimiter is not None:
        delimiter = options.delimiter
    else:
        candidates = [mark for mark in _DELIMITERS if mark != options.decimal]
        scores = {mark: _score(text, mark) for mark in candidates}
        delimiter = max(candidates, key=lambda mark: scores[mark])
        if scores[delimiter] <= 0:  # one column, or quotes that fit nowhere: let those be reported
            list(islice(rows(text, candidates[0]), SAMPLE_ROWS))
    if options.decimal is not None:
        return Dialect(delimiter, options.decimal), []
    if delimiter != "," and _has_decimal_comma(text, delimiter):
        return Dialect(delimiter, ","), ["the comma was read as the decimal mark"]
    return Dialect(delimiter, "."), []


def _score(text: str, delimiter: str) -> float:
    """How much the beginning looks like a table; earlier delimiters win a tie."""
    try:
        sample = [row.cells for row in islice(rows(text, delimiter), SAMPLE_ROWS)]
    except DecodeError:
        return -1.0
    if not sample:
        return 0.0
    width, count = Counter(len(cells) for cells in sample).most_common(1)[0]
    if width < 2:
        return 0.0
    decimal = "." if delimiter == "," else "either"
    useful = total = 0
    for cells in sample:
        useful += sum(kind(cell, decimal) in ("number", "time", "missing") for cell in cells)
        total += len(cells)
    return count / len(sample) * (0.2 + useful / total)


def _has_decimal_comma(text: str, delimiter: str) -> bool:
    """Whether numbers are written with a comma and none with a point."""
    has_comma = False
    for row in islice(rows(text, delimiter), 1, SAMPLE_ROWS):
        for cell in map(str.strip, row.cells):
            if "," in cell and _COMMA_NUMBER.fullmatch(cell):
                has_comma = True
            elif "." in cell and _NUMBER.fullmatch(cell):
                return False
    return has_comma


def kind(cell: str, decimal: str) -> Kind:
    """What one cell holds; `decimal` is ".", "," or "either"."""
    text = cell.strip()
    if text.lower() in _MISSING:
        return "missing"
    if decimal != "," and _NUMBER.fullmatch(text):
        return "number"
    if decimal != "." and _COMMA_NUMBER.fullmatch(text):
        return "number"
    if _NOT_FINITE.fullmatch(text):
        return "number"
    return "time" if _TIME.fullmatch(text) else "text"


def column_kind(cells: Sequence[str], decimal: str) -> Kind:
    """What a column holds: text if any cell does, time or numbers if all filled cells do."""
    kinds = {kind(cell, decimal) for cell in cells} - {"missing"}
    if not kinds:
        return "missing"
    return kinds.pop() if len(kinds) == 1 else "text"
