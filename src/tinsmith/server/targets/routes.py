"""Endpoints of boards and the project's target."""

from __future__ import annotations

from fastapi import APIRouter, Response

from tinsmith.server.context import Reading, Writing
from tinsmith.server.edits import IfMatch, require_current, set_etag
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.targets import service
from tinsmith.server.targets.schemas import BoardCatalogue, TargetIn, TargetOut
from tinsmith.store.tables import Project

router = APIRouter(tags=["targets"])


@router.get("/boards")
def list_boards() -> BoardCatalogue:
    """Known boards by title, and the cores a device of one's own may have."""
    return service.board_catalogue()


@router.get("/projects/{project_id}/target")
def get_target(project_id: ProjectId, session: Reading, response: Response) -> TargetOut:
    """What the project is meant for, with its budgets; a common board until somebody chooses."""
    project = session.get_one(Project, project_id)
    set_etag(response, project.revision)
    return service.target_out(project)


@router.put("/projects/{project_id}/target")
def set_target(
    project_id: ProjectId,
    body: TargetIn,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> TargetOut:
    """Chooses a board or a device of one's own, and budgets."""
    project = session.get_one(Project, project_id)
    require_current(project.revision, if_match)
    project.target = service.checked_target(body)
    project.revision += 1
    session.flush()
    set_etag(response, project.revision)
    return service.target_out(project)
