"""Endpoints of the tus protocol, and what became of uploads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tinsmith.server.context import App, Context, Reading, caller_of, context_of
from tinsmith.server.errors import ConflictError, TooLargeError, described
from tinsmith.server.paging import Cursor, Limit, Page, cut, decode_cursor
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.uploads import protocol, service
from tinsmith.server.uploads.files import OpenUpload
from tinsmith.server.uploads.protocol import Checksum
from tinsmith.server.uploads.schemas import UploadOut
from tinsmith.store.tables import Upload

router = APIRouter(tags=["uploads"])
UploadId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="The upload, as its address says it.")
]
TusResumable = Annotated[
    str | None, Header(max_length=20, description="Version of the protocol: `1.0.0`.")
]
_Size = Annotated[int, Header(ge=1, lt=2**53, description="Bytes of the whole file.")]
_Offset = Annotated[int, Header(ge=0, lt=2**53, description="Where these bytes begin.")]
_Sum = Annotated[
    str | None, Header(max_length=200, description="`sha1`, `sha256` or `md5` and the sum, base64.")
]
# Bytes gathered before they are written; a sender that is silent for so long is gone.
_BLOCK = 1 << 20
_SILENCE_S = 60.0


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    texts = {
        410: "It expired.",
        415: "Not the content type of the protocol.",
        423: "Another request is sending this file.",
        460: "The bytes do not have the checksum sent with them.",
        507: "The server's disk is full.",
    }
    return {status: described(texts[status]) for status in statuses}


_BODY = {
    "requestBody": {
        "content": {protocol.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    }
}


@router.options("/projects/{project_id}/uploads", status_code=204)
def get_upload_options(project_id: ProjectId, app: App, response: Response) -> None:  # noqa: ARG001
    """What this server can: version 1.0.0 of tus and its extensions."""
    response.headers.update(
        {
            "Tus-Resumable": protocol.VERSION,
            "Tus-Version": protocol.VERSION,
            "Tus-Extension": protocol.EXTENSIONS,
            "Tus-Max-Size": str(app.limits.upload_bytes),
            "Tus-Checksum-Algorithm": ",".join(protocol.ALGORITHMS),
        }
    )


@router.post(
    "/projects/{project_id}/uploads",
    status_code=201,
    response_class=Response,
    responses=_errors(415, 423, 460, 507),
    openapi_extra=_BODY,
)
async def create_upload(
    project_id: ProjectId,
    request: Request,
    upload_length: _Size,
    upload_metadata: Annotated[
        str | None,
        Header(description="`filename` and options of an import, each with its value in base64."),
    ] = None,
    upload_checksum: _Sum = None,
    tus_resumable: TusResumable = None,
) -> Response:
    """Announces a file; its first bytes may come along."""
    protocol.require_version(tus_resumable)
    context = context_of(request)
    wanted = protocol.parse_metadata(upload_metadata)
    has_body = request.headers.get("content-length", "0") != "0" or (
        "transfer-encoding" in request.headers
    )
    if has_body:
        protocol.require_content_type(request.headers.get("content-type"))
    upload = await run_in_threadpool(
        service.create, context, caller_of(request), project_id, upload_length, wanted
    )
    received = 0
    if has_body:
        received = await _receive(request, context, upload, 0, upload_checksum)
    headers = _headers(upload, received)
    headers["Location"] = f"{request.url.path}/{upload.id}"
    return Response(status_code=201, headers=headers)


@router.patch(
    "/projects/{project_id}/uploads/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=_errors(410, 415, 423, 460, 507),
    openapi_extra=_BODY,
)
async def append_to_upload(
    project_id: ProjectId,
    upload_id: UploadId,
    request: Request,
    upload_offset: _Offset,
    upload_checksum: _Sum = None,
    tus_resumable: TusResumable = None,
) -> Response:
    """The next bytes; with the last one the file becomes samples, or a job begins."""
    protocol.require_version(tus_resumable)
    protocol.require_content_type(request.headers.get("content-type"))
    context = context_of(request)
    upload = await run_in_threadpool(_load, context, project_id, upload_id)
    received = await _receive(request, context, upload, upload_offset, upload_checksum)
    return Response(status_code=204, headers=_headers(upload, received))


@router.delete(
    "/projects/{project_id}/uploads/{upload_id}", status_code=204, responses=_errors(410, 423)
)
def delete_upload(
    project_id: ProjectId,
    upload_id: UploadId,
    app: App,
    response: Response,
    tus_resumable: TusResumable = None,
) -> None:
    """Ends an upload and forgets its bytes; samples made of it stay."""
    protocol.require_version(tus_resumable)
    service.delete(app, _load(app, project_id, upload_id))
    response.headers["Tus-Resumable"] = protocol.VERSION


@router.get("/projects/{project_id}/uploads")
def list_uploads(
    project_id: ProjectId, session: Reading, app: App, limit: Limit = 100, cursor: Cursor = None
) -> Page[UploadOut]:
    """Uploads that have not expired, finished or not."""
    after = decode_cursor(cursor, str)[0] if cursor else None
    found = service.list_uploads(session, project_id, after, limit + 1)
    rows, more = cut(found, limit)
    items = [service.upload_out(session, app, row) for row in rows]
    return Page(items=items, next_cursor=more)


@router.get("/projects/{project_id}/uploads/{upload_id}", responses=_errors(410, 423, 507))
def get_upload(
    project_id: ProjectId, upload_id: UploadId, app: App, response: Response
) -> UploadOut:
    """What became of an upload; with HEAD, how many of its bytes have arrived."""
    upload = _load(app, project_id, upload_id)
    received = service.offset(app, upload)
    # The server was cut off after the last byte: whoever asks has it go on.
    if received == upload.size and service.finish_if_whole(app, upload):
        upload = _load(app, project_id, upload_id)
    response.headers.update(_headers(upload, received))
    response.headers["Upload-Length"] = str(upload.size)
    response.headers["Cache-Control"] = "no-store"
    with app.database.read() as session:
        return service.upload_out(session, app, upload)


def _load(context: Context, project_id: int, upload_id: str) -> Upload:
    with context.database.read() as session:
        return service.get(session, project_id, upload_id)


def _headers(upload: Upload, received: int) -> dict[str, str]:
    return {
        "Tus-Resumable": protocol.VERSION,
        "Upload-Offset": str(received),
        "Upload-Expires": protocol.expires(upload.expires_at),
    }


async def _receive(
    request: Request, context: Context, upload: Upload, start: int, checksum: str | None
) -> int:
    """Takes the bytes of one request; all that have arrived then.

    Raises:
        BusyError: Another request is sending this file.
        ConflictError: They do not begin where the last ones ended.
        TooLargeError: They are more than announced; none is kept.
        ChecksumError: They arrived damaged; none is kept.
    """
    wanted = Checksum(checksum) if checksum is not None else None
    if upload.result is not None:
        if start == upload.size:
            return upload.size
        raise ConflictError(f"the upload has all its {upload.size} bytes")
    with service.files_of(context).opened(upload.id) as file:
        if file.size != start:
            raise ConflictError(
                f"the bytes begin at {start}; {file.size} have arrived", hint="ask with HEAD first"
            )
        claimed = request.headers.get("content-length", "")
        if claimed.isdigit() and start + int(claimed) > upload.size:
            raise _too_long(upload)
        await _append(request, upload, file, wanted)
        if file.size == upload.size:
            # Deleted or finished by another request while this one waited for the file.
            fresh = await run_in_threadpool(_load, context, upload.project_id, upload.id)
            if fresh.result is None:
                await run_in_threadpool(service.complete, context, fresh)
        return file.size


async def _append(
    request: Request, upload: Upload, file: OpenUpload, wanted: Checksum | None
) -> None:
    """Appends what arrives, so that it stays; nothing of it if it has to be refused."""
    if wanted is not None:
        await run_in_threadpool(file.expect_checksum)
    try:
        await _write(request, upload, file, wanted)
        if wanted is not None:
            wanted.verify()
    except ClientDisconnect:
        if wanted is not None:
            file.reject()
    except Exception:
        file.reject()
        raise
    await run_in_threadpool(file.accept)


async def _write(
    request: Request, upload: Upload, file: OpenUpload, wanted: Checksum | None
) -> None:
    """Writes what arrives, a block at a time; what came before a break is kept."""
    pending: list[bytes] = []
    size = 0

    async def flush() -> None:
        nonlocal size
        block = b"".join(pending)
        pending.clear()
        size = 0
        await run_in_threadpool(file.write, block)

    try:
        async for data in _arriving(request):
            pending.append(data)
            size += len(data)
            if file.size + size > upload.size:
                raise _too_long(upload)
            if wanted is not None:
                wanted.update(data)
            if size >= _BLOCK:
                await flush()
    except ClientDisconnect:
        await flush()
        raise
    await flush()


async def _arriving(request: Request) -> AsyncIterator[bytes]:
    """The body; a sender that says nothing for long counts as gone.

    Raises:
        ClientDisconnect: It is gone.
    """
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                data = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ClientDisconnect from None
        yield data


def _too_long(upload: Upload) -> TooLargeError:
    return TooLargeError(f"more bytes than the {upload.size} that were announced")
