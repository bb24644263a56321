"""Endpoints of devices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, WebSocket
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Context, Reading, Who, Writing
from tinsmith.server.devices import service
from tinsmith.server.devices.connection import serve
from tinsmith.server.devices.hub import Sampling, Wanted
from tinsmith.server.devices.schemas import DeviceChange, DeviceOut, SamplingIn, SamplingOut
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.rows import project_row
from tinsmith.store.tables import Device

router = APIRouter(tags=["devices"])
DeviceId = Annotated[int, Path(ge=1, lt=2**63, description="The device's number.")]
RequestId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The request.")]
# Silence is broken, so that proxies and browsers keep the connection.
_KEEP_ALIVE_S = 15.0


@router.get("/projects/{project_id}/devices")
def list_devices(
    project_id: ProjectId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[DeviceOut]:
    """The project's devices, newest first."""
    found = service.list_devices(session, project_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    return Page(items=[service.device_out(row) for row in rows], next_cursor=more)


@router.get(
    "/projects/{project_id}/devices/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_device_events(project_id: ProjectId, app: App) -> StreamingResponse:
    """Devices that come and go and recordings on their way, live, as server-sent events."""
    return StreamingResponse(
        _events(app, project_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.websocket("/projects/{project_id}/devices/connect")
async def connect_device(socket: WebSocket, project_id: ProjectId, app: App) -> None:
    """The connection of a device that can be asked to record."""
    await socket.accept()
    await serve(socket, app, project_id)


@router.get("/projects/{project_id}/devices/{device_id}")
def get_device(project_id: ProjectId, device_id: DeviceId, session: Reading) -> DeviceOut:
    """One device."""
    return service.device_out(project_row(session, Device, project_id, device_id))


@router.patch("/projects/{project_id}/devices/{device_id}")
def update_device(
    project_id: ProjectId, device_id: DeviceId, body: DeviceChange, session: Writing
) -> DeviceOut:
    """Renames a device."""
    row = project_row(session, Device, project_id, device_id)
    row.name = body.name
    return service.device_out(row)


@router.delete("/projects/{project_id}/devices/{device_id}", status_code=204)
async def delete_device(project_id: ProjectId, device_id: DeviceId, app: App, caller: Who) -> None:
    """Forgets a device; its recordings stay, and it is made anew when it is seen again."""

    def delete() -> None:
        with app.database.write() as session:
            row = project_row(session, Device, project_id, device_id)
            session.delete(row)
            audit(session, caller, "device.delete", row.name, project_id=project_id)

    await run_in_threadpool(delete)
    app.devices.drop(device_id)


@router.post("/projects/{project_id}/devices/{device_id}/sampling", status_code=202)
async def start_sampling(
    project_id: ProjectId, device_id: DeviceId, body: SamplingIn, app: App, caller: Who
) -> SamplingOut:
    """Asks a connected device to record and to upload what it recorded."""

    def find() -> tuple[Device, Wanted]:
        with app.database.read() as session:
            device = project_row(session, Device, project_id, device_id)
            return device, service.wanted(device, body)

    device, wanted = await run_in_threadpool(find)
    sampling = Sampling(project_id, device_id, device.identifier, wanted, created_by=caller.user_id)
    app.devices.ask(sampling)
    return _out(sampling)


@router.get("/projects/{project_id}/devices/{device_id}/sampling")
async def list_samplings(project_id: ProjectId, device_id: DeviceId, app: App) -> list[SamplingOut]:
    """What the device was asked for since the server started, newest first."""
    await _require_device(app, project_id, device_id)
    return [_out(item) for item in app.devices.of_device(project_id, device_id)]


@router.get("/projects/{project_id}/devices/{device_id}/sampling/{request_id}")
async def get_sampling(
    project_id: ProjectId, device_id: DeviceId, request_id: RequestId, app: App
) -> SamplingOut:
    """How a recording goes."""
    return _out(app.devices.find(project_id, device_id, request_id))


@router.post("/projects/{project_id}/devices/{device_id}/sampling/{request_id}/cancel")
async def cancel_sampling(
    project_id: ProjectId, device_id: DeviceId, request_id: RequestId, app: App
) -> SamplingOut:
    """Tells the device that a recording is no longer wanted."""
    sampling = app.devices.find(project_id, device_id, request_id)
    app.devices.cancel(sampling)
    return _out(sampling)


def _out(sampling: Sampling) -> SamplingOut:
    return SamplingOut.model_validate(sampling.shown())


async def _require_device(app: Context, project_id: int, device_id: int) -> None:
    def find() -> None:
        with app.database.read() as session:
            project_row(session, Device, project_id, device_id)

    await run_in_threadpool(find)


async def _events(app: Context, project_id: int) -> AsyncIterator[str]:
    queue = app.devices.watch(project_id)
    try:
        yield "retry: 1000\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            text = json.dumps(event, default=str)
            yield f"event: {event['kind']}\ndata: {text}\n\n"
    finally:
        app.devices.unwatch(project_id, queue)
