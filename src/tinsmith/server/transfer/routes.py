"""Endpoints that move whole projects."""

from __future__ import annotations

import tempfile
from pathlib import Path as FilePath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tinsmith.server.bodies import ARCHIVES
from tinsmith.server.context import App, Context, Reading, Who, Writing, caller_of, context_of
from tinsmith.server.downloads import file_content
from tinsmith.server.errors import TooLargeError
from tinsmith.server.jobs.routes import start
from tinsmith.server.jobs.schemas import JobOut
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.projects.schemas import ProjectIn, ProjectName, ProjectOut
from tinsmith.server.samples.reading import clean_name
from tinsmith.server.transfer import service
from tinsmith.server.transfer.schemas import ExportIn, ExportOut
from tinsmith.server.versions.schemas import NewProjectOut
from tinsmith.store.project_files import read_files, stream_zip

router = APIRouter(tags=["transfer"])
ExportId = Annotated[int, Path(ge=1, lt=2**63, description="The export's number.")]
_ZIP = "application/zip"


@router.post(
    "/projects/import",
    status_code=202,
    openapi_extra={"requestBody": {"required": True, "content": file_content(*ARCHIVES)}},
)
async def import_project(
    request: Request,
    name: Annotated[
        ProjectName | None, Query(description="Of the new project; none: as in the archive.")
    ] = None,
    organization_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    x_file_name: Annotated[str, Header(min_length=1, max_length=300)] = "project.zip",
) -> NewProjectOut:
    """Makes a project of a packed project folder: the body is a zip, tar or tar.gz.

    The project is empty until the job has read everything; if something is wrong it stays so.
    """
    context = context_of(request)
    wanted = ProjectIn(name=name, organization_id=organization_id) if name else None
    if wanted is None and organization_id is not None:
        stem = clean_name(x_file_name).partition(".")[0] or "Imported project"
        wanted = ProjectIn(name=stem, organization_id=organization_id)
    archive = await _store_body(request, context)
    caller = caller_of(request)

    def queue() -> NewProjectOut:
        with context.database.write() as session:
            project, job = service.start_import(
                session, caller, archive, clean_name(x_file_name), wanted
            )
        return NewProjectOut(
            project=ProjectOut.model_validate(project), job=JobOut.model_validate(job)
        )

    queued = await run_in_threadpool(queue)
    context.dispatcher.wake()
    return queued


@router.post("/projects/{project_id}/exports", status_code=202)
def start_export(project_id: ProjectId, body: ExportIn, app: App, caller: Who) -> JobOut:
    """Prepares the project, or a version of it, as the plain files of a project folder."""
    return start(app, caller, project_id, "export_project", body)


@router.get("/projects/{project_id}/exports")
def list_exports(
    project_id: ProjectId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[ExportOut]:
    """What was exported, newest first."""
    found = service.list_exports(session, project_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    return Page(items=[service.export_out(row) for row in rows], next_cursor=more)


@router.get(
    "/projects/{project_id}/exports/{export_id}/download",
    response_class=StreamingResponse,
    responses={200: {"content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
def download_export(project_id: ProjectId, export_id: ExportId, app: App) -> StreamingResponse:
    """An export as a zip, packed while it is sent; the same files give the same bytes."""
    with app.database.read() as session:
        row = service.get_export(session, project_id, export_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.file_name, safe='')}",
        "ETag": f'"{row.blob_hash}"',
        "X-Content-Type-Options": "nosniff",
    }
    files = read_files(app.blobs, row.blob_hash or "")
    return StreamingResponse(stream_zip(app.blobs, files), media_type=_ZIP, headers=headers)


@router.delete("/projects/{project_id}/exports/{export_id}", status_code=204)
def delete_export(project_id: ProjectId, export_id: ExportId, session: Writing) -> None:
    """Forgets an export."""
    session.delete(service.get_export(session, project_id, export_id))


async def _store_body(request: Request, context: Context) -> str:
    """Stores the body as a blob as it arrives.

    Raises:
        TooLargeError: It is larger than allowed.
        UnusableError: It is no archive.
    """
    limit = context.limits.upload_bytes
    with tempfile.TemporaryDirectory() as folder:
        path = FilePath(folder) / "archive"
        size, head = 0, b""
        with path.open("wb") as file:
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise TooLargeError(f"the archive is larger than {limit >> 20} MB")
                is_begun = len(head) >= service.HEAD_BYTES
                head = head if is_begun else (head + part)[: service.HEAD_BYTES]
                if not is_begun and len(head) == service.HEAD_BYTES:
                    service.check_archive(head)
                await run_in_threadpool(file.write, part)
        service.check_archive(head)
        blob = await run_in_threadpool(context.blobs.put_file, path)
    return blob.hash
