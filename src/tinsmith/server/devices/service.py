"""Devices of a project, and what they can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tinsmith.server.devices.hub import Wanted
from tinsmith.server.devices.messages import Hello, SensorCapability
from tinsmith.server.devices.schemas import DeviceOut, SamplingIn
from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.store.devices import device_number
from tinsmith.store.tables import Device, now

# A connected device is noted this often; one not heard of for three times as long is gone, even if
# the server it was connected to could not say so.
ALIVE_EVERY_S = 30.0
_GONE_AFTER = timedelta(seconds=3 * ALIVE_EVERY_S)


def list_devices(
    session: Session, project_id: int, after: int | None, limit: int
) -> Sequence[Device]:
    """Devices of a project, newest first."""
    statement = select(Device).where(Device.project_id == project_id)
    if after is not None:
        statement = statement.where(Device.id < after)
    return session.scalars(statement.order_by(Device.id.desc()).limit(limit)).all()


def device_out(row: Device) -> DeviceOut:
    """A device as the API shows it."""
    heard = row.last_seen_at is not None and now() - row.last_seen_at < _GONE_AFTER
    return DeviceOut(
        id=row.id,
        identifier=row.identifier,
        name=row.name,
        type=row.type,
        sensors=[SensorCapability.model_validate(item) for item in row.sensors],
        connected=row.connected and heard,
        last_seen_at=row.last_seen_at,
        created_at=row.created_at,
    )


def greet(session: Session, project_id: int, hello: Hello) -> int:
    """Notes what a device says of itself; its number."""
    name = hello.name or hello.identifier
    number = device_number(session, project_id, hello.identifier, {"name": name})
    row = session.get_one(Device, number)
    row.type = hello.device_type or row.type
    row.sensors = [item.model_dump(mode="json") for item in hello.sensors]
    row.connected = True
    row.last_seen_at = now()
    return number


def note(session: Session, device_id: int, *, connected: bool) -> None:
    """Notes that a device was heard of just now."""
    session.execute(
        update(Device).where(Device.id == device_id).values(connected=connected, last_seen_at=now())
    )


def wanted(device: Device, asked: SamplingIn) -> Wanted:
    """What a device is asked for.

    Raises:
        UnusableError: It has no such sensor, or the sensor cannot do this.
    """
    sensors = {item.name: item for item in map(SensorCapability.model_validate, device.sensors)}
    sensor = sensors.get(asked.sensor)
    if sensor is None:
        known = ", ".join(sorted(sensors)) or "none"
        raise _unusable("sensor", f"the device has no sensor {asked.sensor!r}; it has {known}")
    longest = sensor.max_length_ms
    if longest is not None and asked.length_ms > longest:
        raise _unusable(
            "length_ms", f"{asked.length_ms:g} ms is too long for it; at most {longest:g} ms"
        )
    rates = sensor.frequencies_hz
    if asked.frequency_hz is not None and rates and asked.frequency_hz not in rates:
        offered = ", ".join(f"{rate:g}" for rate in rates)
        raise _unusable(
            "frequency_hz", f"it does not record at {asked.frequency_hz:g} Hz, but at {offered} Hz"
        )
    return Wanted(**asked.model_dump())


def _unusable(field: str, text: str) -> UnusableError:
    problem = FieldProblem(path=f"body.{field}", message=text)
    return UnusableError(text, hint="choose what the device offers", fields=[problem])
