"""Versions of a project."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.resources.jobs import NO_LIMITS, JobLimits
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Job, Version

_ALL = "/projects/{project_id}/versions"
_ONE = _ALL + "/{number}"
_START = Endpoint("start_version", "POST", _ALL, Job)
_LIST = Endpoint("list_versions", "GET", _ALL, Page[Version])
_GET = Endpoint("get_version", "GET", _ONE, Version)
_RESTORE = Endpoint("restore_version", "POST", _ONE + "/restore", Job)
_DELETE = Endpoint("delete_version", "DELETE", _ONE, type(None))


class Versions(ProjectResource[M]):
    """The project as it was at moments that were kept."""

    @operation
    def save(
        self, description: str = "", *, limits: JobLimits = NO_LIMITS
    ) -> Generator[Step, Any, Job]:
        """Starts keeping the project as it is now: samples, impulses, models and results."""
        body = {"description": description, **limits.fields()}
        return _START(project_id=self.project_id, body=body)

    @iteration
    def list(self) -> Generator[Step | Item[Version], Any, None]:
        """All of them, newest first."""
        return paged(_LIST, project_id=self.project_id)

    @operation
    def get(self, number: int) -> Generator[Step, Any, Version]:
        """One version."""
        return _GET(project_id=self.project_id, number=number)

    @operation
    def restore(self, number: int, *, limits: JobLimits = NO_LIMITS) -> Generator[Step, Any, Job]:
        """Starts making the project what it was; the present becomes a version first."""
        return _RESTORE(project_id=self.project_id, number=number, body=limits.fields())

    @operation
    def delete(self, number: int) -> Generator[Step, Any, None]:
        """Forgets a version."""
        return _DELETE(project_id=self.project_id, number=number)
