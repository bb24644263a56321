"""What a request may bring: checked while it arrives, before anything is made of it.

Bodies are bounded whatever their `Content-Length` says. Files are taken from known callers only:
FastAPI reads a form before it asks who sent it, and would put a stranger's gigabytes on the disk.
Text that no database keeps is refused in every JSON body and every query.
"""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import params
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinsmith.core.errors import TinsmithError
from tinsmith.server.context import context_of
from tinsmith.server.errors import (
    ErrorBody,
    FieldProblem,
    RefusedError,
    TooLargeError,
    UnsupportedTypeError,
    UnusableError,
    envelope,
)
from tinsmith.server.security import require_permission
from tinsmith.server.text import clean_values

_JSON = "application/json"
# Parts of files that are larger than any other body.
_PIECES = "application/offset+octet-stream"
# Whole projects, which are as large.
ARCHIVES = ("application/zip", "application/gzip", "application/x-tar", "application/octet-stream")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
# What might be wrong is looked at more closely; most bodies hold none of it.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|NaN|Infinity|\d{19}|\d[eE]\+?\d{3}")
_BRACKETS = 40
_NUL = re.compile(rb"%00|\x00")


class Bodies:
    """ASGI middleware that checks bodies and queries."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] == "http":
            if "\x00" in scope["path"] or _NUL.search(scope["query_string"]):
                await _nul(scope, receive, send)
                return
            receive = _Body(scope, receive).receive
        await self._app(scope, receive, send)


class _Body:
    """One request's body; the route is known when it is first asked for."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._size = 0
        self._begun = False

    async def receive(self) -> Message:
        """The next part of the body.

        Raises:
            RefusedError: The body is not taken; FastAPI lets this one pass.
        """
        try:
            return await self._next()
        except TinsmithError as error:
            raise RefusedError(error) from error

    async def _next(self) -> Message:
        types = media_types(self._scope.get("route"))
        limits = context_of(HTTPConnection(self._scope)).limits
        limit = limits.body_bytes if types in ((), (_JSON,)) else limits.file_bytes
        if types in ((_PIECES,), ARCHIVES):
            limit = limits.upload_bytes
        if not self._begun:
            self._begun = True
            await self._begin(types, limit)
            if types == (_JSON,):
                return await self._document(limit)
        return await self._part(limit)

    async def _begin(self, types: tuple[str, ...], limit: int) -> None:
        headers = Headers(scope=self._scope)
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > limit:
            raise too_large(limit)
        if declared == "0" and "transfer-encoding" not in headers:
            return
        if types not in ((), (_JSON,)):
            await require_permission(HTTPConnection(self._scope))
        given = headers.get("content-type", "").partition(";")[0].strip().lower()
        if types in ((_JSON,), _FORMS) and not _fits(given, types):
            raise UnsupportedTypeError(
                f"the body is {given or 'of no declared type'}; expected {types[0]}",
                hint=f"send it with Content-Type: {types[0]}",
            )

    async def _part(self, limit: int) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > limit:
            raise too_large(limit)
        return message

    async def _document(self, limit: int) -> Message:
        """The whole of a JSON body, which is short."""
        parts = []
        while True:
            message = await self._part(limit)
            if message["type"] != "http.request":
                return message
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        body = b"".join(parts)
        check_document(body)
        return {"type": "http.request", "body": body, "more_body": False}


async def _nul(scope: Scope, receive: Receive, send: Send) -> None:
    message = "must not contain NUL characters"
    fields = [FieldProblem(path="query", message=message)]
    body = ErrorBody(code="invalid", message=f"the address {message}", fields=fields)
    await envelope(422, body)(scope, receive, send)


def too_large(limit: int) -> TooLargeError:
    """The error about a body beyond its limit, in bytes."""
    text = f"{limit >> 20} MB" if limit >= 1 << 20 else f"{limit} bytes"
    return TooLargeError(f"the body is larger than {text}", hint="send less at once")


def media_types(route: Any) -> tuple[str, ...]:
    """The types of body that a route takes; nothing if it takes none."""
    if not isinstance(route, APIRoute):
        return ()
    if route.body_field is not None:
        is_form = isinstance(route.body_field.field_info, params.Form)
        return _FORMS if is_form else (_JSON,)
    extra = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return tuple(extra)


def check_document(body: bytes) -> None:
    """Looks for what databases cannot keep in a body of JSON.

    Raises:
        UnusableError: It holds NUL, half characters, NaN, numbers beyond 64 bits, or is nested
            too deeply.
    """
    if not _SUSPECT.search(body) and body.count(b"[") + body.count(b"{") < _BRACKETS:
        return
    try:
        document = json.loads(body)
    except RecursionError:
        raise _unusable("is nested too deeply") from None
    except ValueError:
        return  # The route says what is wrong with it.
    try:
        clean_values({"body": document})
    except ValueError as error:
        raise _unusable(str(error)) from error


def _unusable(message: str) -> UnusableError:
    return UnusableError(f"the body {message}", fields=[FieldProblem(path="body", message=message)])


def _fits(given: str, types: tuple[str, ...]) -> bool:
    return given in types or (types == (_JSON,) and given.endswith("+json"))
