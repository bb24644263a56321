"""What every answer carries: a number for the log, rules for caches and browsers, `HEAD`."""

from __future__ import annotations

import logging
import re
import time
from secrets import token_hex
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinsmith.server.errors import unexpected

access = logging.getLogger("tinsmith.access")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What the API sends is data: never a page, never part of another site's page.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'"


class _EnoughError(OSError):
    """Nobody wants the rest of an answer; to the application it looks like a closed connection."""


class Answers:
    """ASGI middleware, the outermost: numbers and logs requests and completes their answers."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, is_api=scope["path"].startswith(self._prefix))
        try:
            await self._app(answer.inner, answer.receiving(receive), answer.send)
        except _EnoughError:
            pass
        except Exception as error:
            if answer.status:
                raise  # Half of it is out: the connection must break.
            await unexpected(answer.number, error)(scope, receive, answer.send)
        finally:
            answer.log()


class _Answer:
    """The answer to one request, on its way out."""

    def __init__(self, scope: Scope, send: Send, *, is_api: bool) -> None:
        self._send = send
        self._is_api = is_api
        self._headers = Headers(scope=scope)
        self._scope = scope
        self._started = time.perf_counter()
        self._size = 0
        self._has_body = scope["method"] != "HEAD"
        given = self._headers.get("x-request-id", "")
        self.number = given if _ID.fullmatch(given) else token_hex(8)
        self.status = 0
        length = self._headers.get("content-length", "0")
        self._is_read = length == "0" and "transfer-encoding" not in self._headers
        # `HEAD` is answered by what answers `GET`.
        self.inner = scope if self._has_body else {**scope, "method": "GET"}

    def receiving(self, receive: Receive) -> Receive:
        """Where the body comes from; notes whether all of it was read."""

        async def receiver() -> Message:
            message = await receive()
            if not message.get("more_body", False):
                self._is_read = True
            return message

        return receiver

    async def send(self, message: Message) -> None:
        """Sends a message of the application, completed."""
        if message["type"] == "http.response.start":
            await self._send(self._begin(message))
        elif self._has_body:
            self._size += len(message.get("body", b""))
            await self._send(message)
        else:
            await self._send({"type": "http.response.body", "body": b""})
            if message.get("more_body", False):
                raise _EnoughError

    def _begin(self, message: Message) -> Message:
        headers = MutableHeaders(raw=list(message.get("headers", [])))
        headers["X-Request-ID"] = self.number
        if not self._is_read:
            headers["Connection"] = "close"  # What is still coming is not waited for.
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if self._is_api:
            headers.setdefault("Content-Security-Policy", _POLICY)
            has_tag = "etag" in headers
            headers.setdefault("Cache-Control", "private, no-cache" if has_tag else "no-store")
        self.status = message["status"]
        if self.status == 200 and self._is_known(headers.get("etag")):
            self.status, self._has_body = 304, False
            for name in ("content-length", "content-type"):
                del headers[name]
        return {**message, "status": self.status, "headers": headers.raw}

    def _is_known(self, etag: str | None) -> bool:
        """Whether the caller has this very answer."""
        known = self._headers.get("if-none-match")
        if etag is None or known is None or self._scope["method"] not in ("GET", "HEAD"):
            return False
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or etag.removeprefix("W/") in tags

    def log(self) -> None:
        """Notes the request in the access log; never its query, which may hold secrets."""
        if not access.isEnabledFor(logging.INFO):
            return
        caller = self.inner.get("state", {}).get("caller")
        who = f"user {caller.user_id}" if caller and caller.user_id else "-"
        access.info(
            '%s %s "%s %s" %s %d %.1fms %s',
            self._scope["client"][0] if self._scope.get("client") else "-",
            who,
            self._scope["method"],
            quote(self._scope["path"]),
            self.status or "-",
            self._size,
            1000 * (time.perf_counter() - self._started),
            self.number,
        )
