"""Reading files that arrive: from bytes to samples that are no rows yet.

Asks no database, so that it can be done in any process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tinsmith import signals
from tinsmith.core.errors import DatasetError, InputError
from tinsmith.datasets import FileSource, Sample
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.naming import label_from_name
from tinsmith.datasets.record import storable_extension
from tinsmith.datasets.sample import facts_of
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.schemas import Uploaded
from tinsmith.server.text import clean_text
from tinsmith.signals import NO_OPTIONS, DecodeOptions, Signal
from tinsmith.store.blobs import BlobStore
from tinsmith.store.intake.tables import TablePart, is_table, read_parts

_NAME_LENGTH = 300
_LABEL_LENGTH = 200
_KEY_LENGTH = 200
_VALUE_LENGTH = 10_000
# Where a blob lies is found out when it is read.
_NOWHERE = Path()


@dataclass(frozen=True)
class IncomingFile:
    """A file as it arrives."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Decoded:
    """A file that was understood: its sample, and whether its signature was valid."""

    sample: Sample
    signature: str


@dataclass(frozen=True)
class FileRules:
    """What a project says of how its files are read.

    Args:
        table: How tables are cut into samples; None: as any other file.
        keys: The keys its devices sign with.
    """

    table: ImportRule | None = None
    keys: tuple[str, ...] = ()


# The samples of a file, or why it cannot be used.
Outcome = list[Decoded] | InputError


def read_files(
    files: Sequence[IncomingFile], rules: FileRules, blobs: BlobStore, levels: Levels
) -> list[Outcome]:
    """Reads each file as `read_file` does; the others are not affected by one that is bad."""
    outcomes: list[Outcome] = []
    for file in files:
        try:
            outcomes.append(read_file(file, rules, blobs, levels))
        except InputError as error:
            outcomes.append(error)
    return outcomes


def reported(
    files: Sequence[IncomingFile], outcomes: Sequence[Outcome]
) -> list[Decoded | Uploaded]:
    """What was read, in order; instead of a file that cannot be used, the report on it."""
    found: list[Decoded | Uploaded] = []
    for file, outcome in zip(files, outcomes, strict=True):
        found += [_failed(file.name, outcome)] if isinstance(outcome, InputError) else outcome
    return found


def read_file(
    file: IncomingFile, rules: FileRules, blobs: BlobStore, levels: Levels
) -> list[Decoded]:
    """Reads one file and stores its bytes; several samples where the project's rule says so.

    Args:
        file: Its name and bytes.
        rules: What the project says of files.
        blobs: Where the bytes are kept.
        levels: Where the levels of detail of long recordings are kept.

    Raises:
        InputError: It is not what it claims to be; nothing was stored.
    """
    if rules.table is None or not is_table(name := clean_name(file.name)):
        return [decode_file(file, rules, blobs, levels)]
    # All of them before any is stored: a problem may stand in the last line.
    parts = list(read_parts(file.data, name, rules.table))
    return [_table_part(name, file.data, part, blobs, levels) for part in parts]


def _table_part(
    name: str, data: bytes, part: TablePart, blobs: BlobStore, levels: Levels
) -> Decoded:
    """One part as an upload of its own, with what the table says of it."""
    own = part.data is None
    file = IncomingFile(name if own else f"{part.name}.cbor", data if own else part.data or b"")
    read = decode_file(file, FileRules(), blobs, levels, part.options)
    said = part.decoded
    label = said.label if said.label is not None else "" if said.segments else read.sample.label
    sample = read.sample.with_(
        label=label, segments=said.segments, metadata={**read.sample.metadata, **said.metadata}
    )
    return Decoded(sample, read.signature)


def decode_file(
    file: IncomingFile,
    rules: FileRules,
    blobs: BlobStore,
    levels: Levels,
    options: DecodeOptions | None = None,
) -> Decoded:
    """Reads a file, and stores its bytes once it is known to be good.

    Args:
        file: Its name and bytes.
        rules: What the project says of files.
        blobs: Where the bytes are kept.
        levels: Where the levels of detail of long recordings are kept.
        options: How it is decoded.

    Raises:
        InputError: It is not what it claims to be; nothing was stored.
    """
    name = clean_name(file.name)
    kept = options or NO_OPTIONS
    options = replace(kept, hmac_keys=rules.keys) if rules.keys else kept
    decoded = signals.decode(file.data, name, options)
    stem, _, extension = name.rpartition(".") if "." in name else (name, "", "")
    label = decoded.label if decoded.label is not None else (label_from_name(stem) or "")
    metadata = dict(decoded.metadata)
    _check_texts(name, label, metadata, [item.label for item in decoded.segments])
    content = decoded.content
    if isinstance(content, Signal):
        _check_texts(name, "", {sensor.name: sensor.units for sensor in content.sensors}, [])
    blob = blobs.put(file.data)
    sample = Sample(
        id=blob.hash[:16],
        name=stem,
        content_hash=blob.hash,
        format=storable_extension(extension),
        label=label,
        category="",
        metadata=metadata,
        segments=decoded.segments,
        boxes=(),
        facts=facts_of(
            content, size_bytes=len(file.data), warnings=tuple(map(_visible, decoded.warnings))
        ),
        source=FileSource(_NOWHERE, blob.hash, name, kept),
    )
    if isinstance(content, Signal):
        levels.prepare(sample, content)
    return Decoded(sample, decoded.signature)


@lru_cache(maxsize=1024)
def clean_name(name: str) -> str:
    """A file name without folders; a name is only ever shown, never used as a path."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _visible(last)[:_NAME_LENGTH] or "unnamed"


def _visible(text: str) -> str:
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


def may_be_signed(data: bytes) -> bool:
    """Whether the bytes look like JSON or CBOR, the forms in which devices sign."""
    first = data.lstrip()[:1]
    return first == b"{" or b"\xa0" <= data[:1] <= b"\xdf"


def _check_texts(name: str, label: str, metadata: dict[str, str], labels: Sequence[str]) -> None:
    """Refuses what could not be kept or found.

    Raises:
        DatasetError: A label or an entry of metadata is too long or no text.
    """
    _check(name, "label", (label, *labels), _LABEL_LENGTH)
    if metadata:
        _check(name, "name of metadata", metadata.keys(), _KEY_LENGTH)
        _check(name, "metadata", metadata.values(), _VALUE_LENGTH)


def _check(name: str, what: str, texts: Iterable[str], limit: int) -> None:
    for text in texts:
        if len(text) > limit:
            raise DatasetError(
                f"a {what} has {len(text)} characters; expected at most {limit}", path=name
            )
        try:
            clean_text(text)
        except ValueError as error:
            raise DatasetError(f"a {what} {error}", path=name) from None


def _failed(name: str, error: InputError) -> Uploaded:
    """The report on a file that cannot be used."""
    return Uploaded(
        name=clean_name(name), status="failed", message=_visible(error.message), hint=error.hint
    )
