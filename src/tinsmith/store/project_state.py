"""All of a project that is kept, as documents: what versions hold and what moves between servers.

A state has a head, one small JSON document, and a blob with one line for each sample, sorted by
key. Content is only named by its hash, never copied. The same project gives the same bytes, on
every database.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, collate, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from tinsmith.core.errors import EnvironmentError_
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets import Sample
from tinsmith.store.blobs import BlobStore
from tinsmith.store.samples import to_sample
from tinsmith.store.tables import (
    Artifact,
    Base,
    Device,
    ImpulseRow,
    Model,
    ProfileRow,
    Project,
    SampleRow,
    TestResult,
)

FORMAT = "tinsmith-project-state"
FORMAT_VERSION = 1
# Results that came with plain files and that no table knows.
RESULT_KIND = "project-result"

Document = dict[str, Any]

_PROJECT_FIELDS = ("name", "description", "readme", "target", "import_rule", "settings")
# What belongs to a row rather than to what it says.
_NOT_KEPT = {"project_id", "revision", "created_at", "updated_at", "deleted_at", "job_id"}
_SAMPLE_NOT_KEPT = (_NOT_KEPT - {"created_at"}) | {"id", "device_id", "parent_id"}
_ROWS_AT_ONCE = 1000
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class SampleLines:
    """The blob that lists the samples.

    Args:
        hash: The blob.
        count: Its lines.
        categories: Samples by category, `disabled` those that are not used.
        length_ms: Their length by category.
        size_bytes: Of their contents, counted once for each sample.
    """

    hash: str
    count: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    length_ms: Mapping[str, float] = field(default_factory=dict)
    size_bytes: int = 0


@dataclass(frozen=True)
class ProjectState:
    """A project as documents; rows refer to each other by `id`, which means nothing elsewhere.

    Args:
        project: Name, read-me, settings and the like.
        samples: The blob with the samples.
        impulses: Designs, the default one first, then by folder.
        models: Those in use.
        tests: The last test of each variant of those.
        profiles: The last measurement of each target and variant of those.
        results: Further results, which came with plain files.
        devices: What sent recordings.
    """

    project: Document
    samples: SampleLines
    impulses: tuple[Document, ...] = ()
    models: tuple[Document, ...] = ()
    tests: tuple[Document, ...] = ()
    profiles: tuple[Document, ...] = ()
    results: tuple[Document, ...] = ()
    devices: tuple[Document, ...] = ()

    def dump(self) -> bytes:
        """The head."""
        head = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(head, indent=1, sort_keys=True).encode() + b"\n"


def parse_state(data: bytes) -> ProjectState:
    """The state of a head.

    Raises:
        EnvironmentError_: It was written by a newer Tinsmith.
    """
    head = json.loads(data)
    if (head.pop("format"), head.pop("version")) != (FORMAT, FORMAT_VERSION):
        raise EnvironmentError_(
            "the version was stored by another Tinsmith", hint="use the one it was stored with"
        )
    samples = SampleLines(**head.pop("samples"))
    project = head.pop("project")
    return ProjectState(project, samples, **{name: tuple(rows) for name, rows in head.items()})


def read_state(
    session: Session, project_id: int, blobs: BlobStore, progress: Progress = silent
) -> ProjectState:
    """The state of a project now; its lines of samples are stored as a blob.

    The session must have read nothing before, so that all is seen at one moment.
    """
    see_one_moment(session)
    lines = store_lines(blobs, sample_lines(session, project_id), progress)
    return read_head(session, project_id, lines)


def see_one_moment(session: Session) -> None:
    """Makes all that a fresh session reads be of one moment, also on PostgreSQL."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def read_head(session: Session, project_id: int, samples: SampleLines) -> ProjectState:
    """The state of a project, whose samples were listed already."""
    project = session.get_one(Project, project_id)
    impulses = folders(
        session.scalars(
            select(ImpulseRow)
            .where(ImpulseRow.project_id == project_id, ImpulseRow.deleted_at.is_(None))
            .order_by(ImpulseRow.id)
        ).all()
    )
    rows = [row for _, row in sorted(impulses.items())]
    wanted = [row.model_id for row in rows if row.model_id is not None]
    models = session.scalars(select(Model).where(Model.id.in_(wanted)).order_by(Model.id)).all()
    numbers = [row.id for row in models]
    revision = project.data_revision
    tests = _latest(session, TestResult, numbers, (TestResult.model_id, TestResult.variant))
    places = (ProfileRow.model_id, ProfileRow.target, ProfileRow.variant)
    return ProjectState(
        project={name: getattr(project, name) for name in _PROJECT_FIELDS},
        samples=samples,
        impulses=tuple(_document(row, folder=name) for name, row in sorted(impulses.items())),
        models=tuple(_dated(_document(row), revision) for row in models),
        tests=tuple(_dated(_unnumbered(row), revision) for row in tests),
        profiles=tuple(map(_unnumbered, _latest(session, ProfileRow, numbers, places))),
        results=_results(session, project_id, {row.id for row in rows}),
        devices=tuple(
            _document(row)
            for row in session.scalars(
                select(Device).where(Device.project_id == project_id).order_by(Device.identifier)
            )
        ),
    )


def folders(rows: Sequence[ImpulseRow]) -> dict[str, ImpulseRow]:
    """The id each impulse has in plain files: "" for the default one, else made of its name once.

    Args:
        rows: In the order of their numbers, which decides where names are the same.
    """
    found: dict[str, ImpulseRow] = {}
    # Ids that impulses came with are theirs; others make way.
    for row in sorted(rows, key=lambda row: row.folder is None):
        wanted = row.folder or _folder_name(row.name)
        name, number = wanted, 1
        while name in found:
            number += 1
            name = f"{wanted[:58]}-{number}"
        found[name] = row
    default = next((name for name, row in found.items() if row.is_default), None)
    return {"" if name == default else name: row for name, row in found.items()}


def _folder_name(name: str) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    parts = [part for part in plain.split("-") if part]
    return "-".join(parts)[:60].rstrip("-") or "impulse"


def sample_lines(session: Session, project_id: int) -> Iterator[bytes]:
    """A line for each sample of a project that is not in the trash, sorted by key."""
    parent = aliased(SampleRow)
    statement = (
        select(SampleRow, Device.identifier, parent.key)
        .outerjoin(Device, SampleRow.device_id == Device.id)
        .outerjoin(parent, SampleRow.parent_id == parent.id)
        .where(SampleRow.project_id == project_id, SampleRow.deleted_at.is_(None))
        .order_by(bytewise(session, SampleRow.key))
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for rows in session.execute(statement).partitions():
        for row, device, parent_key in rows:
            document = _columns(row, _SAMPLE_NOT_KEPT)
            yield dump_line({**document, "device": device, "parent": parent_key})
        session.expunge_all()


def bytewise(session: Session, column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A text column ordered as Python orders texts, whatever the language of the database."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return collate(column, "C") if is_postgresql else column.expression


def dump_line(document: Document) -> bytes:
    """A sample as its line."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def store_lines(
    blobs: BlobStore, lines: Iterable[bytes], progress: Progress = silent
) -> SampleLines:
    """Stores lines of samples as a blob and counts them."""
    counts: Counter[str] = Counter()
    lengths: Counter[str] = Counter()
    size = 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        held: list[bytes] = []
        for line in lines:
            document = json.loads(line)
            counts[document["category"]] += 1
            counts["disabled"] += not document["enabled"]
            lengths[document["category"]] += document["length_ms"]
            size += document["size_bytes"]
            held.append(line)
            if len(held) == _ROWS_AT_ONCE:
                progress(Step("samples", counts.total() - counts["disabled"], 0))
                yield b"".join(held)
                held.clear()
        yield b"".join(held)

    blob = blobs.put_stream(pieces())
    total = counts.total() - counts["disabled"]
    return SampleLines(blob.hash, total, dict(counts), dict(lengths), size)


def read_lines(blobs: BlobStore, content_hash: str) -> Iterator[bytes]:
    """The lines of a blob, each with its end."""
    rest = b""
    for piece in blobs.stream(content_hash, _PIECE_BYTES):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)


def line_key(line: bytes) -> str:
    """The key of a sample's line."""
    key: str = json.loads(line)["key"]
    return key


def sample_of(document: Mapping[str, Any]) -> Sample:
    """The library's view of a sample's line; its content can be read only once it is a row."""
    names = {attribute.key for attribute in inspect(SampleRow).column_attrs}
    known = {name: value for name, value in document.items() if name in names - {"created_at"}}
    return to_sample(SampleRow(**known), Path)


def _dated(document: Document, revision: int) -> Document:
    """Whether the data has changed since: the number of its state means nothing elsewhere."""
    made_from = document.pop("data_revision")
    return {**document, "is_current": made_from == revision}


_Measured = TypeVar("_Measured", TestResult, ProfileRow)


def _latest(
    session: Session,
    table: type[_Measured],
    models: Sequence[int],
    key: tuple[InstrumentedAttribute[Any], ...],
) -> Sequence[_Measured]:
    newest = select(func.max(table.id)).where(table.model_id.in_(models)).group_by(*key)
    return session.scalars(select(table).where(table.id.in_(newest)).order_by(*key)).all()


def _results(session: Session, project_id: int, impulses: set[int]) -> tuple[Document, ...]:
    newest = (
        select(func.max(Artifact.id))
        .where(Artifact.project_id == project_id, Artifact.kind == RESULT_KIND)
        .group_by(Artifact.key)
    )
    rows = session.scalars(select(Artifact).where(Artifact.id.in_(newest)).order_by(Artifact.key))
    return tuple(
        _unnumbered(row) for row in rows if row.document and row.document["impulse_id"] in impulses
    )


def _document(row: Base, **changes: Any) -> Document:
    return _columns(row, _NOT_KEPT) | changes


def _unnumbered(row: Base) -> Document:
    """A row that nothing refers to."""
    return _columns(row, _NOT_KEPT | {"id"})


def _columns(row: Base, left_out: set[str]) -> Document:
    return {
        attribute.key: _plain(getattr(row, attribute.key))
        for attribute in inspect(type(row)).column_attrs
        if attribute.key not in left_out
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
