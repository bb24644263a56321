"""Endpoints of samples."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Header, Path, Query, Request, UploadFile
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from tinsmith.core.errors import InputError
from tinsmith.server.context import App, Context, Reading, Who, caller_of, context_of
from tinsmith.server.errors import FieldProblem, NotFoundError, TooLargeError, UnusableError
from tinsmith.server.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples import service
from tinsmith.server.samples.schemas import (
    CategoryName,
    LabelCount,
    SampleOut,
    Uploaded,
    UploadReport,
    sample_out,
)
from tinsmith.server.samples.service import Choices, IncomingFile
from tinsmith.store.tables import SampleRow

router = APIRouter(tags=["samples"])
SampleId = Annotated[int, Path(ge=1, lt=2**63, description="The sample's number.")]
UploadCategory = Literal["training", "testing", "validation", "split"]


@router.post(
    "/projects/{project_id}/samples/file",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def upload_sample(
    project_id: ProjectId,
    request: Request,
    x_file_name: Annotated[str, Header(min_length=1, max_length=400)],
    x_label: Annotated[str | None, Header(max_length=200)] = None,
    x_category: Annotated[UploadCategory, Header()] = "training",
    x_metadata: Annotated[str | None, Header(max_length=8000)] = None,
    x_allow_duplicates: Annotated[bool, Header()] = False,
) -> UploadReport:
    """Adds one file: the body is its bytes, headers say the rest."""
    context = context_of(request)
    choices = Choices(x_label, x_category, _metadata(x_metadata), x_allow_duplicates)
    data = await read_body(request, context.limits.file_bytes)
    files = [IncomingFile(x_file_name, data)]
    return await run_in_threadpool(
        _add, context, project_id, files, choices, caller_of(request).user_id
    )


@router.post("/projects/{project_id}/samples", status_code=201)
def upload_samples(
    project_id: ProjectId,
    app: App,
    caller: Who,
    files: Annotated[list[UploadFile], File(description="Up to 1,000 files.")],
    label: Annotated[str | None, Form(max_length=200)] = None,
    category: Annotated[UploadCategory, Form()] = "training",
    metadata: Annotated[str | None, Form(max_length=8000)] = None,
    allow_duplicates: Annotated[bool, Form()] = False,
) -> UploadReport:
    """Adds up to 1,000 files at once; each is reported on, the good ones are kept."""
    if len(files) > app.limits.files:
        raise TooLargeError(f"{len(files)} files; expected at most {app.limits.files} at once")
    choices = Choices(label, category, _metadata(metadata), allow_duplicates)
    incoming = [IncomingFile(file.filename or "unnamed", file.file.read()) for file in files]
    return _add(app, project_id, incoming, choices, caller.user_id)


@router.get("/projects/{project_id}/samples")
def list_samples(
    project_id: ProjectId,
    session: Reading,
    category: Annotated[CategoryName | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SampleOut]:
    """The project's samples, newest first."""
    after = decode_cursor(cursor, int)[0] if cursor else None
    rows = service.list_samples(session, project_id, category, after, limit + 1)
    more = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[sample_out(row) for row in rows[:limit]], next_cursor=more)


@router.get("/projects/{project_id}/samples/counts")
def get_sample_counts(project_id: ProjectId, session: Reading) -> list[LabelCount]:
    """How many samples there are of every label in every category, and how long they are."""
    return service.counts(session, project_id)


@router.get("/projects/{project_id}/samples/{sample_id}")
def get_sample(project_id: ProjectId, sample_id: SampleId, session: Reading) -> SampleOut:
    """One sample."""
    row = session.scalar(
        select(SampleRow).where(
            SampleRow.id == sample_id,
            SampleRow.project_id == project_id,
            SampleRow.deleted_at.is_(None),
        )
    )
    if row is None:
        raise NotFoundError(f"the project has no sample {sample_id}")
    return sample_out(row)


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, as long as it is within the limit.

    Raises:
        TooLargeError: It is not.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLargeError(f"the body is larger than {limit >> 20} MB")
        parts.append(part)
    return b"".join(parts)


def _add(
    context: Context,
    project_id: int,
    files: list[IncomingFile],
    choices: Choices,
    user_id: int | None,
) -> UploadReport:
    with context.database.read() as session:
        keys = service.hmac_keys(session, project_id)
    found: list[service.Decoded | Uploaded] = []
    for file in files:
        try:
            found.append(service.decode_file(file, choices, keys, context.blobs))
        except InputError as error:
            if len(files) == 1:
                raise
            found.append(service.failed(file.name, error))
    with context.database.write() as session:
        return service.add_files(session, project_id, found, choices, user_id)


def _metadata(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise UnusableError(
            "metadata is no JSON object of texts",
            hint='expected for example {"subject": "7"}',
            fields=[FieldProblem(path="metadata", message="expected an object of texts")],
        )
    return value
