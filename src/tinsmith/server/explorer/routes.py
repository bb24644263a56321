"""Endpoints of maps of windows, importance of features, and features as files."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from tinsmith.jobs.tasks.explorer import MapSource, Method
from tinsmith.jobs.tasks.feature_files import FILES
from tinsmith.server.context import App, Reading, Who
from tinsmith.server.downloads import download, download_responses
from tinsmith.server.explorer import service
from tinsmith.server.explorer.schemas import (
    ExplorerIn,
    FeatureFileOut,
    FeatureFilesIn,
    ImportanceIn,
    ImportanceOut,
    MapOut,
)
from tinsmith.server.impulses.routes import ImpulseId
from tinsmith.server.jobs.routes import start
from tinsmith.server.jobs.schemas import JobOut
from tinsmith.server.plain_json import plain_json
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.results.schemas import VariantName

router = APIRouter(tags=["explorer"])


@router.post("/projects/{project_id}/jobs/explorer", status_code=202)
def start_explorer(project_id: ProjectId, body: ExplorerIn, app: App, caller: Who) -> JobOut:
    """Places an impulse's windows on a map; taken from before if nothing has changed."""
    return start(app, caller, project_id, "explorer", body)


@router.post("/projects/{project_id}/jobs/importance", status_code=202)
def start_importance(project_id: ProjectId, body: ImportanceIn, app: App, caller: Who) -> JobOut:
    """Measures how much each feature says about the label."""
    return start(app, caller, project_id, "importance", body)


@router.post("/projects/{project_id}/jobs/feature-files", status_code=202)
def start_feature_files(
    project_id: ProjectId, body: FeatureFilesIn, app: App, caller: Who
) -> JobOut:
    """Writes features and labels of all windows as files."""
    return start(app, caller, project_id, "feature_files", body)


@router.get("/projects/{project_id}/impulses/{impulse_id}/map", response_model=MapOut)
def get_map(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    session: Reading,
    app: App,
    method: Annotated[Method, Query()] = "pca",
    dims: Annotated[Literal["2", "3"], Query(description="Dimensions.")] = "2",
    source: Annotated[MapSource, Query()] = "features",
    variant: Annotated[VariantName, Query(description="Whose test decides.")] = "int8",
) -> Response:
    """The newest map of an impulse's windows, coloured by what testing decided."""
    wanted = service.MapChoice(method, int(dims), source, variant)
    found = service.window_map(session, app.blobs, project_id, impulse_id, wanted)
    return plain_json(found)


@router.get("/projects/{project_id}/impulses/{impulse_id}/importance")
def get_importance(project_id: ProjectId, impulse_id: ImpulseId, session: Reading) -> ImportanceOut:
    """What each feature of an impulse says about the label, most telling first."""
    return service.feature_importance(session, project_id, impulse_id)


@router.get("/projects/{project_id}/impulses/{impulse_id}/features")
def list_feature_files(
    project_id: ProjectId, impulse_id: ImpulseId, session: Reading
) -> list[FeatureFileOut]:
    """Files of features that were written last."""
    return service.list_files(session, project_id, impulse_id)


@router.get(
    "/projects/{project_id}/impulses/{impulse_id}/features/{file_name}",
    response_class=Response,
    responses=download_responses(*sorted(set(FILES.values()))),
)
def download_feature_file(
    project_id: ProjectId,
    impulse_id: ImpulseId,
    file_name: Annotated[str, Path(max_length=200, description="Such as `features.npy`.")],
    session: Reading,
    app: App,
    request: Request,
) -> Response:
    """`features.npy`: float32 [windows, features]; `windows.json`: what rows and columns are."""
    content, media_type = service.get_file(session, project_id, impulse_id, file_name)
    return download(app.blobs, content, file_name, media_type, request)
