"""The two forms of a live stream: server-sent events and a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import WebSocket

from tinsmith.server.jobs.live import Followed

NORMAL_CLOSURE = 1000


async def as_server_sent_events(followed: Followed) -> AsyncIterator[str]:
    """Text of a stream that browsers resume by the last number seen."""
    yield "retry: 1000\n\n"
    async with contextlib.aclosing(followed) as batches:
        async for batch in batches:
            if not batch:
                yield ": still here\n\n"
                continue
            yield "".join(f"id: {i.number}\nevent: job\ndata: {i.text}\n\n" for i in batch)
    yield "event: end\ndata: {}\n\n"


async def send_to_socket(socket: WebSocket, followed: Followed) -> None:
    """Sends every event as one message and closes the socket after the last one.

    Pings are the business of the web server; whatever the other side sends is ignored.
    """
    sending = asyncio.create_task(_send(socket, followed))
    leaving = asyncio.create_task(_disconnected(socket))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    finally:
        for task in (sending, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, RuntimeError):
                await task


async def _send(socket: WebSocket, followed: Followed) -> None:
    async with contextlib.aclosing(followed) as batches:
        async for batch in batches:
            for line in batch:
                await socket.send_text(line.text)
    await socket.close(NORMAL_CLOSURE, "that was all")


async def _disconnected(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
