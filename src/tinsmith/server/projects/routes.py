"""Endpoints of projects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from tinsmith.server.context import App, Reading, Who, Writing
from tinsmith.server.edits import IfMatch, require_current, set_etag
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects import service
from tinsmith.server.projects.schemas import (
    DeletedProject,
    Erasure,
    ProjectChange,
    ProjectIn,
    ProjectOut,
    TransferIn,
    VisibilityIn,
)
from tinsmith.server.users.service import user_of
from tinsmith.store.tables import Project

router = APIRouter(tags=["projects"])
ProjectId = Annotated[int, Path(ge=1, lt=2**63, description="The project's number.")]


@router.get("/projects")
def list_projects(
    session: Reading, caller: Who, limit: Limit = 100, cursor: Cursor = None
) -> Page[ProjectOut]:
    """The projects the caller may see, newest first."""
    found = service.list_projects(session, caller, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    items = [ProjectOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=more)


@router.post("/projects", status_code=201)
def create_project(body: ProjectIn, session: Writing, caller: Who) -> ProjectOut:
    """Makes a project."""
    return ProjectOut.model_validate(service.create_project(session, caller, body))


@router.get("/projects/{project_id}")
def get_project(project_id: ProjectId, session: Reading, response: Response) -> ProjectOut:
    """One project."""
    return _out(session.get_one(Project, project_id), response)


@router.patch("/projects/{project_id}")
def update_project(
    project_id: ProjectId,
    body: ProjectChange,
    session: Writing,
    caller: Who,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """Changes name, description or read-me."""
    project = service.lock_project(session, project_id)
    require_current(project.revision, if_match)
    service.update_project(session, caller, project, body)
    return _out(project, response)


@router.put("/projects/{project_id}/visibility")
def set_visibility(
    project_id: ProjectId,
    body: VisibilityIn,
    session: Writing,
    caller: Who,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """Opens a project to everybody with an account, or closes it."""
    project = service.lock_project(session, project_id)
    require_current(project.revision, if_match)
    service.set_visibility(session, caller, project, body.visibility)
    return _out(project, response)


@router.post("/projects/{project_id}/transfer")
def transfer_project(
    project_id: ProjectId,
    body: TransferIn,
    session: Writing,
    caller: Who,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """Hands a project over to an organization or a person."""
    project = service.lock_project(session, project_id)
    require_current(project.revision, if_match)
    if body.organization_id is not None:
        service.give_to_organization(session, caller, project, body.organization_id)
    else:
        user = user_of(session, body.email or "")
        service.give_to_person(session, caller, project, user)
    return _out(project, response)


@router.delete("/projects/{project_id}", status_code=204)
def delete_project(
    project_id: ProjectId, session: Writing, caller: Who, if_match: IfMatch = None
) -> None:
    """Puts a project into the trash."""
    project = service.lock_project(session, project_id)
    require_current(project.revision, if_match)
    service.delete_project(session, caller, project)


@router.get("/trash/projects")
def list_deleted_projects(
    session: Reading, caller: Who, limit: Limit = 100, cursor: Cursor = None
) -> Page[DeletedProject]:
    """The projects in the trash that the caller may restore, newest first."""
    found = service.list_deleted(session, caller, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    items = [DeletedProject.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=more)


@router.post("/trash/projects/{project_id}/restore")
def restore_project(
    project_id: ProjectId, session: Writing, caller: Who, response: Response
) -> ProjectOut:
    """Brings a project back from the trash."""
    project = service.lock_project(session, project_id)
    service.restore_project(session, caller, project)
    return _out(project, response)


@router.delete("/trash/projects/{project_id}", status_code=202)
def erase_project(project_id: ProjectId, app: App, caller: Who) -> Erasure:
    """Deletes a project in the trash for good, as a job; nothing brings it back."""
    with app.database.write() as session:
        job = service.erase_project(session, caller, service.lock_project(session, project_id))
    app.dispatcher.wake()
    return Erasure(project_id=project_id, job_id=job.id)


def _out(project: Project, response: Response) -> ProjectOut:
    set_etag(response, project.revision)
    return ProjectOut.model_validate(project)
