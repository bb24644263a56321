"""Endpoints of organizations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from tinsmith.server.context import Reading, Who, Writing
from tinsmith.server.edits import IfMatch, require_current, set_etag
from tinsmith.server.organizations import service
from tinsmith.server.organizations.schemas import (
    MemberChange,
    MemberIn,
    MemberOut,
    OrganizationChange,
    OrganizationIn,
    OrganizationOut,
)
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.users.routes import UserId
from tinsmith.server.users.service import user_of
from tinsmith.store.tables import Organization

router = APIRouter(tags=["organizations"])
OrganizationId = Annotated[int, Path(ge=1, lt=2**63, description="The organization's number.")]


@router.get("/organizations")
def list_organizations(
    session: Reading, caller: Who, limit: Limit = 100, cursor: Cursor = None
) -> Page[OrganizationOut]:
    """The organizations the caller belongs to, newest first; all for administrators."""
    found = service.list_organizations(session, caller, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    items = [OrganizationOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=more)


@router.post("/organizations", status_code=201)
def create_organization(
    body: OrganizationIn, session: Writing, caller: Who, response: Response
) -> OrganizationOut:
    """Makes an organization, with the caller as its admin."""
    return _out(service.create_organization(session, caller, body), response)


@router.get("/organizations/{organization_id}")
def get_organization(
    organization_id: OrganizationId, session: Reading, response: Response
) -> OrganizationOut:
    """One organization."""
    return _out(session.get_one(Organization, organization_id), response)


@router.patch("/organizations/{organization_id}")
def update_organization(
    organization_id: OrganizationId,
    body: OrganizationChange,
    session: Writing,
    caller: Who,
    response: Response,
    if_match: IfMatch = None,
) -> OrganizationOut:
    """Changes name, slug or description."""
    row = service.lock_organization(session, organization_id)
    require_current(row.revision, if_match)
    service.update_organization(session, caller, row, body.model_dump(exclude_unset=True))
    return _out(row, response)


@router.delete("/organizations/{organization_id}", status_code=204)
def delete_organization(organization_id: OrganizationId, session: Writing, caller: Who) -> None:
    """Deletes an organization that has no projects."""
    row = service.lock_organization(session, organization_id)
    service.delete_organization(session, caller, row)


@router.get("/organizations/{organization_id}/members")
def list_members(
    organization_id: OrganizationId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[MemberOut]:
    """Who belongs to the organization."""
    found = service.list_members(session, organization_id, after_number(cursor), limit + 1)
    rows, more = cut(found, limit, key=lambda pair: pair[1].id)
    return Page(items=[MemberOut.of(*row) for row in rows], next_cursor=more)


@router.post("/organizations/{organization_id}/members", status_code=201)
def add_member(
    organization_id: OrganizationId, body: MemberIn, session: Writing, caller: Who
) -> MemberOut:
    """Adds somebody who has an account."""
    user = user_of(session, body.email)
    row = service.add_member(session, caller, organization_id, user, body.role)
    return MemberOut.of(row, user)


@router.patch("/organizations/{organization_id}/members/{user_id}")
def update_member(
    organization_id: OrganizationId,
    user_id: UserId,
    body: MemberChange,
    session: Writing,
    caller: Who,
) -> MemberOut:
    """Gives a member another role; the last admin stays one."""
    row, user = service.update_member(session, caller, organization_id, user_id, body.role)
    return MemberOut.of(row, user)


@router.delete("/organizations/{organization_id}/members/{user_id}", status_code=204)
def remove_member(
    organization_id: OrganizationId, user_id: UserId, session: Writing, caller: Who
) -> None:
    """Takes a member out; the last admin stays."""
    service.remove_member(session, caller, organization_id, user_id)


def _out(row: Organization, response: Response) -> OrganizationOut:
    set_etag(response, row.revision)
    return OrganizationOut.model_validate(row)
