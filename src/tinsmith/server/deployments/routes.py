"""Endpoints of deployments."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Reading, Who, Writing
from tinsmith.server.deployments import service
from tinsmith.server.deployments.schemas import DeploymentDetail, DeploymentOptions, DeploymentOut
from tinsmith.server.downloads import download, download_responses
from tinsmith.server.jobs.routes import start
from tinsmith.server.jobs.schemas import DeploymentIn, JobOut
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.results.models import project_device
from tinsmith.server.rows import project_row
from tinsmith.store.tables import Deployment, now

router = APIRouter(tags=["deployments"])
DeploymentId = Annotated[int, Path(ge=1, lt=2**63, description="The deployment's id.")]
_ZIP = "application/zip"


@router.get("/projects/{project_id}/deployment-options")
def list_deployment_options(project_id: ProjectId, session: Reading) -> DeploymentOptions:
    """Forms and targets, which of them are possible here, and which suit the project's target."""
    return service.options(project_device(session, project_id))


@router.post("/projects/{project_id}/deployments", status_code=202)
def start_deployment(project_id: ProjectId, body: DeploymentIn, app: App, caller: Who) -> JobOut:
    """Builds, verifies and packages a trained impulse, as a job."""
    with app.database.read() as session:
        service.require_buildable(session, project_id, body.impulse_id, body.form, body.target)
    return start(app, caller, project_id, "deploy", body)


@router.get("/projects/{project_id}/deployments")
def list_deployments(
    project_id: ProjectId,
    session: Reading,
    impulse_id: Annotated[
        int | None, Query(ge=1, lt=2**63, description="Only of this impulse.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeploymentOut]:
    """The project's deployments, newest first, those with deleted packages too."""
    found = service.list_deployments(
        session, project_id, impulse_id, after_number(cursor), limit + 1
    )
    rows, more = cut(found, limit, key=attrgetter("number"))
    return Page(items=service.outputs(session, project_id, rows), next_cursor=more)


@router.get("/projects/{project_id}/deployments/{deployment_id}")
def get_deployment(
    project_id: ProjectId, deployment_id: DeploymentId, session: Reading
) -> DeploymentDetail:
    """One deployment with its verification report."""
    return service.detail(session, project_row(session, Deployment, project_id, deployment_id))


@router.delete("/projects/{project_id}/deployments/{deployment_id}", status_code=204)
def delete_deployment(
    project_id: ProjectId, deployment_id: DeploymentId, session: Writing, caller: Who
) -> None:
    """Deletes the package; number and report stay as a record of what was handed out."""
    row = project_row(session, Deployment, project_id, deployment_id)
    if row.deleted_at is None:
        row.deleted_at = now()
        what = f"version {row.number}"
        audit(session, caller, "deployment.delete", what, project_id=project_id)


@router.get(
    "/projects/{project_id}/deployments/{deployment_id}/download",
    response_class=Response,
    responses=download_responses(_ZIP),
)
def download_deployment(
    project_id: ProjectId, deployment_id: DeploymentId, session: Reading, app: App, request: Request
) -> Response:
    """The package; its hash is its ETag."""
    row = service.get_package(session, project_id, deployment_id)
    return download(app.blobs, row.blob_hash, row.file_name, _ZIP, request)


@router.head(
    "/projects/{project_id}/deployments/{deployment_id}/download",
    response_class=Response,
    responses={304: {"description": "It is what the caller has already."}},
)
def measure_deployment(
    project_id: ProjectId, deployment_id: DeploymentId, session: Reading, app: App, request: Request
) -> Response:
    """The size and the hash of the package, without the package."""
    row = service.get_package(session, project_id, deployment_id)
    return download(app.blobs, row.blob_hash, row.file_name, _ZIP, request)
