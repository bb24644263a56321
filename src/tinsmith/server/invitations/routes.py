"""Endpoints of invitations."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.server.accounts.routes import agent_of, set_cookie
from tinsmith.server.accounts.service import open_session
from tinsmith.server.context import App, Context, Reading, Who, Writing
from tinsmith.server.errors import (
    FieldProblem,
    ForbiddenError,
    NotSignedInError,
    UnusableError,
)
from tinsmith.server.invitations import service
from tinsmith.server.invitations.schemas import (
    Acceptance,
    Accepted,
    CollaboratorInvitationIn,
    InvitationOut,
    InvitationShown,
    InvitationToken,
    MemberInvitationIn,
    NewInvitation,
)
from tinsmith.server.invitations.service import Into, Wanted
from tinsmith.server.organizations.routes import OrganizationId
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.secrets_ import hash_password
from tinsmith.server.users.service import create_user, get_user
from tinsmith.store.tables import Invitation, User

router = APIRouter(tags=["invitations"])
InvitationId = Annotated[int, Path(ge=1, lt=2**63, description="The invitation's number.")]


@router.post("/invitations/show")
def show_invitation(body: InvitationToken, session: Reading) -> InvitationShown:
    """What an invitation leads to."""
    row = service.find_invitation(session, body.token)
    organization, project = service.names_of(session, row)
    return InvitationShown(
        email=row.email,
        role=row.role,
        organization=organization,
        project=project,
        needs_account=_account(session, row) is None,
        expires_at=row.expires_at,
    )


@router.post("/invitations/accept", status_code=201)
def accept_invitation(
    body: Acceptance, request: Request, response: Response, app: App, caller: Who
) -> Accepted:
    """Accepts an invitation as whoever is signed in, or makes the account and signs in."""
    with app.database.read() as session:
        row = service.find_invitation(session, body.token)
        if caller.api_key_id is not None:
            raise ForbiddenError("keys accept no invitations", hint="sign in and do it in person")
        if caller.user_id is None:
            _require_new(session, row, body)
    kept = hash_password(body.password) if caller.user_id is None and body.password else None
    secret = None
    with app.database.write() as session:
        row = service.find_invitation(session, body.token, lock=True)
        if caller.user_id is not None:
            user = get_user(session, caller.user_id)
        else:
            user = create_user(session, caller, row.email, body.name or "", password_hash=kept)
            secret = open_session(session, user, caller, agent_of(request), how="invitation")
        role = service.accept(session, replace(caller, user_id=user.id), row, user)
    if secret is not None:
        set_cookie(response, secret, app)
    return Accepted(
        user_id=user.id, organization_id=row.organization_id, project_id=row.project_id, role=role
    )


@router.get("/organizations/{organization_id}/invitations")
def list_organization_invitations(
    organization_id: OrganizationId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[InvitationOut]:
    """Invitations into the organization that can still be accepted, newest first."""
    return _page(session, Into(organization_id=organization_id), limit, cursor)


@router.post("/organizations/{organization_id}/invitations", status_code=201)
def invite_to_organization(
    organization_id: OrganizationId,
    body: MemberInvitationIn,
    session: Writing,
    app: App,
    caller: Who,
) -> NewInvitation:
    """Invites somebody, with or without an account; the link is in this response only."""
    wanted = Wanted(body.email, body.role, body.days)
    return _new(app, *service.invite(session, caller, Into(organization_id), wanted))


@router.delete("/organizations/{organization_id}/invitations/{invitation_id}", status_code=204)
def revoke_organization_invitation(
    organization_id: OrganizationId, invitation_id: InvitationId, session: Writing, caller: Who
) -> None:
    """Takes an invitation back."""
    service.revoke_invitation(session, caller, Into(organization_id), invitation_id)


@router.get("/projects/{project_id}/invitations")
def list_project_invitations(
    project_id: ProjectId, session: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[InvitationOut]:
    """Invitations into the project that can still be accepted, newest first."""
    return _page(session, Into(project_id=project_id), limit, cursor)


@router.post("/projects/{project_id}/invitations", status_code=201)
def invite_to_project(
    project_id: ProjectId,
    body: CollaboratorInvitationIn,
    session: Writing,
    app: App,
    caller: Who,
) -> NewInvitation:
    """Invites somebody, with or without an account; the link is in this response only."""
    wanted = Wanted(body.email, body.role, body.days)
    return _new(app, *service.invite(session, caller, Into(project_id=project_id), wanted))


@router.delete("/projects/{project_id}/invitations/{invitation_id}", status_code=204)
def revoke_project_invitation(
    project_id: ProjectId, invitation_id: InvitationId, session: Writing, caller: Who
) -> None:
    """Takes an invitation back."""
    into = Into(project_id=project_id)
    service.revoke_invitation(session, caller, into, invitation_id)


def _account(session: Session, row: Invitation) -> User | None:
    return session.scalar(select(User).where(User.email == row.email))


def _require_new(session: Session, row: Invitation, body: Acceptance) -> None:
    if _account(session, row) is not None:
        raise NotSignedInError(f"{row.email} has an account", hint="sign in, then accept")
    missing = [name for name in ("name", "password") if getattr(body, name) is None]
    if missing:
        raise UnusableError(
            f"{' and '.join(missing)} are needed to make the account",
            fields=[FieldProblem(path=f"body.{name}", message="missing") for name in missing],
        )


def _page(session: Session, into: Into, limit: int, cursor: str | None) -> Page[InvitationOut]:
    found = service.list_invitations(session, into, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    items = [InvitationOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=more)


def _new(app: Context, row: Invitation, secret: str) -> NewInvitation:
    url = f"{app.settings.url}/invitation#token={secret}"
    shown = InvitationOut.model_validate(row).model_dump()
    return NewInvitation(**shown, token=secret, url=url)
