"""What never reaches an endpoint is refused in the API's envelope, too."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette

from tinsmith.cli.transport import Transport


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """A server without endpoints, listening."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(Starlette(), http=Transport, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


def answer(address: tuple[str, int], request: bytes) -> tuple[bytes, bytes]:
    """Head and body of what is sent back until the connection is closed."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "request_",
    [b"GET /?rule=%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 66_000), b"\x16\x03\x01\n\n"],
)
def test_what_cannot_be_read_is_refused_in_the_envelope(
    address: tuple[str, int], request_: bytes
) -> None:
    head, body = answer(address, request_)
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/json" in head
    assert json.loads(body)["error"]["code"] == "bad_request"


def test_other_requests_are_answered_as_ever(address: tuple[str, int]) -> None:
    request = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _ = answer(address, request)
    assert head.startswith(b"HTTP/1.1 404 Not Found\r\n")
