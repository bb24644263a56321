"""The server's side of a device's WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from tinsmith.server.context import Context
from tinsmith.server.devices import service
from tinsmith.server.devices.hub import Link
from tinsmith.server.devices.messages import (
    Hello,
    parse_hello,
    parse_message,
    refused,
    welcome,
)
from tinsmith.store.tables import now

T = TypeVar("T")
NORMAL, POLICY, TOO_BIG = 1000, 1008, 1009
# A device that has connected says hello at once.
_HELLO_S = 10.0
_MESSAGE_CHARACTERS = 64 * 1024
# What is not understood is answered this often; then the connection is ended.
_PATIENCE = 20


async def serve(socket: WebSocket, context: Context, project_id: int) -> None:
    """Talks with a device until one of the two ends the connection."""
    try:
        hello = await _hello(socket)
    except (WebSocketDisconnect, TimeoutError):
        return await _close(socket, POLICY, "a hello was expected")
    if hello is None:
        return await _close(socket, POLICY, "the hello was not understood")

    def greet(session: Session) -> int:
        return service.greet(session, project_id, hello)

    number = await _write(context, greet)
    link = Link(project_id, number, hello.identifier)
    link.tell(welcome(number, now(), service.ALIVE_EVERY_S))
    context.devices.connect(link)
    tasks = [
        asyncio.create_task(work)
        for work in (_send(socket, link), _receive(socket, context, link), _beat(context, link))
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if context.devices.disconnect(link):
            await _write(context, lambda session: service.note(session, number, connected=False))
    await _close(socket, NORMAL, "")
    return None


async def _hello(socket: WebSocket) -> Hello | None:
    text = await asyncio.wait_for(_text(socket), _HELLO_S)
    try:
        return parse_hello(text)
    except ValidationError as error:
        await socket.send_json(_explained(error, "say hello first, as the protocol describes"))
        return None


async def _text(socket: WebSocket) -> str:
    """The next message; what is no text of a sensible length ends the connection."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", NORMAL))
    text = message.get("text") or ""
    if len(text) > _MESSAGE_CHARACTERS:
        raise WebSocketDisconnect(TOO_BIG)
    return text


async def _send(socket: WebSocket, link: Link) -> None:
    while (message := await link.outbox.get()) is not None:
        await socket.send_json(message)


async def _receive(socket: WebSocket, context: Context, link: Link) -> None:
    misunderstood = 0
    with contextlib.suppress(WebSocketDisconnect):
        while misunderstood < _PATIENCE:
            text = await _text(socket)
            try:
                message = parse_message(text)
            except ValidationError as error:
                misunderstood += 1
                link.tell(_explained(error, "see the messages that the protocol describes"))
            else:
                context.devices.heard(link, message)


async def _beat(context: Context, link: Link) -> None:
    """Notes now and then that the device is there."""
    while True:
        await asyncio.sleep(service.ALIVE_EVERY_S)
        await _write(context, lambda session: service.note(session, link.device_id, connected=True))


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    # The other side may have gone already.
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code, reason)


async def _write(context: Context, change: Callable[[Session], T]) -> T:
    def run() -> T:
        with context.database.write() as session:
            return change(session)

    return await run_in_threadpool(run)


def _explained(error: ValidationError, hint: str) -> dict[str, Any]:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part)[:80] for part in first["loc"]) or "the message"
    return refused("invalid", f"{where}: {first['msg']}"[:500], hint)
