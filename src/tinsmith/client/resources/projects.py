"""Projects."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Literal

from tinsmith.client.driving import M
from tinsmith.client.errors import NotFoundError, Refusal
from tinsmith.client.operation import Resource, iteration, operation
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step, visit
from tinsmith.client.types import Project

_LIST = Endpoint("list_projects", "GET", "/projects", Page[Project])
_CREATE = Endpoint("create_project", "POST", "/projects", Project)
_GET = Endpoint("get_project", "GET", "/projects/{project_id}", Project)
_UPDATE = Endpoint("update_project", "PATCH", "/projects/{project_id}", Project)
_DELETE = Endpoint("delete_project", "DELETE", "/projects/{project_id}", type(None))


class Projects(Resource[M]):
    """The projects that are shared with the key's owner."""

    @iteration
    def list(self) -> Generator[Step | Item[Project], Any, None]:
        """All of them, newest first."""
        return paged(_LIST)

    @operation
    def create(
        self, name: str, *, description: str = "", organization_id: int | None = None
    ) -> Generator[Step, Any, Project]:
        """Makes a project."""
        body = {"name": name, "description": description, "organization_id": organization_id}
        return _CREATE(body=body)

    @operation
    def get(self, project_id: int) -> Generator[Step, Any, Project]:
        """One project."""
        return _GET(project_id=project_id)

    @operation
    def find(self, name: str) -> Generator[Step, Any, Project]:
        """The newest project with a name.

        Raises:
            NotFoundError: There is none.
        """
        found: dict[str, Project] = {}

        def keep(project: Project) -> None:
            found.setdefault(project.name, project)

        yield from visit(paged(_LIST), keep)
        if name in found:
            return found[name]
        known = ", ".join(repr(item) for item in list(found)[:8]) or "none"
        raise NotFoundError(
            Refusal(404, "not_found", f"there is no project {name!r}", f"there are: {known}")
        )

    @operation
    def update(
        self,
        project_id: int,
        *,
        name: str | None = None,
        description: str | None = None,
        readme: str | None = None,
        visibility: Literal["private", "public"] | None = None,
        if_revision: int | None = None,
    ) -> Generator[Step, Any, Project]:
        """Changes what is given.

        Args:
            project_id: The project.
            name, description, readme, visibility: The new values; None leaves the old one.
            if_revision: The revision that was read; if there is a newer one, nothing is done.

        Raises:
            StaleError: Somebody else has changed it.
        """
        changes = {
            "name": name,
            "description": description,
            "readme": readme,
            "visibility": visibility,
        }
        given = {field: value for field, value in changes.items() if value is not None}
        headers = {} if if_revision is None else {"If-Match": f'"{if_revision}"'}
        return _UPDATE(project_id=project_id, body=given, headers=headers)

    @operation
    def delete(self, project_id: int) -> Generator[Step, Any, None]:
        """Puts a project into the trash."""
        return _DELETE(project_id=project_id)
