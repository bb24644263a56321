"""Imports and exports of a project, which are jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.archive import clean_name
from tinsmith.jobs.queue import ENDED, submit
from tinsmith.jobs.tasks.export_data import EXPORT_KIND
from tinsmith.jobs.tasks.import_data import (
    ImportArguments,
    ImportOptions,
    ImportSource,
    manifest,
)
from tinsmith.server.context import Caller, Context
from tinsmith.server.errors import ConflictError, FieldProblem, NotFoundError, UnusableError
from tinsmith.server.imports.schemas import ImportedFile
from tinsmith.server.rows import project_row
from tinsmith.server.samples.bulk import noted
from tinsmith.store.blobs import BlobStore
from tinsmith.store.samples import BATCH, move_to_trash
from tinsmith.store.tables import Artifact, Job, SampleRow

KIND = "import"


class Staged:
    """Files of one request, stored under their paths until a job takes them."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self.files: dict[str, str] = {}

    def add(self, name: str, data: bytes) -> None:
        """Takes a file.

        Raises:
            UnusableError: Its name leads elsewhere, is no name, or was there before.
        """
        try:
            path = clean_name(name)
        except DatasetError as error:
            raise _bad_file(error.message, error.hint) from error
        if path in self.files:
            raise _bad_file(f"{path[:200]!r} comes twice", "give every file its own name")
        self.files[path] = self._blobs.put(data).hash

    def source(self) -> ImportSource:
        """What a job is told.

        Raises:
            UnusableError: There is no file.
        """
        if not self.files:
            raise _bad_file("the form has no file", "send files as `files`")
        if len(self.files) == 1:
            ((name, content_hash),) = self.files.items()
            return ImportSource(kind="file", hash=content_hash, name=name[-400:])
        listed = self._blobs.put(manifest(self.files))
        return ImportSource(kind="files", hash=listed.hash, name=f"{len(self.files)} files")


def _bad_file(message: str, hint: str | None) -> UnusableError:
    fields = [FieldProblem(path="body.files", message=message)]
    return UnusableError(message, hint=hint, fields=fields)


def parse_options(text: str) -> dict[str, Any]:
    """The options of a form.

    Raises:
        UnusableError: They are no JSON object.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise UnusableError(
            "options are no JSON object",
            hint='expected for example {"category": "split"}',
            fields=[FieldProblem(path="body.options", message="expected a JSON object")],
        )
    return values


def start(
    context: Context,
    caller: Caller,
    project_id: int,
    source: ImportSource,
    options: ImportOptions,
) -> Job:
    """Queues an import."""
    arguments = ImportArguments(source=source, options=options)
    with context.database.write() as session:
        job = submit(
            session,
            KIND,
            arguments.model_dump(mode="json"),
            project_id=project_id,
            created_by=caller.user_id,
        )
    context.dispatcher.wake()
    return job


def get_import(session: Session, project_id: int, job_id: int) -> Job:
    """One import.

    Raises:
        NotFoundError: The project has no such import.
    """
    job = project_row(session, Job, project_id, job_id)
    if job.kind != KIND:
        raise NotFoundError(f"the job {job_id} is no import")
    return job


def apply_preview(context: Context, caller: Caller, project_id: int, job_id: int) -> Job:
    """Queues the import that a preview showed.

    Raises:
        ConflictError: The job was no preview, or has not ended.
    """
    with context.database.read() as session:
        job = get_import(session, project_id, job_id)
    arguments = _arguments(job)
    if arguments.options.apply:
        raise ConflictError("the job was no preview", hint="retry it as a job")
    if job.state not in ENDED:
        raise ConflictError(f"the preview is {job.state}", hint="wait until it has ended")
    options = arguments.options.model_copy(update={"apply": True})
    if not context.blobs.exists(arguments.source.hash):
        raise ConflictError("what was uploaded is not kept any more", hint="upload it again")
    return start(context, caller, project_id, arguments.source, options)


def _arguments(job: Job) -> ImportArguments:
    try:
        return ImportArguments.model_validate(job.arguments)
    except ValidationError as error:
        raise ConflictError("the import was made by another Tinsmith") from error


def undo(context: Context, caller: Caller, project_id: int, job_id: int) -> int:
    """Puts the samples of an import into the trash, some at a time; how many there were.

    Raises:
        ConflictError: It has not stored any.
    """
    with context.database.read() as session:
        job = get_import(session, project_id, job_id)
    if job.state != "succeeded" or not (job.result or {}).get("applied"):
        raise ConflictError(
            "the import has stored nothing", hint="a job that runs is cancelled instead"
        )
    action = noted(move_to_trash, caller, "sample.delete")
    removed = 0
    for first, last in (job.result or {}).get("samples", []):
        above = first - 1
        while numbers := _numbers(context, project_id, above, last):
            with context.database.write() as session:
                removed += action(session, project_id, numbers)
            above = numbers[-1]
    return removed


def _numbers(context: Context, project_id: int, above: int, last: int) -> list[int]:
    with context.database.read() as session:
        found = (
            select(SampleRow.id)
            .where(SampleRow.id > above, SampleRow.id <= last, SampleRow.project_id == project_id)
            .order_by(SampleRow.id)
            .limit(BATCH)
        )
        return list(session.scalars(found))


def report(
    context: Context, project_id: int, job_id: int, after: int, limit: int
) -> list[ImportedFile]:
    """Files and problems of an import from a place on.

    Raises:
        ConflictError: It has not ended, or failed.
    """
    with context.database.read() as session:
        job = get_import(session, project_id, job_id)
    content_hash = (job.result or {}).get("report_hash")
    if content_hash is None:
        raise ConflictError(f"the import is {job.state}", hint="a report is there once it is done")
    found = []
    for position, line in enumerate(_lines(context.blobs, content_hash)):
        if position >= after + limit:
            break
        if position >= after:
            found.append(ImportedFile.model_validate_json(line))
    return found


def _lines(blobs: BlobStore, content_hash: str) -> Iterator[bytes]:
    rest = b""
    for block in blobs.stream(content_hash):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines


def get_export(session: Session, project_id: int, job_id: int) -> Artifact:
    """The file that an export made.

    Raises:
        NotFoundError: The project has no such export, or it has made none.
    """
    found = session.scalar(
        select(Artifact).where(
            Artifact.project_id == project_id,
            Artifact.kind == EXPORT_KIND,
            Artifact.key == str(job_id),
        )
    )
    if found is None or found.blob_hash is None:
        raise NotFoundError(f"the project has no finished export {job_id}")
    return found
