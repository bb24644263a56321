"""The job `restore`: makes a project what one of its versions, or another project's, says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import InputError
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.import_project import check_empty
from tinsmith.store.blobs import BlobStore
from tinsmith.store.project_restore import restore as put_back
from tinsmith.store.project_state import (
    SampleLines,
    read_head,
    read_lines,
    sample_lines,
    see_one_moment,
    store_lines,
)
from tinsmith.store.tables import Project, Version
from tinsmith.store.versions import add_version, load_version


class RestoreArguments(Arguments):
    """What to restore."""

    project_id: int = Field(ge=1, lt=2**63, description="The project whose version it is.")
    number: int = Field(ge=1, lt=2**31, description="The version's number.")


@dataclass(frozen=True)
class _Present:
    """The samples of a project as they were listed, and the revision of the data then."""

    lines: SampleLines
    revision: int


def restore(context: TaskContext, arguments: RestoreArguments) -> Outcome:
    """Restores a version; the present state becomes a version first, so that it can be undone.

    Raises:
        InputError: There is no such version, or it is another project's and this one is not empty.
    """
    blobs = context.blobs
    with context.database.read() as session:
        state = load_version(_version(session, arguments), blobs)
    is_same = arguments.project_id == context.project
    present = _list_samples(context) if is_same else None
    context.events.log(f"Version {arguments.number} has {state.samples.count} samples")

    def store(session: Session) -> dict[str, Any]:
        # Whoever deletes a version waits for this row, and its contents with it.
        _version(session, arguments, lock=True)
        project = session.get_one(Project, context.project, with_for_update=True)
        if present is None:
            check_empty(session, context.project)
            name = project.name
            restored = put_back(session, context.project, state, blobs)
            project.name = name
            return {"project_id": context.project, "added": restored.added}
        lines = _as_of_now(session, context.project, present, blobs)
        before = add_version(
            session, context.project, read_head(session, context.project, lines), blobs,
            description=f"Before version {arguments.number} was restored",
            created_by=context.created_by,
        )  # fmt: skip
        now_there = read_lines(blobs, lines.hash)
        restored = put_back(session, context.project, state, blobs, now_there)
        return {
            "undo": before.number, "added": restored.added, "changed": restored.changed,
            "removed": restored.removed,
        }  # fmt: skip

    return Outcome(store)


def _version(session: Session, arguments: RestoreArguments, *, lock: bool = False) -> Version:
    statement = select(Version).where(
        Version.project_id == arguments.project_id,
        Version.number == arguments.number,
        Version.deleted_at.is_(None),
    )
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise InputError(f"there is no version {arguments.number} any more")
    return row


def _list_samples(context: TaskContext) -> _Present:
    with context.database.read() as session:
        see_one_moment(session)
        revision = session.get_one(Project, context.project).data_revision
        found = sample_lines(session, context.project)
        return _Present(store_lines(context.blobs, found, context.events.progress), revision)


def _as_of_now(
    session: Session, project_id: int, present: _Present, blobs: BlobStore
) -> SampleLines:
    """The list of samples, made anew if somebody has changed one since."""
    if session.get_one(Project, project_id).data_revision == present.revision:
        return present.lines
    found: Iterator[bytes] = sample_lines(session, project_id)
    return store_lines(blobs, found)
