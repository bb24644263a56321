"""Invitations: made, shown, accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import NotFoundError
from tinsmith.server.secrets_ import hash_secret, new_secret
from tinsmith.server.users.service import normal_email
from tinsmith.store.tables import (
    Collaborator,
    Invitation,
    Membership,
    Organization,
    Project,
    User,
    now,
)

# From least to most: an invitation never takes rights away.
_RANKS = {"guest": 0, "member": 1, "admin": 2, "viewer": 0, "editor": 1, "owner": 2}


@dataclass(frozen=True)
class Into:
    """What an invitation leads into: one of the two."""

    organization_id: int | None = None
    project_id: int | None = None

    def matches(self) -> ColumnElement[bool]:
        """The invitations into it."""
        if self.project_id is not None:
            return Invitation.project_id == self.project_id
        return Invitation.organization_id == self.organization_id


@dataclass(frozen=True)
class Wanted:
    """Whom to invite as what, and for how many days."""

    email: str
    role: str
    days: int


def invite(session: Session, caller: Caller, into: Into, wanted: Wanted) -> tuple[Invitation, str]:
    """Makes an invitation; with it its secret, which is not kept.

    An earlier one of the same address into the same place ends.
    """
    email, secret = normal_email(wanted.email), new_secret()
    for old in session.scalars(select(Invitation).where(into.matches(), _open())):
        if old.email == email:
            session.delete(old)
    row = Invitation(
        organization_id=into.organization_id,
        project_id=into.project_id,
        email=email,
        role=wanted.role,
        secret_hash=hash_secret(secret),
        invited_by=caller.user_id,
        expires_at=now() + timedelta(days=wanted.days),
    )
    session.add(row)
    session.flush()
    audit(session, caller, "invitation.create", email, project_id=into.project_id,
          organization_id=into.organization_id, role=wanted.role)  # fmt: skip
    return row, secret


def list_invitations(
    session: Session, into: Into, after: int | None, limit: int
) -> Sequence[Invitation]:
    """Invitations that can still be accepted, newest first."""
    statement = select(Invitation).where(into.matches(), _open())
    if after is not None:
        statement = statement.where(Invitation.id < after)
    return session.scalars(statement.order_by(Invitation.id.desc()).limit(limit)).all()


def revoke_invitation(session: Session, caller: Caller, into: Into, invitation_id: int) -> None:
    """Takes an invitation back.

    Raises:
        NotFoundError: There is none that could be accepted.
    """
    statement = select(Invitation).where(Invitation.id == invitation_id, into.matches(), _open())
    row = session.scalar(statement)
    if row is None:
        raise NotFoundError(f"there is no open invitation {invitation_id}")
    session.delete(row)
    audit(session, caller, "invitation.revoke", row.email, project_id=into.project_id,
          organization_id=into.organization_id)  # fmt: skip


def find_invitation(session: Session, token: str, *, lock: bool = False) -> Invitation:
    """The invitation of a secret.

    Raises:
        NotFoundError: It is unknown, accepted, too old, or into something that is gone.
    """
    statement = select(Invitation).where(Invitation.secret_hash == hash_secret(token), _open())
    # Locked, so that of two at the same moment one finds it accepted.
    row = session.scalar(statement.with_for_update() if lock else statement)
    project = session.get(Project, row.project_id) if row and row.project_id else None
    if row is None or (project is not None and project.deleted_at is not None):
        raise NotFoundError(
            "this invitation was accepted, taken back, or is too old", hint="ask for a new one"
        )
    return row


def names_of(session: Session, row: Invitation) -> tuple[str | None, str | None]:
    """Names of the organization and the project of an invitation."""
    organization = session.get(Organization, row.organization_id) if row.organization_id else None
    project = session.get(Project, row.project_id) if row.project_id else None
    return organization.name if organization else None, project.name if project else None


def accept(session: Session, caller: Caller, row: Invitation, user: User) -> str:
    """Lets a user in; the role they have now, which is never less than before."""
    there: Membership | Collaborator | None
    if row.organization_id is not None:
        there = session.get(Membership, (row.organization_id, user.id))
        fresh: Membership | Collaborator = Membership(
            organization_id=row.organization_id, user_id=user.id, role=row.role
        )
    else:
        there = session.get(Collaborator, (row.project_id, user.id))
        fresh = Collaborator(project_id=row.project_id, user_id=user.id, role=row.role)
    if there is None:
        session.add(fresh)
    elif _RANKS[row.role] > _RANKS[there.role]:
        there.role = row.role
    row.accepted_at = now()
    session.flush()
    audit(session, caller, "invitation.accept", user.email, project_id=row.project_id,
          organization_id=row.organization_id, role=row.role, invited=row.email)  # fmt: skip
    return (there or fresh).role


def _open() -> ColumnElement[bool]:
    return Invitation.accepted_at.is_(None) & (Invitation.expires_at > now())
