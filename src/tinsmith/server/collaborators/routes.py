"""Endpoints of who works on a project."""

from __future__ import annotations

from fastapi import APIRouter

from tinsmith.server.collaborators import service
from tinsmith.server.collaborators.schemas import (
    CollaboratorChange,
    CollaboratorIn,
    CollaboratorOut,
)
from tinsmith.server.context import Reading, Who, Writing
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.users.routes import UserId
from tinsmith.server.users.service import user_of

router = APIRouter(tags=["collaborators"])


@router.get("/projects/{project_id}/collaborators")
def list_collaborators(
    project_id: ProjectId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[CollaboratorOut]:
    """Who was added to the project; members of its organization come on top."""
    found = service.list_collaborators(session, project_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit, key=lambda pair: pair[1].id)
    return Page(items=[CollaboratorOut.of(*row) for row in rows], next_cursor=more)


@router.post("/projects/{project_id}/collaborators", status_code=201)
def add_collaborator(
    project_id: ProjectId, body: CollaboratorIn, session: Writing, caller: Who
) -> CollaboratorOut:
    """Adds somebody who has an account."""
    user = user_of(session, body.email)
    row = service.add_collaborator(session, caller, project_id, user, body.role)
    return CollaboratorOut.of(row, user)


@router.patch("/projects/{project_id}/collaborators/{user_id}")
def update_collaborator(
    project_id: ProjectId, user_id: UserId, body: CollaboratorChange, session: Writing, caller: Who
) -> CollaboratorOut:
    """Gives a collaborator another role; the last owner stays one."""
    row, user = service.update_collaborator(session, caller, project_id, user_id, body.role)
    return CollaboratorOut.of(row, user)


@router.delete("/projects/{project_id}/collaborators/{user_id}", status_code=204)
def remove_collaborator(
    project_id: ProjectId, user_id: UserId, session: Writing, caller: Who
) -> None:
    """Takes a collaborator out; the last owner stays."""
    service.remove_collaborator(session, caller, project_id, user_id)
