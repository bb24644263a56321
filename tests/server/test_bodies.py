"""Bodies are bounded, of the right type and from somebody known before they are read."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tinsmith.server.bodies import check_document
from tinsmith.server.errors import UnusableError

API = "/api/v1"
MB = 1 << 20


def test_a_document_of_more_than_a_megabyte_is_refused(server: Any) -> None:
    body = b'{"name": "' + b"x" * MB + b'"}'
    response = server.client.post(
        f"{API}/projects", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


@pytest.fixture
def address(server: Any) -> Iterator[tuple[str, int]]:
    """The server, listening."""
    import uvicorn

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(server.client.app, log_level="error", lifespan="off")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()
        running.should_exit = True
        thread.join()


def exchange(address: tuple[str, int], head: list[str], body: Iterator[bytes]) -> tuple[bytes, int]:
    """Sends a request in pieces until it is answered; the answer and how many bytes were sent."""
    sent = 0
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        for piece in body:
            readable, writable, _ = select.select([connection], [connection], [], 20)
            if readable or not writable:
                break
            try:
                sent += connection.send(piece)
            except ConnectionResetError:
                # It answered in between; what it said can still be read.
                break
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
    return b"".join(parts), sent


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b"10000\r\n" + b"x" * 65536 + b"\r\n"


def test_a_body_without_length_is_cut_off_where_it_is_too_long(
    server: Any, address: tuple[str, int]
) -> None:
    head = [
        f"POST {API}/projects HTTP/1.1", "Host: tinsmith", "Transfer-Encoding: chunked",
        "Content-Type: application/json", f"x-api-key: {server.key('admin')}",
    ]  # fmt: skip
    answer, sent = exchange(address, head, chunks(256 * MB))
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
    assert sent < 64 * MB


def test_a_declared_length_beyond_the_limit_is_refused_before_anything_is_sent(
    server: Any, address: tuple[str, int]
) -> None:
    head = [
        f"POST {API}/projects HTTP/1.1", "Host: tinsmith", f"Content-Length: {2 * MB}",
        "Content-Type: application/json", f"x-api-key: {server.key('admin')}",
    ]  # fmt: skip
    answer, _ = exchange(address, head, iter(()))
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]


def test_a_length_shorter_than_the_body_makes_no_second_request_of_the_rest(
    server: Any, address: tuple[str, int]
) -> None:
    body = b'{"name": "short"}'
    head = [
        f"POST {API}/projects HTTP/1.1", "Host: tinsmith", f"Content-Length: {len(body)}",
        "Content-Type: application/json", f"x-api-key: {server.key('admin')}", "Connection: close",
    ]  # fmt: skip
    rest = f"GET {API}/about HTTP/1.1\r\n\r\n".encode()
    answer, _ = exchange(address, head, iter((body + rest,)))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 201")


def test_a_stranger_sends_no_files(server: Any, address: tuple[str, int]) -> None:
    project = server.project()
    head = [
        f"POST {API}/projects/{project}/samples HTTP/1.1", "Host: tinsmith",
        "Transfer-Encoding: chunked", "Content-Type: multipart/form-data; boundary=b",
    ]  # fmt: skip
    answer, sent = exchange(address, head, chunks(256 * MB))
    assert answer.startswith(b"HTTP/1.1 401"), answer[:200]
    assert sent < 64 * MB


@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_document_of_another_type_is_named(server: Any, given: str) -> None:
    response = server.client.post(
        f"{API}/projects", content=b'{"name": "x"}', headers={"content-type": given}
    )
    assert response.status_code == 415
    assert "Content-Type: application/json" in response.json()["error"]["hint"]


def test_types_of_documents_may_say_more(server: Any) -> None:
    for given in ("application/json; charset=utf-8", "Application/JSON", "application/x+json"):
        response = server.client.post(
            f"{API}/projects", content=b'{"name": "x"}', headers={"content-type": given}
        )
        assert response.status_code == 201, given


@pytest.mark.parametrize("query", ["a=%00", "cursor=a%00b"])
def test_an_address_without_nul(server: Any, query: str) -> None:
    response = server.client.get(f"{API}/projects?{query}")
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    "body",
    [
        r'{"a": "\u0000"}', r'{"\u0000": 1}', r'{"a": ["\ud800"]}', '{"a": NaN}', '{"a": 1e999}',
        '{"a": -Infinity}', '{"a": 9223372036854775808}', "[" * 41 + "]" * 41,
        "[" * 100_000, '{"a":' * 50 + "1" + "}" * 50,
    ],
)  # fmt: skip
def test_what_no_database_keeps_is_refused(body: str) -> None:
    with pytest.raises(UnusableError):
        check_document(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        r'{"a": "\u0001"}', r'{"a": "\ud83d\ude00"}', '{"a": 9223372036854775807}',
        '{"a": "\\\\u0000"}', '{"a": 1e300}', "[" + "[]," * 500 + "[]]", '{"a": "NaN"}', "{",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_not(body: str) -> None:
    check_document(body.encode())


def test_any_bytes_are_either_refused_or_kept() -> None:
    from hypothesis import given, settings
    from hypothesis import strategies as some

    @settings(max_examples=200, deadline=None)
    @given(some.binary(max_size=60))
    def whatever(body: bytes) -> None:
        with contextlib.suppress(UnusableError):
            check_document(body)

    whatever()
