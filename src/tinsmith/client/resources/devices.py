"""Devices of a project."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Device

_ALL = "/projects/{project_id}/devices"
_ONE = _ALL + "/{device_id}"
_LIST = Endpoint("list_devices", "GET", _ALL, Page[Device])
_GET = Endpoint("get_device", "GET", _ONE, Device)
_RENAME = Endpoint("update_device", "PATCH", _ONE, Device)
_DELETE = Endpoint("delete_device", "DELETE", _ONE, type(None))


class Devices(ProjectResource[M]):
    """What recorded the project's samples, and what may be asked to record."""

    @iteration
    def list(self) -> Generator[Step | Item[Device], Any, None]:
        """All of them, newest first."""
        return paged(_LIST, project_id=self.project_id)

    @operation
    def get(self, device_id: int) -> Generator[Step, Any, Device]:
        """One device."""
        return _GET(project_id=self.project_id, device_id=device_id)

    @operation
    def rename(self, device_id: int, name: str) -> Generator[Step, Any, Device]:
        """Gives a device another name."""
        return _RENAME(
            project_id=self.project_id, device_id=device_id, body={"name": name}, repeatable=True
        )

    @operation
    def delete(self, device_id: int) -> Generator[Step, Any, None]:
        """Forgets a device; its recordings stay."""
        return _DELETE(project_id=self.project_id, device_id=device_id)
