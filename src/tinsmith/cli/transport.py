"""HTTP as uvicorn speaks it, with the API's envelope also around what never reaches an endpoint."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tinsmith.server.errors import ErrorBody, ErrorEnvelope

# More than this is not kept back.
_MOST_BYTES = 64 * 1024


class Transport(HttpToolsProtocol):
    """Sends an answer in one piece, and refuses what cannot be read as an endpoint would.

    What cannot be read is for example an address of more than 64 KiB.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to serve a connection."""
        super().connection_made(Gathered(transport, self.loop))  # type: ignore[arg-type]

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, or too long for it, and closes the connection."""
        error = ErrorBody(
            code="bad_request",
            message=msg,
            hint="send HTTP 1.1 with an address of less than 64 KiB",
        )
        body = ErrorEnvelope(error=error).model_dump_json().encode()
        head = [
            f"HTTP/1.1 400 {HTTPStatus.BAD_REQUEST.phrase}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        self.transport.write("\r\n".join([*head, "", ""]).encode("ascii") + body)
        self.transport.close()


class Gathered:
    """A connection on which leaves together what is written in one turn of the loop.

    Head and body of an answer are written one after the other; each would be a call of the system
    and a packet by itself.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Sends bytes when the turn is over, or at once if there are many."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _MOST_BYTES:
            self._send()

    def close(self) -> None:
        """Closes the connection after what was written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._waiting:
            data, self._waiting, self._size = b"".join(self._waiting), [], 0
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
