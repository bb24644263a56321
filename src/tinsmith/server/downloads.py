"""Sending stored content as a file."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse

from tinsmith.core.errors import InternalError
from tinsmith.store.blobs import BlobStore


def download(blobs: BlobStore, content_hash: str, file_name: str, media_type: str) -> Response:
    """A stored blob as a download; its hash is its ETag, as it never changes.

    Raises:
        InternalError: The blob is missing.
    """
    size = blobs.size(content_hash)
    if size is None:
        raise InternalError(f"the stored content {content_hash} is missing")
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
        "ETag": f'"{content_hash}"',
        # What people uploaded must never run as a page of this server.
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingResponse(blobs.stream(content_hash), media_type=media_type, headers=headers)
