"""Devices: one row for each identifier of a project, made at first sight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tinsmith.store.tables import Device, now


def device_number(
    session: Session, project_id: int, identifier: str, facts: Mapping[str, Any] | None = None
) -> int:
    """The number of a device, which is made when nobody has seen it yet.

    Several may see it first at the same moment; there is one row all the same.

    Args:
        session: A session that writes.
        project_id: The project.
        identifier: What the device calls itself, such as its MAC address.
        facts: Columns of a new row; a device that is known keeps its own.
    """
    known = select(Device.id).where(
        Device.project_id == project_id, Device.identifier == identifier
    )
    number = session.scalar(known)
    if number is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        values = {"name": identifier, **(facts or {})}
        session.execute(
            dialect.insert(Device)
            .values(project_id=project_id, identifier=identifier, **values)
            .on_conflict_do_nothing(index_elements=["project_id", "identifier"])
        )
        number = session.scalar(known)
    assert number is not None
    return number


def seen_devices(session: Session, project_id: int, identifiers: Iterable[str]) -> dict[str, int]:
    """Numbers of devices that sent something just now; those never seen before are made."""
    found = {item: device_number(session, project_id, item) for item in sorted(identifiers) if item}
    if found:
        seen = update(Device).where(Device.id.in_(found.values()))
        session.execute(seen.values(last_seen_at=now()))
    return found
