"""Endpoints of designs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from tinsmith.server.context import Reading, Writing
from tinsmith.server.edits import IfMatch, require_current, set_etag
from tinsmith.server.impulses import service
from tinsmith.server.impulses.schemas import ImpulseIn, ImpulseOut
from tinsmith.server.projects.routes import ProjectId

router = APIRouter(tags=["impulses"])
ImpulseId = Annotated[int, Path(ge=1, lt=2**63, description="The impulse's number.")]


@router.get("/projects/{project_id}/impulses")
def list_impulses(project_id: ProjectId, session: Reading) -> list[ImpulseOut]:
    """The project's impulses, oldest first."""
    rows = service.list_impulses(session, project_id)
    return [ImpulseOut.model_validate(row) for row in rows]


@router.post("/projects/{project_id}/impulses", status_code=201)
def create_impulse(project_id: ProjectId, body: ImpulseIn, session: Writing) -> ImpulseOut:
    """Adds an impulse."""
    row = service.create_impulse(session, project_id, body.design, body.is_default)
    return ImpulseOut.model_validate(row)


@router.get("/projects/{project_id}/impulses/{impulse_id}")
def get_impulse(
    project_id: ProjectId, impulse_id: ImpulseId, session: Reading, response: Response
) -> ImpulseOut:
    """One impulse."""
    row = service.get_impulse(session, project_id, impulse_id)
    set_etag(response, row.revision)
    return ImpulseOut.model_validate(row)


@router.put("/projects/{project_id}/impulses/{impulse_id}")
def update_impulse(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    body: ImpulseIn,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> ImpulseOut:
    """Replaces an impulse's design."""
    row = service.get_impulse(session, project_id, impulse_id)
    require_current(row.revision, if_match)
    service.update_impulse(session, row, body.design, body.is_default)
    session.flush()
    set_etag(response, row.revision)
    return ImpulseOut.model_validate(row)


@router.delete("/projects/{project_id}/impulses/{impulse_id}", status_code=204)
def delete_impulse(project_id: ProjectId, impulse_id: ImpulseId, session: Writing) -> None:
    """Puts an impulse into the trash."""
    service.delete_impulse(service.get_impulse(session, project_id, impulse_id))
