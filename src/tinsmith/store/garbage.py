"""Removing content that nothing needs any more.

Content is put before the row that mentions it, and both happen within a day; so what nothing
mentions and nobody has put for a day is not needed. Whatever looks like a hash in a row counts as
mentioned: rather too much is kept than too little.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import JSON, Column, ColumnElement, String, and_, delete, or_, select, true
from sqlalchemy.orm import Session

from tinsmith.core.errors import EnvironmentError_
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.store.blobs import BlobStore
from tinsmith.store.database import Database
from tinsmith.store.project_files import EXPORT_KIND
from tinsmith.store.project_state import parse_state, see_one_moment
from tinsmith.store.tables import Artifact, Base, Job, Version, now

UNUSED_AFTER = timedelta(days=1)
# Exports can be made again, and jobs that failed may be tried again for a while.
EXPORTS_KEPT = timedelta(days=7)
_TRIED_AGAIN_WITHIN = timedelta(days=7)
_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_HASH_LENGTH = 64
# What samples, their index and logs say in JSON is their users' own.
_NO_DOCUMENTS = {"samples", "job_events"}
# Jobs that read what is mentioned long before they mention it themselves.
_READERS = ("version", "restore", "export_project")


@dataclass(frozen=True)
class Collected:
    """What became of the stored contents."""

    kept: int
    removed: int
    removed_bytes: int


def collect(
    database: Database,
    blobs: BlobStore,
    unused_after: timedelta = UNUSED_AFTER,
    progress: Progress = silent,
) -> Collected:
    """Removes contents that nothing mentions and nobody has put for a while; also while in use.

    Args:
        database: What mentions contents.
        blobs: The contents.
        unused_after: How long nobody must have put a content; longer than any request or job takes.
        progress: Told as contents are looked at.

    Raises:
        EnvironmentError_: A version is being made, restored or exported; nothing was removed.
        BlobError: A version's list is missing or damaged; nothing was removed.
    """
    moment = now()
    _forget_exports(database, moment - EXPORTS_KEPT)
    with database.read() as session:
        see_one_moment(session)
        _refuse_while_read(session)
        mentioned = set(_mentions(session, blobs, moment))
    kept = removed = size = 0
    for content_hash in blobs.hashes():
        if bytes.fromhex(content_hash) in mentioned:
            kept += 1
            continue
        length = blobs.size(content_hash) or 0
        if blobs.delete_unused(content_hash, moment - unused_after):
            removed, size = removed + 1, size + length
        else:
            kept += 1
        progress(Step("collecting", kept + removed, 0, content_hash[:12]))
    return Collected(kept, removed, size)


def _forget_exports(database: Database, before: datetime) -> None:
    with database.write() as session:
        session.execute(
            delete(Artifact).where(Artifact.kind == EXPORT_KIND, Artifact.created_at < before)
        )


def _refuse_while_read(session: Session) -> None:
    running = select(Job.id).where(Job.state == "running", Job.kind.in_(_READERS))
    job = session.scalar(running.limit(1))
    if job is not None:
        raise EnvironmentError_(
            f"job {job} is reading a whole project", hint="try again when it has ended"
        )


def _mentions(session: Session, blobs: BlobStore, moment: datetime) -> Iterator[bytes]:
    """Every hash in the database, and in the lists that it mentions."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String) and column.type.length == _HASH_LENGTH:
                yield from _in_texts(session, column)
            elif isinstance(column.type, JSON) and table.name not in _NO_DOCUMENTS:
                yield from _in_documents(session, column, moment)
    kept = Version.deleted_at.is_(None)
    for manifest in session.scalars(select(Version.manifest_hash).where(kept)):
        head = blobs.get(manifest)
        yield from _found(head)
        yield from _in_blob(blobs, parse_state(head).samples.hash)
    exports = select(Artifact.blob_hash).where(Artifact.kind == EXPORT_KIND)
    for listed in session.scalars(exports):
        if listed is not None:
            yield from _in_blob(blobs, listed)


def _in_texts(session: Session, column: Column[str]) -> Iterator[bytes]:
    statement = select(column).distinct().execution_options(yield_per=10_000)
    for value in session.scalars(statement):
        yield from _found((value or "").encode())


def _in_documents(session: Session, column: Column[object], moment: datetime) -> Iterator[bytes]:
    statement = select(column).where(column.is_not(None), _counts(column, moment))
    for value in session.scalars(statement.execution_options(yield_per=1000)):
        yield from _found(json.dumps(value).encode())


def _counts(column: Column[object], moment: datetime) -> ColumnElement[bool]:
    """What a job was asked for counts as long as it may be done."""
    if column is not Job.__table__.c.arguments:
        return true()
    may_be_tried = and_(
        Job.state.in_(("failed", "cancelled", "interrupted")),
        Job.created_at > moment - _TRIED_AGAIN_WITHIN,
    )
    return or_(Job.state.in_(("queued", "running")), may_be_tried)


def _in_blob(blobs: BlobStore, content_hash: str) -> Iterator[bytes]:
    rest = b""
    for piece in blobs.stream(content_hash):
        # Up to the last end of a line, which no hash contains.
        whole, end, rest = (rest + piece).rpartition(b"\n")
        yield from _found(whole + end)
    yield from _found(rest)


def _found(text: bytes) -> Iterator[bytes]:
    for match in _HASH.finditer(text):
        yield bytes.fromhex(match[0].decode())
