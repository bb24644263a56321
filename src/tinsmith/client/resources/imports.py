"""Data sets with their annotations, in and out as a whole."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from tinsmith.client.downloading import Downloaded, download
from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.resources.jobs import NO_LIMITS, JobLimits
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import FilePart, Item, Step
from tinsmith.client.types import ImportedFile, Job
from tinsmith.core.errors import InputError
from tinsmith.core.progress import Progress, silent

_IMPORTS = "/projects/{project_id}/data-imports"
_START = Endpoint("start_import", "POST", _IMPORTS, Job)
_APPLY = Endpoint("apply_import", "POST", _IMPORTS + "/{job_id}/apply", Job)
_FILES = Endpoint("list_imported_files", "GET", _IMPORTS + "/{job_id}/files", Page[ImportedFile])
_EXPORT = Endpoint("start_data_export", "POST", "/projects/{project_id}/data-exports", Job)


class DataSets(ProjectResource[M]):
    """Archives and folders with annotation files: COCO, YOLO, Pascal VOC, `info.labels`, …"""

    @operation
    def load(
        self, what: Path | str, options: Mapping[str, str] | None = None
    ) -> Generator[Step, Any, Job]:
        """Starts importing an archive, or a folder of up to 1,000 files; all of it or nothing.

        Args:
            what: A zip or tar, a video, or a folder.
            options: Further fields of the API's form.

        Raises:
            InputError: There is no such file.
        """
        path = Path(what)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        parts = [
            FilePart(file.relative_to(path).as_posix() if path.is_dir() else file.name, file)
            for file in files
            if file.is_file()
        ]
        if not parts:
            raise InputError("there is no such file, or the folder is empty", path=path)
        return _START(project_id=self.project_id, form=options or {}, files=parts)

    @operation
    def apply(self, job_id: int) -> Generator[Step, Any, Job]:
        """Starts the import that a job with `apply` false only showed."""
        return _APPLY(project_id=self.project_id, job_id=job_id)

    @iteration
    def files(self, job_id: int) -> Generator[Step | Item[ImportedFile], Any, None]:
        """What became of each file of an import."""
        return paged(_FILES, project_id=self.project_id, job_id=job_id)

    @operation
    def pack(
        self, options: Mapping[str, Any] | None = None, *, limits: JobLimits = NO_LIMITS
    ) -> Generator[Step, Any, Job]:
        """Starts packing samples, with all that is known of them, into a zip."""
        body = {**(options or {}), **limits.fields()}
        return _EXPORT(project_id=self.project_id, body=body)

    @operation
    def download(
        self, job_id: int, to: Path | str = ".", *, progress: Progress = silent
    ) -> Generator[Step, Any, Downloaded]:
        """Fetches the zip that a job of `pack` made."""
        path = f"/projects/{self.project_id}/data-exports/{job_id}/download"
        return download(path, Path(to), progress)
