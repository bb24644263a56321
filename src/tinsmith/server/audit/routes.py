"""Endpoints of the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from tinsmith.server.audit.schemas import AuditEventOut
from tinsmith.server.audit.service import AuditFilter, list_events
from tinsmith.server.context import Reading
from tinsmith.server.organizations.routes import OrganizationId
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.text import Text
from tinsmith.store.tables import AuditEvent

router = APIRouter(tags=["audit"])


def _wanted(
    action: Annotated[
        Text | None, Query(max_length=80, description="An action, or the noun it begins with.")
    ] = None,
    user_id: Annotated[int | None, Query(ge=1, lt=2**63, description="Who did it.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="From this moment on.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this moment.")] = None,
) -> AuditFilter:
    return AuditFilter(action, user_id, since, until)


Wanted = Annotated[AuditFilter, Depends(_wanted)]


@router.get("/audit")
def list_audit(
    session: Reading, wanted: Wanted, limit: Limit = 100, cursor: Cursor = None
) -> Page[AuditEventOut]:
    """The whole installation's audit log, newest first."""
    return _page(list_events(session, wanted, after_number(cursor), limit + 1), limit)


@router.get("/organizations/{organization_id}/audit")
def list_organization_audit(
    organization_id: OrganizationId,
    session: Reading,
    wanted: Wanted,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditEventOut]:
    """The organization's audit log, newest first."""
    found = list_events(
        session, wanted, after_number(cursor), limit + 1, organization_id=organization_id
    )
    return _page(found, limit)


@router.get("/projects/{project_id}/audit")
def list_project_audit(
    project_id: ProjectId,
    session: Reading,
    wanted: Wanted,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditEventOut]:
    """The project's audit log, newest first."""
    found = list_events(session, wanted, after_number(cursor), limit + 1, project_id=project_id)
    return _page(found, limit)


def _page(found: Sequence[tuple[AuditEvent, str | None]], limit: int) -> Page[AuditEventOut]:
    rows, more = cut(found, limit, key=lambda pair: pair[0].id)
    names = [name for name in AuditEventOut.model_fields if name != "user_name"]
    items = [
        AuditEventOut(user_name=user, **{name: getattr(row, name) for name in names})
        for row, user in rows
    ]
    return Page(items=items, next_cursor=more)
