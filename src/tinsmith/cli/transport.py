"""HTTP as uvicorn speaks it, with the API's envelope also around what never reaches an endpoint."""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tinsmith.server.errors import ErrorBody, ErrorEnvelope


class Transport(HttpToolsProtocol):
    """Refuses what cannot be read, such as an address of more than 64 KiB, as an endpoint would."""

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
