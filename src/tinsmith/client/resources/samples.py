"""Samples of a project."""

from __future__ import annotations

import functools
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from tinsmith.client.downloading import Downloaded, download
from tinsmith.client.driving import M
from tinsmith.client.errors import UnusableError
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step, Together
from tinsmith.client.types import Box, LabelCount, Sample, Segment, Uploaded, UploadReport
from tinsmith.client.uploading import (
    Batch,
    Category,
    SampleFile,
    Uploadable,
    batches,
    find_files,
)
from tinsmith.core.progress import Progress, silent
from tinsmith.core.progress import Step as Report

_ALL = "/projects/{project_id}/samples"
_UPLOAD = Endpoint("upload_samples", "POST", _ALL, UploadReport)
_LIST = Endpoint("list_samples", "GET", _ALL, Page[Sample])
_COUNTS = Endpoint("get_sample_counts", "GET", _ALL + "/counts", tuple[LabelCount, ...])
_ONE = _ALL + "/{sample_id}"
_GET = Endpoint("get_sample", "GET", _ONE, Sample)
_UPDATE = Endpoint("update_sample", "PATCH", _ONE, Sample)
_DELETE = Endpoint("delete_sample", "DELETE", _ONE, type(None))


class Samples(ProjectResource[M]):
    """The project's recordings and pictures."""

    @operation
    def upload(
        self,
        what: Uploadable | Iterable[Uploadable],
        *,
        label: str | None = None,
        category: Category = "training",
        metadata: Mapping[str, str] | None = None,
        allow_duplicates: bool = False,
        at_once: int = 4,
        progress: Progress = silent,
    ) -> Generator[Step, Any, UploadReport]:
        """Adds files, folders of files and recordings in memory.

        Sent in batches, several at the same time, and again after a failure: content that is there
        already is refused by its hash, so nothing is added twice. Labels over time and boxes follow
        in a request for each sample; those of a sample that has some already are left alone.

        Args:
            what: Paths, or `SampleFile`s that say more of themselves.
            label: Label of all that have none of their own; None lets the server find out.
            category: The part of all that do not say; "split" decides by content.
            metadata: Facts of all of them.
            allow_duplicates: Whether content that is there already is added once more.
            at_once: Requests at the same time.
            progress: Receives the number of files that were sent.

        Returns:
            What became of each file, in order; one that cannot be used does not keep others out.

        Raises:
            InputError: There is no such file.
            RefusedError: The server takes none of it.
        """
        known = SampleFile("", b"", label, category, metadata or {})
        files = find_files(what, known)
        counter = _Counter(len(files), progress)
        parts = [
            functools.partial(self._send, batch, counter, repeatable=not allow_duplicates)
            for batch in batches(files, allow_duplicates=allow_duplicates)
        ]
        found = yield Together(parts, at_once)
        report = _in_order([item for part in found for item in part])
        marked = [
            functools.partial(self._mark, item, file.marks)
            for file, item in zip(files, report.files, strict=True)
            if file.marks and item.sample_id is not None
        ]
        yield Together(marked, at_once)
        return report

    @iteration
    def list(
        self,
        query: str = "",
        *,
        label: str | None = None,
        category: str | None = None,
        metadata: Mapping[str, str] | None = None,
        trash: bool = False,
        sort: str = "id",
        order: Literal["asc", "desc"] = "desc",
        page: int = 1000,
    ) -> Generator[Step | Item[Sample], Any, None]:
        """The samples, newest first unless sorted otherwise.

        Args:
            query: Such as `label:on subject=7 length>1s -is:disabled`.
            label: Only those with this label, also over time.
            category: Only those of this part.
            metadata: Only those with these facts.
            trash: List the trash instead.
            sort, order: By what, and in which direction.
            page: How many are asked for at a time.
        """
        wanted = {
            "query": query or None,
            "label": label,
            "category": category,
            "metadata": [f"{name}={value}" for name, value in (metadata or {}).items()],
            "trash": trash or None,
            "sort": sort,
            "order": order,
            "limit": page,
        }
        return paged(_LIST, wanted, project_id=self.project_id)

    @operation
    def counts(self) -> Generator[Step, Any, tuple[LabelCount, ...]]:
        """How many samples there are of every label in every category, and how long they are."""
        return _COUNTS(project_id=self.project_id)

    @operation
    def get(self, sample_id: int) -> Generator[Step, Any, Sample]:
        """One sample."""
        return _GET(project_id=self.project_id, sample_id=sample_id)

    @operation
    def update(
        self,
        sample_id: int,
        *,
        name: str | None = None,
        label: str | None = None,
        category: str | None = None,
        enabled: bool | None = None,
        metadata: Mapping[str, str] | None = None,
        segments: Iterable[Segment] | None = None,
        boxes: Iterable[Box] | None = None,
    ) -> Generator[Step, Any, Sample]:
        """Changes what is given; metadata, labels over time and boxes are given as a whole."""
        changes = {
            "name": name,
            "label": label,
            "category": category,
            "enabled": enabled,
            "metadata": None if metadata is None else dict(metadata),
            "segments": None if segments is None else [asdict(item) for item in segments],
            "boxes": None if boxes is None else [asdict(item) for item in boxes],
        }
        body = {field: value for field, value in changes.items() if value is not None}
        return _UPDATE(project_id=self.project_id, sample_id=sample_id, body=body, repeatable=True)

    @operation
    def delete(self, sample_id: int) -> Generator[Step, Any, None]:
        """Puts a sample into the trash."""
        return _DELETE(project_id=self.project_id, sample_id=sample_id)

    @operation
    def download(
        self, sample_id: int, to: Path | str = ".", *, progress: Progress = silent
    ) -> Generator[Step, Any, Downloaded]:
        """Fetches the original file, byte for byte as it was uploaded."""
        path = f"/projects/{self.project_id}/samples/{sample_id}/file"
        return download(path, Path(to), progress)

    def _send(
        self, batch: Batch, counter: _Counter, *, repeatable: bool
    ) -> Generator[Step, Any, Sequence[tuple[int, Uploaded]]]:
        try:
            report = yield from _UPLOAD(
                project_id=self.project_id,
                form=batch.form,
                files=batch.files,
                repeatable=repeatable,
            )
            found: Sequence[Uploaded] = report.files
        except UnusableError as error:
            # A file that comes alone is refused with an error.
            if len(batch.files) > 1 or error.fields:
                raise
            name = batch.files[0].name
            found = [Uploaded(name=name, status="failed", message=error.message, hint=error.hint)]
        counter.add(len(batch.files))
        return list(zip(batch.places, found, strict=True))

    def _mark(
        self, uploaded: Uploaded, marks: Mapping[str, Any]
    ) -> Generator[Step, Any, Sample | None]:
        """Sets labels over time and boxes, unless the sample was there and has some."""
        where: dict[str, Any] = {"project_id": self.project_id, "sample_id": uploaded.sample_id}
        if uploaded.status == "duplicate":
            sample = yield from _GET(**where)
            if sample.segments or sample.boxes:
                return None
        return (yield from _UPDATE(**where, body=marks, repeatable=True))


class _Counter:
    """Reports files as they are done, from several threads."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()
        progress(Report("upload", 0, total))

    def add(self, files: int) -> None:
        with self._lock:
            self._done += files
            self._progress(Report("upload", self._done, self._total))


def _in_order(found: Sequence[tuple[int, Uploaded]]) -> UploadReport:
    files = [item for _, item in sorted(found, key=lambda pair: pair[0])]
    states = [item.status for item in files]
    return UploadReport(
        added=states.count("added"),
        duplicates=states.count("duplicate"),
        failed=states.count("failed"),
        files=files,
    )
