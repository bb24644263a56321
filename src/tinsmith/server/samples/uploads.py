"""Endpoints that take samples in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tinsmith.server.context import Context, caller_of, context_of
from tinsmith.server.devices.origin import note_origin, origin_of
from tinsmith.server.errors import ApiError, FieldProblem, TooLargeError, UnusableError
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples.form import (
    METADATA_LENGTH,
    Form,
    UploadCategory,
    form_schema,
    metadata_of,
)
from tinsmith.server.samples.quick import FILE_NAME_LENGTH, LABEL_LENGTH, QuickUpload
from tinsmith.server.samples.reading import Decoded, IncomingFile, read_files, reported
from tinsmith.server.samples.receiver import Delivery
from tinsmith.server.samples.schemas import Uploaded, UploadReport
from tinsmith.server.samples.service import Addition, Choices, rules_for
from tinsmith.server.samples.small import SMALL_BYTES, Upload
from tinsmith.store.blobs.folder import FolderBlobs

router = APIRouter(tags=["samples"])
quick = APIRouter(tags=["samples"], route_class=QuickUpload)

# Small files are read together, some at the same time.
_TOGETHER_BYTES = 2 << 20
_AT_ONCE = 4
_ENCODED = "UTF-8''"


def _request_body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


@quick.post(
    "/projects/{project_id}/samples/file",
    status_code=201,
    dependencies=[Depends(note_origin)],
    openapi_extra=_request_body("application/octet-stream", {"type": "string", "format": "binary"}),
)
async def upload_sample(
    project_id: ProjectId,
    request: Request,
    x_file_name: Annotated[
        str,
        Header(
            min_length=1,
            max_length=FILE_NAME_LENGTH,
            description="Its name; `UTF-8''` and the percent-encoded name where it is not ASCII.",
        ),
    ],
    x_label: Annotated[
        str | None, Header(max_length=LABEL_LENGTH, description="Encoded likewise.")
    ] = None,
    x_category: Annotated[UploadCategory, Header()] = "training",
    x_metadata: Annotated[
        str | None, Header(max_length=METADATA_LENGTH, description="JSON in ASCII.")
    ] = None,
    x_allow_duplicates: Annotated[bool, Header()] = False,
) -> UploadReport:
    """Adds one file: the body is its bytes, headers say the rest."""
    label = None if x_label is None else _label(_decoded(x_label))
    choices = Choices(label, x_category, metadata_of(x_metadata), x_allow_duplicates)
    context = context_of(request)
    addition = _addition(request, project_id, choices)
    name = _decoded(x_file_name)
    data = await read_body(request, context.limits.file_bytes)
    upload = Upload(context, IncomingFile(name, data), addition)
    if not isinstance(context.blobs, FolderBlobs):
        # Storing bytes means waiting for a network: files are better read side by side.
        report = await run_in_threadpool(upload.add)
    elif len(data) < SMALL_BYTES:
        report = await context.small_uploads.add(upload)
    else:
        delivery = Delivery(addition, name=name)
        received = await context.receivers.take(delivery, _chained([data]))
        report = UploadReport.model_validate_json(received.report)
    _note_arrival(request, project_id, report.first_sample_id)
    return report


@router.post(
    "/projects/{project_id}/samples",
    status_code=201,
    dependencies=[Depends(note_origin)],
    response_model=UploadReport,
    openapi_extra=_request_body("multipart/form-data", form_schema()),
)
async def upload_samples(project_id: ProjectId, request: Request) -> Response:
    """Adds up to 1,000 files at once; each is reported on, the good ones are kept."""
    context = context_of(request)
    limits = context.limits
    delivery = Delivery(
        _addition(request, project_id, Choices()),
        content_type=request.headers.get("content-type", ""),
        max_files=limits.files,
        max_file_bytes=limits.file_bytes,
    )
    form = delivery.form()
    body = _stream(request)
    if isinstance(context.blobs, FolderBlobs):
        begun = await _beginning(body)
        body = _chained(begun, body)
        if sum(map(len, begun)) >= SMALL_BYTES:
            received = await context.receivers.take(delivery, body)
            _note_arrival(request, project_id, received.sample_id)
            return _added(received.report)
    # A few small files are stored before another process has them; and a bucket means waiting for a
    # network, which threads do as well.
    addition = await _read_form(context, delivery.addition, form, body)
    report = await run_in_threadpool(context.uploads.add, context.database, addition)
    _note_arrival(request, project_id, report.first_sample_id)
    return _added(report.model_dump_json())


def _added(report: str | bytes) -> Response:
    return Response(report, 201, media_type="application/json")


def _addition(request: Request, project_id: int, choices: Choices) -> Addition:
    """What a request adds, its files left out."""
    return Addition(
        project_id,
        (),
        choices,
        caller_of(request).user_id,
        device=origin_of(request).device,
    )


def _note_arrival(request: Request, project_id: int, sample_id: int | None) -> None:
    """Tells whoever asked a device for a recording that it is there."""
    request_id = origin_of(request).request_id
    if request_id:
        context_of(request).devices.arrived(project_id, request_id, sample_id)


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, as long as it is within the limit.

    Raises:
        TooLargeError: It is not.
        ApiError: The sender breaks off.
    """
    claimed = request.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    async for part in _stream(request):
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limit >> 20} MB")


async def _stream(request: Request) -> AsyncIterator[bytes]:
    try:
        async for part in request.stream():
            if part:
                yield part
    except ClientDisconnect:
        raise ApiError("the request broke off before its end", hint="send it again") from None


async def _beginning(body: AsyncIterator[bytes]) -> list[bytes]:
    """As much of a body as shows whether it is small; all of it, if it is."""
    begun: list[bytes] = []
    size = 0
    async for data in body:
        begun.append(data)
        size += len(data)
        if size >= SMALL_BYTES:
            break
    return begun


async def _chained(
    begun: Iterable[bytes], rest: AsyncIterator[bytes] | None = None
) -> AsyncIterator[bytes]:
    for data in begun:
        yield data
    if rest is not None:
        async for data in rest:
            yield data


async def _read_form(
    context: Context, addition: Addition, form: Form, body: AsyncIterator[bytes]
) -> Addition:
    """What a form adds; its files are read in threads while the next ones arrive."""
    running: list[asyncio.Task[list[Decoded | Uploaded]]] = []
    found: list[Decoded | Uploaded] = []
    together: list[IncomingFile] = []

    def read() -> None:
        reading = run_in_threadpool(_read, context, addition.project_id, together)
        running.append(asyncio.create_task(reading))

    try:
        async for data in body:
            together += form.feed(data)
            if sum(len(file.data) for file in together) >= _TOGETHER_BYTES:
                if len(running) == _AT_ONCE:
                    found += await running.pop(0)
                read()
                together = []
        choices = form.close()
        if together:
            read()
        while running:
            found += await running.pop(0)
    finally:
        # Threads cannot be stopped; what they read is forgotten.
        for task in running:
            task.cancel()
    return replace(addition, found=found, choices=choices)


def _read(
    context: Context, project_id: int, files: Sequence[IncomingFile]
) -> list[Decoded | Uploaded]:
    rules = rules_for(context.database, project_id, files)
    return reported(files, read_files(files, rules, context.blobs, context.levels))


def _decoded(header: str) -> str:
    """The text of a header, which may be percent-encoded as RFC 8187 says."""
    if header.startswith(_ENCODED):
        return unquote(header.removeprefix(_ENCODED), errors="replace")
    return header


def _label(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise UnusableError(
            f"the label has {len(text)} characters; expected at most 200 that can be printed",
            fields=[FieldProblem(path="header.x-label", message="not usable")],
        )
    return text
