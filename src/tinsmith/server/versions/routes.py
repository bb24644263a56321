"""Endpoints of versions."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Path, Query

from tinsmith.jobs.queue import JobLimits, submit
from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Reading, Who, Writing
from tinsmith.server.jobs.routes import start
from tinsmith.server.jobs.schemas import JobOut, LimitsIn
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.projects.schemas import ProjectOut
from tinsmith.server.versions import service
from tinsmith.server.versions.schemas import (
    Comparison,
    CopyIn,
    NewProjectOut,
    VersionChange,
    VersionIn,
    VersionOut,
)

router = APIRouter(tags=["versions"])
VersionNumber = Annotated[int, Path(ge=1, lt=2**31, description="The version's number.")]


@router.post("/projects/{project_id}/versions", status_code=202)
def start_version(project_id: ProjectId, body: VersionIn, app: App, caller: Who) -> JobOut:
    """Keeps the project as it is now: samples, impulses, models and results."""
    return start(app, caller, project_id, "version", body)


@router.get("/projects/{project_id}/versions")
def list_versions(
    project_id: ProjectId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[VersionOut]:
    """The project's versions, newest first."""
    found = service.list_versions(session, project_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit, key=attrgetter("number"))
    return Page(items=[VersionOut.model_validate(row) for row in rows], next_cursor=more)


@router.get("/projects/{project_id}/versions/{number}")
def get_version(project_id: ProjectId, number: VersionNumber, session: Reading) -> VersionOut:
    """One version."""
    return VersionOut.model_validate(service.get_version(session, project_id, number))


@router.patch("/projects/{project_id}/versions/{number}")
def update_version(
    project_id: ProjectId, number: VersionNumber, body: VersionChange, session: Writing
) -> VersionOut:
    """Changes what is said of a version; what it keeps never changes."""
    row = service.get_version(session, project_id, number)
    row.description = body.description
    return VersionOut.model_validate(row)


@router.delete("/projects/{project_id}/versions/{number}", status_code=204)
def delete_version(
    project_id: ProjectId, number: VersionNumber, session: Writing, caller: Who
) -> None:
    """Forgets a version; contents that nothing else needs are removed later."""
    service.delete_version(session, project_id, number)
    audit(session, caller, "version.delete", f"version {number}", project_id=project_id)


@router.get("/projects/{project_id}/versions/{number}/comparison")
def compare_versions(
    project_id: ProjectId,
    number: VersionNumber,
    app: App,
    other: Annotated[
        int | None, Query(ge=1, lt=2**31, description="A later version; none: the present.")
    ] = None,
    limit: Limit = 100,
) -> Comparison:
    """What differs between a version and another one, or the project as it is now."""
    with app.database.read() as session:
        return service.compare(session, app.blobs, project_id, number, other, limit)


@router.post("/projects/{project_id}/versions/{number}/restore", status_code=202)
def restore_version(
    project_id: ProjectId, number: VersionNumber, body: LimitsIn, app: App, caller: Who
) -> JobOut:
    """Makes the project what it was; the present becomes a version first, to undo it."""
    with app.database.write() as session:
        service.get_version(session, project_id, number)
        job = submit(
            session,
            "restore",
            {"project_id": project_id, "number": number},
            project_id=project_id,
            created_by=caller.user_id,
            limits=JobLimits(body.time_limit_s, body.memory_limit_mb),
        )
        audit(session, caller, "version.restore", f"version {number}", project_id=project_id)
    app.dispatcher.wake()
    return JobOut.model_validate(job)


@router.post("/projects/{project_id}/versions/{number}/copy", status_code=202)
def copy_version(
    project_id: ProjectId, number: VersionNumber, body: CopyIn, app: App, caller: Who
) -> NewProjectOut:
    """Restores a version into a new project, which the job fills."""
    with app.database.write() as session:
        project, job = service.copy_version(session, caller, project_id, number, body)
    app.dispatcher.wake()
    return NewProjectOut(project=ProjectOut.model_validate(project), job=JobOut.model_validate(job))
