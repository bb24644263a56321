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
from tinsmith.server.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.users.routes import UserId
from tinsmith.server.users.service import user_of
from tinsmith.store.tables import Collaborator, User

router = APIRouter(tags=["collaborators"])


@router.get("/projects/{project_id}/collaborators")
def list_collaborators(
    project_id: ProjectId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[CollaboratorOut]:
    """Who was added to the project; members of its organization come on top."""
    after = decode_cursor(cursor, int)[0] if cursor else None
    rows = service.list_collaborators(session, project_id, after, limit + 1)
    more = encode_cursor(rows[limit - 1][1].id) if len(rows) > limit else None
    return Page(items=[_out(*row) for row in rows[:limit]], next_cursor=more)


@router.post("/projects/{project_id}/collaborators", status_code=201)
def add_collaborator(
    project_id: ProjectId, body: CollaboratorIn, session: Writing, caller: Who
) -> CollaboratorOut:
    """Adds somebody who has an account."""
    user = user_of(session, body.email)
    return _out(service.add_collaborator(session, caller, project_id, user, body.role), user)


@router.patch("/projects/{project_id}/collaborators/{user_id}")
def update_collaborator(
    project_id: ProjectId, user_id: UserId, body: CollaboratorChange, session: Writing, caller: Who
) -> CollaboratorOut:
    """Gives a collaborator another role; the last owner stays one."""
    return _out(*service.update_collaborator(session, caller, project_id, user_id, body.role))


@router.delete("/projects/{project_id}/collaborators/{user_id}", status_code=204)
def remove_collaborator(
    project_id: ProjectId, user_id: UserId, session: Writing, caller: Who
) -> None:
    """Takes a collaborator out; the last owner stays."""
    service.remove_collaborator(session, caller, project_id, user_id)


def _out(row: Collaborator, user: User) -> CollaboratorOut:
    return CollaboratorOut.model_validate(
        {
            "user_id": user.id,
            "email": user.email,
            "name": user.name,
            "role": row.role,
            "created_at": row.created_at,
            "last_seen_at": user.last_seen_at,
        }
    )
