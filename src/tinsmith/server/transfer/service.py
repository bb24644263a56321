"""Exports of a project, and archives that become projects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.jobs.queue import submit
from tinsmith.server.context import Caller
from tinsmith.server.errors import NotFoundError, UnusableError
from tinsmith.server.projects.schemas import ProjectIn
from tinsmith.server.projects.service import create_project
from tinsmith.server.transfer.schemas import ExportOut
from tinsmith.store.project_files import EXPORT_KIND
from tinsmith.store.tables import Artifact, Job, Project

# Zip, gzip, and where tar files say what they are.
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")
_TAR_MARK, _TAR_PLACE = b"ustar", 257
HEAD_BYTES = 512


def list_exports(
    session: Session, project_id: int, after: int | None, limit: int
) -> Sequence[Artifact]:
    """Exports of a project, newest first."""
    statement = select(Artifact).where(
        Artifact.project_id == project_id, Artifact.kind == EXPORT_KIND
    )
    if after is not None:
        statement = statement.where(Artifact.id < after)
    return session.scalars(statement.order_by(Artifact.id.desc()).limit(limit)).all()


def get_export(session: Session, project_id: int, export_id: int) -> Artifact:
    """One export.

    Raises:
        NotFoundError: The project has no such export (any more).
    """
    row = session.get(Artifact, export_id)
    if row is None or row.project_id != project_id or row.kind != EXPORT_KIND:
        raise NotFoundError(f"the project has no export {export_id}", hint="export it again")
    return row


def export_out(row: Artifact) -> ExportOut:
    """An export as the API shows it."""
    document = row.document or {}
    return ExportOut(
        id=row.id,
        version=document.get("version"),
        file_name=row.file_name,
        files=document.get("files", 0),
        size_bytes=row.size_bytes,
        created_at=row.created_at,
    )


def check_archive(head: bytes) -> None:
    """Refuses at once what cannot be an archive.

    Raises:
        UnusableError: Its first bytes are of something else.
    """
    mark = head[_TAR_PLACE : _TAR_PLACE + len(_TAR_MARK)]
    if not head.startswith(_BEGINNINGS) and mark != _TAR_MARK:
        raise UnusableError(
            f"the body is no archive; it begins with {head[:8].hex(' ') or 'nothing'}",
            hint="send a project folder packed as zip, tar or tar.gz",
        )


def start_import(
    session: Session, caller: Caller, archive: str, file_name: str, wanted: ProjectIn | None
) -> tuple[Project, Job]:
    """Makes an empty project and queues the job that fills it from an archive.

    Args:
        session: A session that writes.
        caller: Who asks.
        archive: The blob.
        file_name: What the archive is called.
        wanted: The new project; None: named as in the archive.

    Raises:
        NotFoundError: There is no such organization.
        ForbiddenError: The caller may not make projects there.
    """
    stem = PurePosixPath(file_name).name.partition(".")[0][:200] or "Imported project"
    project = create_project(session, caller, wanted or ProjectIn(name=stem))
    arguments = {"archive": archive, "file_name": file_name, "keep_name": wanted is not None}
    job = submit(
        session,
        "import_project",
        arguments,
        project_id=project.id,
        created_by=caller.user_id,
    )
    return project, job
