"""Endpoints of deployments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.server.context import App, Reading, Who
from tinsmith.server.deployments.schemas import DeploymentOut
from tinsmith.server.downloads import download
from tinsmith.server.errors import NotFoundError
from tinsmith.server.jobs.routes import start
from tinsmith.server.jobs.schemas import DeploymentIn, JobOut
from tinsmith.server.paging import Limit
from tinsmith.server.projects.routes import ProjectId
from tinsmith.store.tables import Deployment

router = APIRouter(tags=["deployments"])
DeploymentId = Annotated[int, Path(ge=1, lt=2**63, description="The deployment's id.")]


@router.post("/projects/{project_id}/deployments", status_code=202)
def start_deployment(project_id: ProjectId, body: DeploymentIn, app: App, caller: Who) -> JobOut:
    """Builds, verifies and packages a trained impulse, as a job."""
    return start(app, caller, project_id, "deploy", body)


@router.get("/projects/{project_id}/deployments")
def list_deployments(
    project_id: ProjectId, session: Reading, limit: Limit = 100
) -> list[DeploymentOut]:
    """The project's deployments, newest first."""
    statement = select(Deployment).where(Deployment.project_id == project_id)
    rows = session.scalars(statement.order_by(Deployment.id.desc()).limit(limit)).all()
    return [DeploymentOut.model_validate(row) for row in rows]


@router.get("/projects/{project_id}/deployments/{deployment_id}")
def get_deployment(
    project_id: ProjectId, deployment_id: DeploymentId, session: Reading
) -> DeploymentOut:
    """One deployment with its verification report."""
    return DeploymentOut.model_validate(_find(session, project_id, deployment_id))


@router.get(
    "/projects/{project_id}/deployments/{deployment_id}/download",
    response_class=Response,
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
    },
)
def download_deployment(
    project_id: ProjectId, deployment_id: DeploymentId, session: Reading, app: App
) -> Response:
    """The package."""
    row = _find(session, project_id, deployment_id)
    return download(app.blobs, row.blob_hash, row.file_name, "application/zip")


def _find(session: Session, project_id: int, deployment_id: int) -> Deployment:
    row = session.get(Deployment, deployment_id)
    if row is None or row.project_id != project_id:
        raise NotFoundError(f"the project has no deployment {deployment_id}")
    return row
