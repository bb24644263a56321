"""Tables by the project's rule: the original where it is one sample, else a file for each part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path, PurePosixPath

import numpy as np

from tinsmith import signals
from tinsmith.core.errors import InputError
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.wizard import Piece, apply
from tinsmith.signals import (
    EXTENSIONS,
    NO_OPTIONS,
    Decoded,
    DecodeOptions,
    Signal,
    encode_acquisition,
)
from tinsmith.signals.detect import KINDS, extension_of

# A larger original is not decoded a second time to see whether it can be kept as it is.
_COMPARED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class TablePart:
    """One sample of a table.

    Args:
        name: Its name, without extension.
        data: An acquisition file with its values; None if the table's own bytes hold it alone.
        options: How `data`, or the table's own bytes, are decoded.
        decoded: Values, label, labels over time and metadata.
    """

    name: str
    data: bytes | None
    options: DecodeOptions
    decoded: Decoded


def is_table(name: str) -> bool:
    """Whether a file of this name is a table, which rules are for."""
    form = EXTENSIONS.get(extension_of(name))
    return form is not None and KINDS[form] == "table"


def read_parts(source: bytes | Path, name: str, rule: ImportRule) -> Iterator[TablePart]:
    """The samples of a table by rule, one at a time.

    Raises:
        InputError: It is no such table; the message names the line.
    """
    pieces = apply(source, name, rule)
    first = list(islice(pieces, 2))
    if len(first) == 1 and (options := _own_options(source, name, rule, first[0])):
        yield TablePart(first[0].name, None, options, first[0].decoded)
        return
    table = PurePosixPath(name).name
    for piece in chain(first, pieces):
        content = piece.decoded.content
        if not isinstance(content, Signal):
            raise InputError("a table gives recordings, not pictures", path=name)
        decoded = piece.decoded
        where = {"source_file": table, "source_lines": f"{piece.first_line}-{piece.last_line}"}
        facts = {**decoded.metadata, **where}
        kept = Decoded(
            content, "cbor", decoded.label, decoded.segments, facts, warnings=decoded.warnings
        )
        yield TablePart(piece.name, encode_acquisition(content), NO_OPTIONS, kept)


def _own_options(
    source: bytes | Path, name: str, rule: ImportRule, piece: Piece
) -> DecodeOptions | None:
    """Options with which the original bytes give the only piece, or None if no options do."""
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > _COMPARED_BYTES or rule.skip_lines:
        return None
    data = source if isinstance(source, bytes) else source.read_bytes()
    options = rule.decode_options()
    try:
        again = signals.decode(data, name, options).content
    except InputError:
        return None
    content = piece.decoded.content
    if not isinstance(again, Signal) or not isinstance(content, Signal):
        return None
    same = again.interval_ms == content.interval_ms and again.sensors == content.sensors
    return options if same and np.array_equal(again.values, content.values) else None
