"""Endpoints that take samples in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tinsmith.core.errors import InputError
from tinsmith.server.context import Context, caller_of, context_of
from tinsmith.server.devices.origin import note_origin, origin_of
from tinsmith.server.errors import ApiError, FieldProblem, TooLargeError, UnusableError
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples.multipart import FormReader, Part
from tinsmith.server.samples.quick import (
    FILE_NAME_LENGTH,
    LABEL_LENGTH,
    METADATA_LENGTH,
    QuickUpload,
    UploadCategory,
)
from tinsmith.server.samples.reading import Decoded, IncomingFile, Outcome, read_files, reported
from tinsmith.server.samples.schemas import Metadata, Uploaded, UploadReport
from tinsmith.server.samples.service import Addition, Choices
from tinsmith.server.samples.small import SMALL_BYTES, Upload, rules_for
from tinsmith.server.text import Text
from tinsmith.store.blobs.folder import FolderBlobs

router = APIRouter(tags=["samples"])
quick = APIRouter(tags=["samples"], route_class=QuickUpload)

# Small files are read together, some at the same time.
_TOGETHER_BYTES = 2 << 20
_AT_ONCE = 4
_ENCODED = "UTF-8''"


class UploadForm(BaseModel):
    """A form with files and what holds for all of them."""

    model_config = ConfigDict(extra="forbid")

    label: Text | None = Field(default=None, max_length=200)
    category: UploadCategory = "training"
    metadata: str | None = Field(
        default=None,
        max_length=METADATA_LENGTH,
        description='Facts as JSON, such as `{"subject": "7"}`.',
    )
    allow_duplicates: bool = Field(
        default=False, description="Add content that is there already once more."
    )


def _request_body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


_FORM = UploadForm.model_json_schema()
_FORM["properties"]["files"] = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "description": "Up to 1,000 files.",
}
_FORM["required"] = ["files"]


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
    choices = Choices(label, x_category, _metadata(x_metadata), x_allow_duplicates)
    context = context_of(request)
    data = await read_body(request, context.limits.file_bytes)
    file = IncomingFile(_decoded(x_file_name), data)
    addition = _addition(request, project_id, choices)
    upload = Upload(context, file, addition)
    if not isinstance(context.blobs, FolderBlobs):
        # Storing bytes means waiting for a network: files are better read side by side.
        report = await run_in_threadpool(upload.add)
    elif len(data) < SMALL_BYTES:
        report = await context.small_uploads.add(upload)
    else:
        (outcome,) = await _read(context, project_id, [file])
        if isinstance(outcome, InputError):
            raise outcome
        addition = replace(addition, found=outcome)
        report = await run_in_threadpool(context.uploads.add, context.database, addition)
    return _told(request, project_id, report)


@router.post(
    "/projects/{project_id}/samples",
    status_code=201,
    dependencies=[Depends(note_origin)],
    response_model=UploadReport,
    openapi_extra=_request_body("multipart/form-data", _FORM),
)
async def upload_samples(project_id: ProjectId, request: Request) -> Response:
    """Adds up to 1,000 files at once; each is reported on, the good ones are kept."""
    context = context_of(request)
    reader = FormReader(
        request.headers.get("content-type", ""),
        max_files=context.limits.files,
        max_file_bytes=context.limits.file_bytes,
    )
    fields: dict[str, str] = {}
    found: list[Decoded | Uploaded] = []
    async for read in _read_parts(request, reader, context, project_id, fields):
        found += read
    if not found:
        raise UnusableError(
            "the form has no file",
            fields=[FieldProblem(path="body.files", message="expected at least one file")],
        )
    choices = _choices(fields)
    addition = replace(_addition(request, project_id, choices), found=found)
    report = await run_in_threadpool(context.uploads.add, context.database, addition)
    told = _told(request, project_id, report)
    return Response(told.model_dump_json(), 201, media_type="application/json")


def _addition(request: Request, project_id: int, choices: Choices) -> Addition:
    """What a request adds, its files left out."""
    return Addition(
        project_id,
        (),
        choices,
        caller_of(request).user_id,
        device=origin_of(request).device,
    )


def _told(request: Request, project_id: int, report: UploadReport) -> UploadReport:
    """The report, once whoever asked a device for the recording knows that it is there."""
    request_id = origin_of(request).request_id
    if request_id:
        found = next((file.sample_id for file in report.files if file.sample_id), None)
        context_of(request).devices.arrived(project_id, request_id, found)
    return report


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


async def _read_parts(
    request: Request, reader: FormReader, context: Context, project_id: int, fields: dict[str, str]
) -> AsyncIterator[list[Decoded | Uploaded]]:
    """Reads files while the next ones arrive; what was found, in order. Fills `fields`."""
    running: list[asyncio.Task[list[Decoded | Uploaded]]] = []
    together: list[IncomingFile] = []
    size = 0
    try:
        async for data in _stream(request):
            for part in reader.feed(data):
                if not _is_file(part, fields):
                    continue
                together.append(IncomingFile(part.file_name or "unnamed", part.data))
                size += len(part.data)
            if size >= _TOGETHER_BYTES:
                if len(running) == _AT_ONCE:
                    yield await running.pop(0)
                running.append(asyncio.create_task(_reported(context, project_id, together)))
                together, size = [], 0
        reader.close()
        if together:
            running.append(asyncio.create_task(_reported(context, project_id, together)))
        while running:
            yield await running.pop(0)
    finally:
        # Threads cannot be stopped; what they read is forgotten.
        for task in running:
            task.cancel()


async def _reported(
    context: Context, project_id: int, files: Sequence[IncomingFile]
) -> list[Decoded | Uploaded]:
    return reported(files, await _read(context, project_id, files))


async def _read(context: Context, project_id: int, files: Sequence[IncomingFile]) -> list[Outcome]:
    rules = await run_in_threadpool(rules_for, context, project_id, files)
    # A bucket means waiting for a network, which threads do as well; and a few small files are read
    # before another process has them.
    if isinstance(context.blobs, FolderBlobs) and _size(files) >= SMALL_BYTES:
        return await context.readers.read(files, rules)
    return await run_in_threadpool(read_files, files, rules, context.blobs, context.levels)


def _size(files: Sequence[IncomingFile]) -> int:
    return sum(len(file.data) for file in files)


def _is_file(part: Part, fields: dict[str, str]) -> bool:
    """Whether a part is a file; other parts are noted."""
    if part.name == "files" and part.file_name is not None:
        return True
    if part.file_name is not None or part.name in fields:
        raise UnusableError(
            f"the field {part.name[:80]!r} is not expected here, or comes twice",
            hint="send files as `files`",
            fields=[FieldProblem(path=f"body.{part.name[:80]}", message="not expected")],
        )
    fields[part.name] = part.data.decode("utf-8", "replace")
    return False


def _choices(fields: dict[str, str]) -> Choices:
    try:
        form = UploadForm.model_validate(fields)
    except ValidationError as error:
        problems = [
            FieldProblem(
                path=".".join(["body", *(str(part)[:80] for part in item["loc"])]),
                message=item["msg"],
            )
            for item in error.errors()
        ]
        message = f"{problems[0].path}: {problems[0].message}"
        raise UnusableError(message, hint="correct the fields named", fields=problems) from None
    return Choices(form.label, form.category, _metadata(form.metadata), form.allow_duplicates)


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


def _metadata(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        return Metadata.model_validate_json(text).root
    except ValidationError:
        raise UnusableError(
            "metadata is no JSON object of texts",
            hint='expected for example {"subject": "7"}',
            fields=[FieldProblem(path="metadata", message="expected an object of texts")],
        ) from None
