"""The job `export_project`: lists a project, or a version of it, as the files of a folder."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import InputError
from tinsmith.impulse.codegen import identifier
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.project_files import EXPORT_KIND, read_files, store_files
from tinsmith.store.project_state import read_state
from tinsmith.store.tables import Artifact, Version
from tinsmith.store.versions import load_version


class ExportProjectArguments(Arguments):
    """What to export."""

    version: int | None = Field(
        default=None, ge=1, lt=2**31, description="A version's number; null: as it is now."
    )


def export_project(context: TaskContext, arguments: ExportProjectArguments) -> Outcome:
    """Makes a list of files, whose contents the store has; it is packed while it is downloaded.

    Raises:
        InputError: There is no such version.
    """
    progress = context.events.progress
    with context.database.read() as session:
        if arguments.version is None:
            state = read_state(session, context.project, context.blobs, progress)
        else:
            row = session.scalar(
                select(Version).where(
                    Version.project_id == context.project,
                    Version.number == arguments.version,
                    Version.deleted_at.is_(None),
                )
            )
            if row is None:
                raise InputError(f"there is no version {arguments.version} any more")
            state = load_version(row, context.blobs)
    content_hash = store_files(state, context.blobs, progress)
    files = size = 0
    for entry in read_files(context.blobs, content_hash):
        files, size = files + 1, size + entry.size
    context.events.log(f"{files} files, {size} bytes")
    name = identifier(state.project["name"])
    suffix = f"-v{arguments.version}" if arguments.version else ""

    def store(session: Session) -> dict[str, Any]:
        row = Artifact(
            project_id=context.project,
            job_id=context.job_id,
            kind=EXPORT_KIND,
            key=str(arguments.version or ""),
            file_name=f"{name}{suffix}.zip",
            blob_hash=content_hash,
            size_bytes=size,
            document={"files": files, "version": arguments.version},
        )
        session.add(row)
        session.flush()
        return {"export_id": row.id, "files": files, "size_bytes": size}

    return Outcome(store)
