"""Whole projects as plain files."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from tinsmith.client.downloading import Downloaded, download
from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.resources.jobs import NO_LIMITS, JobLimits
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Export, Job
from tinsmith.core.progress import Progress, silent

_ALL = "/projects/{project_id}/exports"
_START = Endpoint("start_export", "POST", _ALL, Job)
_LIST = Endpoint("list_exports", "GET", _ALL, Page[Export])
_DELETE = Endpoint("delete_export", "DELETE", _ALL + "/{export_id}", type(None))


class Exports(ProjectResource[M]):
    """The project as the folder of plain files that the command line works on."""

    @operation
    def build(
        self, *, version: int | None = None, limits: JobLimits = NO_LIMITS
    ) -> Generator[Step, Any, Job]:
        """Starts preparing the project as it is, or a version of it; the result has `export_id`."""
        return _START(project_id=self.project_id, body={"version": version, **limits.fields()})

    @iteration
    def list(self) -> Generator[Step | Item[Export], Any, None]:
        """All of them, newest first."""
        return paged(_LIST, project_id=self.project_id)

    @operation
    def download(
        self, export_id: int, to: Path | str = ".", *, progress: Progress = silent
    ) -> Generator[Step, Any, Downloaded]:
        """Fetches an export as a zip; it is packed while it is sent, so nothing knows its hash.

        Args:
            export_id: The export.
            to: The file to write, or a folder for it.
            progress: Receives the bytes that came so far.
        """
        path = f"/projects/{self.project_id}/exports/{export_id}/download"
        return download(path, Path(to), progress, is_content_hash=False)

    @operation
    def delete(self, export_id: int) -> Generator[Step, Any, None]:
        """Forgets an export."""
        return _DELETE(project_id=self.project_id, export_id=export_id)
