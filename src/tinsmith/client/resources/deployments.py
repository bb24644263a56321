"""Deployments of a project: verified packages."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from tinsmith.client.downloading import Downloaded, download
from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.resources.jobs import NO_LIMITS, JobLimits, Memory, Variant
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Deployment, DeploymentDetail, Job
from tinsmith.core.progress import Progress, silent

_ALL = "/projects/{project_id}/deployments"
_ONE = _ALL + "/{deployment_id}"
_START = Endpoint("start_deployment", "POST", _ALL, Job)
_LIST = Endpoint("list_deployments", "GET", _ALL, Page[Deployment])
_GET = Endpoint("get_deployment", "GET", _ONE, DeploymentDetail)
_DELETE = Endpoint("delete_deployment", "DELETE", _ONE, type(None))


class Deployments(ProjectResource[M]):
    """Packages, each with the report on how it was verified."""

    @operation
    def build(
        self,
        impulse_id: int,
        *,
        target: str = "cortex-m4f",
        variant: Variant = "int8",
        memory: Memory = "balanced",
        form: str = "cpp-library",
        limits: JobLimits = NO_LIMITS,
    ) -> Generator[Step, Any, Job]:
        """Starts building, verifying and packaging; the job's result has `deployment_id`."""
        body = {
            "impulse_id": impulse_id,
            "target": target,
            "variant": variant,
            "memory": memory,
            "form": form,
            **limits.fields(),
        }
        return _START(project_id=self.project_id, body=body)

    @iteration
    def list(
        self, *, impulse_id: int | None = None
    ) -> Generator[Step | Item[Deployment], Any, None]:
        """Those of all impulses or of one, newest first."""
        return paged(_LIST, {"impulse_id": impulse_id}, project_id=self.project_id)

    @operation
    def get(self, deployment_id: int) -> Generator[Step, Any, DeploymentDetail]:
        """One deployment with its verification report."""
        return _GET(project_id=self.project_id, deployment_id=deployment_id)

    @operation
    def download(
        self, deployment_id: int, to: Path | str = ".", *, progress: Progress = silent
    ) -> Generator[Step, Any, Downloaded]:
        """Fetches the package.

        Args:
            deployment_id: The deployment.
            to: The file to write, or a folder for it.
            progress: Receives the bytes that came so far.

        Raises:
            BrokenServerError: What came is not what the server has, by its hash.
        """
        path = f"/projects/{self.project_id}/deployments/{deployment_id}/download"
        return download(path, Path(to), progress)

    @operation
    def delete(self, deployment_id: int) -> Generator[Step, Any, None]:
        """Deletes a package."""
        return _DELETE(project_id=self.project_id, deployment_id=deployment_id)
