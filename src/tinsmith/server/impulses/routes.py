"""Endpoints of designs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Context, Reading, Who, Writing
from tinsmith.server.edits import IfMatch, require_current, set_etag
from tinsmith.server.impulses import service
from tinsmith.server.impulses.facts import project_facts
from tinsmith.server.impulses.schemas import (
    CloneIn,
    ImpulseChange,
    ImpulseIn,
    ImpulseOut,
    ModelInUse,
    ThresholdsIn,
)
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.targets.schemas import FindingOut
from tinsmith.store.tables import ImpulseRow

router = APIRouter(tags=["impulses"])
ImpulseId = Annotated[int, Path(ge=1, lt=2**63, description="The impulse's number.")]


@router.get("/projects/{project_id}/impulses")
def list_impulses(
    project_id: ProjectId,
    session: Reading,
    deleted: Annotated[bool, Query(description="Those in the trash instead.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ImpulseOut]:
    """The project's impulses with the metrics of their models, oldest first."""
    after = after_number(cursor) or 0
    found = service.list_impulses(
        session, project_id, deleted=deleted, after=after, limit=limit + 1
    )
    rows, more = cut(found, limit)
    return Page(items=service.outputs(session, project_id, rows), next_cursor=more)


@router.post("/projects/{project_id}/impulses", status_code=201)
def create_impulse(project_id: ProjectId, body: ImpulseIn, app: App) -> ImpulseOut:
    """Adds an impulse; refused if it could work on no data, doubts are told as findings."""
    document, findings = _checked(app, project_id, body.design)
    with app.database.write() as session:
        row = service.create_impulse(session, project_id, document, body.is_default)
        session.flush()
        return service.outputs(session, project_id, [row], findings)[0]


@router.get("/projects/{project_id}/impulses/{impulse_id}")
def get_impulse(
    project_id: ProjectId, impulse_id: ImpulseId, session: Reading, response: Response
) -> ImpulseOut:
    """One impulse."""
    return _out(session, service.get_impulse(session, project_id, impulse_id), response)


@router.put("/projects/{project_id}/impulses/{impulse_id}")
def update_impulse(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    body: ImpulseIn,
    app: App,
    response: Response,
    if_match: IfMatch = None,
) -> ImpulseOut:
    """Replaces an impulse's design; its models stay, marked as stale."""
    document, findings = _checked(app, project_id, body.design)
    with app.database.write() as session:
        row = service.get_impulse(session, project_id, impulse_id)
        require_current(row.revision, if_match)
        service.update_impulse(session, row, document, body.is_default)
        session.flush()
        set_etag(response, row.revision)
        return service.outputs(session, project_id, [row], findings)[0]


@router.patch("/projects/{project_id}/impulses/{impulse_id}")
def change_impulse(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    body: ImpulseChange,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> ImpulseOut:
    """Renames an impulse, or makes it the default one."""
    row = service.get_impulse(session, project_id, impulse_id)
    require_current(row.revision, if_match)
    service.change_impulse(session, row, body.name, body.is_default)
    return _out(session, row, response)


@router.delete("/projects/{project_id}/impulses/{impulse_id}", status_code=204)
def delete_impulse(
    project_id: ProjectId, impulse_id: ImpulseId, session: Writing, caller: Who
) -> None:
    """Puts an impulse into the trash; its models wait there with it."""
    row = service.get_impulse(session, project_id, impulse_id)
    service.delete_impulse(session, row)
    audit(session, caller, "impulse.delete", row.name, project_id=project_id)


@router.post("/projects/{project_id}/impulses/{impulse_id}/restore")
def restore_impulse(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    session: Writing,
    response: Response,
    caller: Who,
) -> ImpulseOut:
    """Brings an impulse back from the trash."""
    row = service.get_impulse(session, project_id, impulse_id, deleted=True)
    service.restore_impulse(session, row)
    audit(session, caller, "impulse.restore", row.name, project_id=project_id)
    return _out(session, row, response)


@router.post("/projects/{project_id}/impulses/{impulse_id}/clone", status_code=201)
def clone_impulse(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    body: CloneIn,
    session: Writing,
    response: Response,
) -> ImpulseOut:
    """Copies an impulse, to try something else beside it."""
    row = service.get_impulse(session, project_id, impulse_id)
    copy = service.clone_impulse(session, row, body.name, with_model=body.with_model)
    return _out(session, copy, response)


@router.put("/projects/{project_id}/impulses/{impulse_id}/model")
def use_model(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    body: ModelInUse,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> ImpulseOut:
    """Makes an older model the one in use again, or none."""
    row = service.get_impulse(session, project_id, impulse_id)
    require_current(row.revision, if_match)
    service.use_model(session, row, body.model_id)
    return _out(session, row, response)


@router.put("/projects/{project_id}/impulses/{impulse_id}/thresholds")
def set_thresholds(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    body: ThresholdsIn,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> ImpulseOut:
    """Saves the thresholds that the impulse's results are judged by."""
    row = service.get_impulse(session, project_id, impulse_id)
    require_current(row.revision, if_match)
    row.thresholds = body.model_dump()
    row.revision += 1
    return _out(session, row, response)


@router.delete("/projects/{project_id}/impulses/{impulse_id}/thresholds", status_code=204)
def delete_thresholds(project_id: ProjectId, impulse_id: ImpulseId, session: Writing) -> None:
    """Goes back to the thresholds of training."""
    row = service.get_impulse(session, project_id, impulse_id)
    row.thresholds = None
    row.revision += 1


def _checked(
    app: Context, project_id: int, design: dict[str, Any]
) -> tuple[dict[str, Any], list[FindingOut]]:
    with app.database.read() as session:
        facts = project_facts(session, project_id)
    document, found = service.checked(design, facts)
    return document, [FindingOut.model_validate(item) for item in found]


def _out(session: Session, row: ImpulseRow, response: Response) -> ImpulseOut:
    session.flush()
    set_etag(response, row.revision)
    return service.outputs(session, row.project_id, [row])[0]
