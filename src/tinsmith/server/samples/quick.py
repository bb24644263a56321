"""Uploads of one file without FastAPI's work for each parameter.

To look at seven headers one by one and to check a report that was made here costs FastAPI longer
than storing a second of sound. A request that says nothing unusual skips both; any other, and any
that is wrong, is handled and told off by FastAPI as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, get_args

from fastapi import Request, Response
from fastapi.routing import APIRoute

from tinsmith.server.devices.origin import Origin
from tinsmith.server.samples.form import METADATA_LENGTH, UploadCategory
from tinsmith.server.security import require_permission

# How long the headers of an upload may be that say what a file is.
FILE_NAME_LENGTH, LABEL_LENGTH = 1200, 600
_LONGEST = {
    b"x-file-name": FILE_NAME_LENGTH,
    b"x-label": LABEL_LENGTH,
    b"x-category": 20,
    b"x-metadata": METADATA_LENGTH,
}
# Those that are looked at more closely.
_UNUSUAL = frozenset((b"x-allow-duplicates", b"x-device", b"x-sampling-request"))
_CATEGORIES = frozenset(get_args(UploadCategory))
_LARGEST = 2**63


class QuickUpload(APIRoute):
    """The route of an upload, with a shortcut."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What handles a request."""
        ordinary = super().get_route_handler()

        async def handle(request: Request) -> Response:
            said = usual_headers(request)
            project_id = request.path_params["project_id"]
            if said is None or not 1 <= project_id < _LARGEST:
                return await ordinary(request)
            await require_permission(request)
            request.state.origin = Origin()
            report = await self.endpoint(project_id, request, **said)
            body = report.model_dump_json()
            return Response(body, self.status_code or 200, media_type="application/json")

        return handle


def usual_headers(request: Request) -> dict[str, str] | None:
    """What the headers of an upload say, by parameter; None if that must be looked at closely."""
    said: dict[str, str] = {}
    for name, value in request.scope["headers"]:
        if name in _UNUSUAL:
            return None
        if name in _LONGEST:
            parameter = name.decode().replace("-", "_")
            if parameter in said or len(value) > _LONGEST[name]:
                return None
            said[parameter] = value.decode("latin-1")
    if not said.get("x_file_name") or said.get("x_category", "split") not in _CATEGORIES:
        return None
    return said
