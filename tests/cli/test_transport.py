"""Answers leave in one piece; what never reaches an endpoint is refused in the envelope, too."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from tinsmith.cli.transport import Gathered, Transport


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


class Wire(asyncio.Transport):
    """Notes what is sent, piece by piece, and when it is closed."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: Any) -> None:
        self.pieces.append(data)

    def close(self) -> None:
        self.pieces.append(b"<closed>")


def test_what_is_written_in_one_turn_leaves_in_one_piece() -> None:
    async def scene() -> list[bytes]:
        wire = Wire()
        gathered = Gathered(wire, asyncio.get_running_loop())
        gathered.write(b"head ")
        gathered.write(b"body")
        assert wire.pieces == []
        await asyncio.sleep(0)
        gathered.write(b"next")
        await asyncio.sleep(0)
        gathered.write(b"last")
        gathered.close()
        await asyncio.sleep(0)
        return wire.pieces

    assert asyncio.run(scene()) == [b"head body", b"next", b"last", b"<closed>"]


def test_much_is_not_kept_back() -> None:
    async def scene() -> None:
        wire = Wire()
        gathered = Gathered(wire, asyncio.get_running_loop())
        gathered.write(b"head ")
        gathered.write(bytes(70_000))
        assert list(map(len, wire.pieces)) == [70_005]
        gathered.write(b"more")
        await asyncio.sleep(0)
        assert wire.pieces[1:] == [b"more"]

    asyncio.run(scene())
