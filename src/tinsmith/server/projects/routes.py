"""Endpoints of projects and their keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from tinsmith.server.context import Reading, Who, Writing
from tinsmith.server.edits import IfMatch, require_current, set_etag
from tinsmith.server.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from tinsmith.server.projects import service
from tinsmith.server.projects.schemas import (
    ApiKeyIn,
    ApiKeyOut,
    NewApiKey,
    ProjectChange,
    ProjectIn,
    ProjectOut,
)
from tinsmith.store.tables import Project, now

router = APIRouter(tags=["projects"])
ProjectId = Annotated[int, Path(ge=1, lt=2**63, description="The project's number.")]
KeyId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/projects")
def list_projects(
    session: Reading, caller: Who, limit: Limit = 100, cursor: Cursor = None
) -> Page[ProjectOut]:
    """The projects the caller may see, newest first."""
    after = decode_cursor(cursor, int)[0] if cursor else None
    found = service.list_projects(session, caller, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    items = [ProjectOut.model_validate(row) for row in found[:limit]]
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
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """Changes name, description, read-me or visibility."""
    project = session.get_one(Project, project_id)
    require_current(project.revision, if_match)
    service.update_project(project, body)
    session.flush()
    return _out(project, response)


@router.delete("/projects/{project_id}", status_code=204)
def delete_project(project_id: ProjectId, session: Writing) -> None:
    """Puts a project into the trash."""
    session.get_one(Project, project_id).deleted_at = now()


@router.get("/projects/{project_id}/api-keys")
def list_api_keys(project_id: ProjectId, session: Reading) -> list[ApiKeyOut]:
    """The project's keys, without their secrets."""
    rows = service.list_api_keys(session, project_id)
    return [ApiKeyOut.model_validate(row) for row in rows]


@router.post("/projects/{project_id}/api-keys", status_code=201)
def create_api_key(
    project_id: ProjectId, body: ApiKeyIn, session: Writing, caller: Who
) -> NewApiKey:
    """Makes a key; its secret is in this response and nowhere else."""
    row, secret = service.create_api_key(session, caller, project_id, body)
    return NewApiKey(**ApiKeyOut.model_validate(row).model_dump(), secret=secret)


@router.delete("/projects/{project_id}/api-keys/{key_id}", status_code=204)
def delete_api_key(project_id: ProjectId, key_id: KeyId, session: Writing) -> None:
    """Revokes a key."""
    service.revoke_api_key(session, project_id, key_id)


def _out(project: Project, response: Response) -> ProjectOut:
    set_etag(response, project.revision)
    return ProjectOut.model_validate(project)
