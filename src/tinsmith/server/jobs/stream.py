"""The two forms of a live stream: server-sent events and a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import WebSocket

from tinsmith.server.jobs.live import Followed, Live

# How sockets are closed, by the numbers of RFC 6455 and its registry.
_NORMAL, _SERVICE_RESTART = 1000, 1012


async def as_server_sent_events(live: Live, followed: Followed) -> AsyncIterator[str]:
    """Text of a stream that browsers resume by the last number seen.

    The event `end` comes after the job's last one, not where the server stops: then they come back.
    """
    yield "retry: 1000\n\n"
    async with contextlib.aclosing(followed) as batches:
        async for batch in batches:
            if not batch:
                yield ": still here\n\n"
                continue
            yield "".join(f"id: {i.number}\nevent: job\ndata: {i.text}\n\n" for i in batch)
    if not live.closed:
        yield "event: end\ndata: {}\n\n"


async def send_to_socket(socket: WebSocket, live: Live, followed: Followed) -> None:
    """Sends every event as one message and closes the socket after the last one.

    Pings are the business of the web server; whatever the other side sends is ignored.
    """
    sending = asyncio.create_task(_send(socket, live, followed))
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


async def _send(socket: WebSocket, live: Live, followed: Followed) -> None:
    async with contextlib.aclosing(followed) as batches:
        async for batch in batches:
            for line in batch:
                await socket.send_text(line.text)
    if live.closed:
        await socket.close(_SERVICE_RESTART, "the server stops")
    else:
        await socket.close(_NORMAL, "that was all")


async def _disconnected(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
