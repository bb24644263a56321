"""Servers as child processes, and as little client as possible in front of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Running:
    """A server that answers.

    Args:
        port: Where.
        facts: What it said of itself: its projects and their keys, the one in use, its database.
    """

    port: int
    facts: dict[str, Any]

    @property
    def api(self) -> str:
        """The path of the project in use."""
        return f"/api/v1/projects/{self.facts['project']}"

    def using(self, number: int) -> Running:
        """The same server with another one of its projects in use."""
        return replace(self, facts={**self.facts, **self.facts["projects"][number]})

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """A request as it goes over the wire."""
        sent = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body))}
        if "key" in self.facts:
            sent["x-api-key"] = self.facts["key"]
        lines = [f"{name}: {value}" for name, value in (sent | (headers or {})).items()]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines])
        return f"{head}\r\n\r\n".encode() + body


@contextlib.contextmanager
def running(kind: str, folder: Path, port: int) -> Iterator[Running]:
    """A server for as long as the context is open."""
    command = [sys.executable, "-m", "benchmarks.server.serve", kind, str(folder), str(port)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin
    assert child.stdout
    try:
        facts = json.loads(child.stdout.readline())
        _wait(port)
        yield Running(port, facts)
    finally:
        child.stdin.close()
        child.wait()


def _wait(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
        else:
            return


async def _send(port: int, requests: Iterator[bytes], times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        status, _ = await _answer(reader)
        times.append(time.perf_counter() - begun)
        if not 200 <= status < 300:
            raise RuntimeError(f"a request was answered with {status}: {request[:200]!r}")
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    status = int(head.split(b" ", 2)[1])
    start = lower.index(b"content-length:") + len(b"content-length:")
    size = int(lower[start : lower.index(b"\r\n", start)])
    return status, await reader.readexactly(size)


def send_all(port: int, requests: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    """Sends requests over several connections at once.

    Returns:
        Seconds for all of them, and seconds of each.
    """
    times: list[float] = []

    async def run() -> float:
        # A shared iterator: each connection takes the next request when it is free.
        shared = iter(requests)
        begun = time.perf_counter()
        await asyncio.gather(*(_send(port, shared, times) for _ in range(connections)))
        return time.perf_counter() - begun

    return asyncio.run(run()), times
