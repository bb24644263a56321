"""Impulses of a project."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Impulse

_ALL = "/projects/{project_id}/impulses"
_ONE = _ALL + "/{impulse_id}"
_LIST = Endpoint("list_impulses", "GET", _ALL, Page[Impulse])
_CREATE = Endpoint("create_impulse", "POST", _ALL, Impulse)
_GET = Endpoint("get_impulse", "GET", _ONE, Impulse)
_UPDATE = Endpoint("update_impulse", "PUT", _ONE, Impulse)
_DELETE = Endpoint("delete_impulse", "DELETE", _ONE, type(None))


class Impulses(ProjectResource[M]):
    """The project's designs: input, processing blocks, learning blocks."""

    @iteration
    def list(self) -> Generator[Step | Item[Impulse], Any, None]:
        """All of them, oldest first."""
        return paged(_LIST, project_id=self.project_id)

    @operation
    def create(
        self, design: Mapping[str, Any], *, is_default: bool | None = None
    ) -> Generator[Step, Any, Impulse]:
        """Adds an impulse.

        Args:
            design: The document, as in `impulse.toml`.
            is_default: Whether jobs that name no impulse take this one; the first one always is.

        Raises:
            UnusableError: The design makes no sense; says where.
        """
        return _CREATE(
            project_id=self.project_id, body={"design": dict(design), "is_default": is_default}
        )

    @operation
    def get(self, impulse_id: int) -> Generator[Step, Any, Impulse]:
        """One impulse."""
        return _GET(project_id=self.project_id, impulse_id=impulse_id)

    @operation
    def update(
        self,
        impulse_id: int,
        design: Mapping[str, Any],
        *,
        is_default: bool | None = None,
        if_revision: int | None = None,
    ) -> Generator[Step, Any, Impulse]:
        """Replaces the design.

        Raises:
            UnusableError: The design makes no sense; says where.
            StaleError: Somebody else has changed it since the revision that was read.
        """
        return _UPDATE(
            project_id=self.project_id,
            impulse_id=impulse_id,
            body={"design": dict(design), "is_default": is_default},
            headers={} if if_revision is None else {"If-Match": f'"{if_revision}"'},
            # Sent twice, the second one would find the revision of the first.
            repeatable=if_revision is None,
        )

    @operation
    def delete(self, impulse_id: int) -> Generator[Step, Any, None]:
        """Puts an impulse into the trash."""
        return _DELETE(project_id=self.project_id, impulse_id=impulse_id)
