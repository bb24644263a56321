"""Endpoints of imports and exports of data sets."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tinsmith.datasets.annotations import FORMATS
from tinsmith.jobs.tasks.import_data import ImportOptions
from tinsmith.server.context import App, Reading, Who, caller_of, context_of
from tinsmith.server.downloads import download, download_responses
from tinsmith.server.errors import ApiError, FieldProblem, UnusableError
from tinsmith.server.imports import service
from tinsmith.server.imports.schemas import (
    ExportIn,
    FormatOut,
    ImportedFile,
    ImportForm,
    UndoneOut,
)
from tinsmith.server.imports.service import Staged
from tinsmith.server.jobs.routes import JobId, start
from tinsmith.server.jobs.schemas import JobOut
from tinsmith.server.paging import Cursor, Limit, Page, after_count, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples.multipart import FormReader, Part
from tinsmith.server.uploads.protocol import import_options

router = APIRouter(tags=["imports"])


def _form() -> dict[str, Any]:
    schema = ImportForm.model_json_schema()
    schema["properties"]["files"] = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "description": "Up to 1,000 files, named by their paths in the data set: data, "
        "annotations, archives, videos.",
    }
    schema["required"] = ["files"]
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


@router.post("/projects/{project_id}/data-imports", status_code=202, openapi_extra=_form())
async def start_import(project_id: ProjectId, request: Request) -> JobOut:
    """Imports files with their annotations, as a job; `{"apply": false}` only shows what would be.

    Its samples appear together when the job ends, or not at all.
    """
    context = context_of(request)
    reader = FormReader(
        request.headers.get("content-type", ""),
        max_files=context.limits.files,
        max_file_bytes=context.limits.file_bytes,
    )
    staged = Staged(context.blobs)
    fields: dict[str, str] = {}
    try:
        async for data in request.stream():
            for part in reader.feed(data):
                await _take(part, staged, fields)
    except ClientDisconnect:
        raise ApiError("the request broke off before its end", hint="send it again") from None
    reader.close()
    options = _options(fields)
    source = await run_in_threadpool(staged.source)
    job = await run_in_threadpool(
        service.start, context, caller_of(request), project_id, source, options
    )
    return JobOut.model_validate(job)


@router.post("/projects/{project_id}/data-imports/{job_id}/apply", status_code=202)
def apply_import(project_id: ProjectId, job_id: JobId, app: App, caller: Who) -> JobOut:
    """Imports what a preview showed, as a new job."""
    return JobOut.model_validate(service.apply_preview(app, caller, project_id, job_id))


@router.get("/projects/{project_id}/data-imports/{job_id}/files")
def list_imported_files(
    project_id: ProjectId, job_id: JobId, app: App, limit: Limit = 100, cursor: Cursor = None
) -> Page[ImportedFile]:
    """What an import found, file by file: first what was read, then every problem."""
    start = after_count(cursor)
    found = service.report(app, project_id, job_id, start, limit + 1)
    files, more = cut(found, limit, key=lambda _: start + limit)
    return Page(items=list(files), next_cursor=more)


@router.delete("/projects/{project_id}/data-imports/{job_id}/samples")
def undo_import(project_id: ProjectId, job_id: JobId, app: App, caller: Who) -> UndoneOut:
    """Puts all samples of an import into the trash, from where they can be restored."""
    return UndoneOut(removed=service.undo(app, caller, project_id, job_id))


@router.get("/import-formats")
def list_import_formats() -> list[FormatOut]:
    """The formats of annotations that are recognised, those first that win over others."""
    return [FormatOut(key=item.key, title=item.title) for item in FORMATS.values()]


@router.post("/projects/{project_id}/data-exports", status_code=202)
def start_data_export(project_id: ProjectId, body: ExportIn, app: App, caller: Who) -> JobOut:
    """Packs samples into a zip file with all that is known of them, as a job."""
    return start(app, caller, project_id, "export", body)


@router.get(
    "/projects/{project_id}/data-exports/{job_id}/download",
    response_class=Response,
    responses=download_responses("application/zip"),
)
def download_data_export(
    project_id: ProjectId, job_id: JobId, session: Reading, app: App, request: Request
) -> Response:
    """The zip file that an export made."""
    found = service.get_export(session, project_id, job_id)
    return download(app.blobs, found.blob_hash or "", found.file_name, "application/zip", request)


async def _take(part: Part, staged: Staged, fields: dict[str, str]) -> None:
    if part.name == "files" and part.file_name is not None:
        await run_in_threadpool(staged.add, part.file_name, part.data)
        return
    if part.file_name is not None or part.name in fields:
        name = part.name[:80]
        raise UnusableError(
            f"the field {name!r} is not expected here, or comes twice",
            hint="send files as `files`",
            fields=[FieldProblem(path=f"body.{name}", message="not expected")],
        )
    fields[part.name] = part.data.decode("utf-8", "replace")


def _options(fields: dict[str, str]) -> ImportOptions:
    try:
        form = ImportForm.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(["body", *(str(part)[:80] for part in first["loc"])])
        raise UnusableError(
            f"{path}: {first['msg']}",
            hint="send `files` and `options`",
            fields=[FieldProblem(path=path, message=first["msg"])],
        ) from None
    return import_options(service.parse_options(form.options), "body.options")
