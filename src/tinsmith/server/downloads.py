"""Sending stored content as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from tinsmith.core.errors import InternalError
from tinsmith.store.blobs import BlobStore


def download(
    blobs: BlobStore,
    content_hash: str,
    file_name: str,
    media_type: str,
    request: Request | None = None,
) -> Response:
    """A stored blob as a download; its hash is its ETag, as it never changes.

    Args:
        blobs: Where it is.
        content_hash: The blob.
        file_name: What it is saved as.
        media_type: What it is.
        request: Whose method and `If-None-Match` count; None sends everything.

    Raises:
        InternalError: The blob is missing.
    """
    size = blobs.size(content_hash)
    if size is None:
        raise InternalError(f"the stored content {content_hash} is missing")
    etag = f'"{content_hash}"'
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
        "ETag": etag,
        # What people uploaded must never run as a page of this server.
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if request is not None:
        if _has(request, etag):
            return Response(status_code=304, headers={"ETag": etag})
        if request.method == "HEAD":
            return Response(media_type=media_type, headers=headers)
    return StreamingResponse(blobs.stream(content_hash), media_type=media_type, headers=headers)


def download_responses(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """How an endpoint that downloads describes its responses."""
    content = file_content(*media_types)
    return {200: {"content": content}, 304: {"description": "It is what the caller has already."}}


def file_content(*media_types: str) -> dict[str, Any]:
    """How a file is described: JSON as any value, everything else as bytes."""
    binary = {"type": "string", "format": "binary"}
    return {name: {"schema": {} if name == "application/json" else binary} for name in media_types}


def _has(request: Request, etag: str) -> bool:
    """Whether the caller has this content already."""
    given = request.headers.get("if-none-match", "")
    known = {part.strip().removeprefix("W/") for part in given.split(",")}
    return etag in known or "*" in known
