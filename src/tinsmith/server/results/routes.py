"""Endpoints of models and profiles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Reading, Who, Writing
from tinsmith.server.downloads import download, download_responses
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.results import models
from tinsmith.server.results.schemas import ModelDetail, ModelOut, ProfileDetail, ProfileOut
from tinsmith.server.rows import project_row
from tinsmith.store.tables import Model, ProfileRow

router = APIRouter(tags=["results"])
ModelId = Annotated[int, Path(ge=1, lt=2**63, description="The model's number.")]
ProfileId = Annotated[int, Path(ge=1, lt=2**63, description="The profile's number.")]
OfImpulse = Annotated[int | None, Query(ge=1, lt=2**63, description="Only of this impulse.")]
OfModel = Annotated[int | None, Query(ge=1, lt=2**63, description="Only of this model.")]
FileName = Annotated[str, Path(max_length=200, description="Such as `int8.tflite`.")]
_FILES = download_responses("application/octet-stream", "application/json", "application/toml")


@router.get("/projects/{project_id}/models")
def list_models(
    project_id: ProjectId,
    session: Reading,
    impulse_id: OfImpulse = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ModelOut]:
    """The project's models, newest first."""
    found = models.list_models(session, project_id, impulse_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    return Page(items=models.model_outputs(session, project_id, rows), next_cursor=more)


@router.get("/projects/{project_id}/models/{model_id}")
def get_model(project_id: ProjectId, model_id: ModelId, session: Reading, app: App) -> ModelDetail:
    """One model with its design, its training history and its files."""
    row = project_row(session, Model, project_id, model_id)
    return models.model_detail(session, app.blobs, row)


@router.delete("/projects/{project_id}/models/{model_id}", status_code=204)
def delete_model(project_id: ProjectId, model_id: ModelId, session: Writing, caller: Who) -> None:
    """Deletes a model that no impulse uses, with its test results and profiles."""
    models.delete_model(session, project_row(session, Model, project_id, model_id))
    audit(session, caller, "model.delete", f"model {model_id}", project_id=project_id)


@router.get(
    "/projects/{project_id}/models/{model_id}/files/{file_name}",
    response_class=Response,
    responses=_FILES,
)
def download_model_file(
    project_id: ProjectId,
    model_id: ModelId,
    file_name: FileName,
    session: Reading,
    app: App,
    request: Request,
) -> Response:
    """A file of a model: `float32.tflite`, `int8.tflite`, `fitted.json`, `impulse.toml`."""
    row = project_row(session, Model, project_id, model_id)
    content, media_type = models.model_file(row, file_name)
    return download(app.blobs, content, f"model-{row.id}-{file_name}", media_type, request)


@router.get("/projects/{project_id}/profiles")
def list_profiles(
    project_id: ProjectId,
    session: Reading,
    model_id: OfModel = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ProfileOut]:
    """What the project's models cost on targets, newest first."""
    found = models.list_profiles(session, project_id, model_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    device = models.project_device(session, project_id)
    return Page(items=models.profile_outputs(rows, device), next_cursor=more)


@router.get("/projects/{project_id}/profiles/{profile_id}")
def get_profile(project_id: ProjectId, profile_id: ProfileId, session: Reading) -> ProfileDetail:
    """What a model costs on a target, stage by stage."""
    row = project_row(session, ProfileRow, project_id, profile_id)
    return models.profile_detail(row, models.project_device(session, project_id))
