"""Deployments of a project: verified packages."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from tinsmith.client.downloading import Downloaded, download
from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.resources.jobs import NO_LIMITS, JobLimits, Memory, Variant
from tinsmith.client.sending import Endpoint, listed
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Deployment, Job
from tinsmith.core.progress import Progress, silent

_ALL = "/projects/{project_id}/deployments"
_ONE = _ALL + "/{deployment_id}"
_START = Endpoint("start_deployment", "POST", _ALL, Job)
_LIST = Endpoint("list_deployments", "GET", _ALL, tuple[Deployment, ...])
_GET = Endpoint("get_deployment", "GET", _ONE, Deployment)


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
    def list(self, *, limit: int = 100) -> Generator[Step | Item[Deployment], Any, None]:
        """The newest ones, newest first."""
        return listed(_LIST, {"limit": limit}, project_id=self.project_id)

    @operation
    def get(self, deployment_id: int) -> Generator[Step, Any, Deployment]:
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
