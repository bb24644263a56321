"""Who works on a project."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError, NotFoundError
from tinsmith.store.tables import Collaborator, Project, User


def list_collaborators(
    session: Session, project_id: int, after: int | None, limit: int
) -> Sequence[tuple[Collaborator, User]]:
    """Who was added to a project itself, by the number of their account; members of its
    organization come on top."""
    statement = (
        select(Collaborator, User)
        .join(User, Collaborator.user_id == User.id)
        .where(Collaborator.project_id == project_id)
    )
    if after is not None:
        statement = statement.where(User.id > after)
    rows = session.execute(statement.order_by(User.id).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def add_collaborator(
    session: Session, caller: Caller, project_id: int, user: User, role: str
) -> Collaborator:
    """Adds somebody.

    Raises:
        ConflictError: They work on it already.
    """
    if session.get(Collaborator, (project_id, user.id)) is not None:
        raise ConflictError(
            f"{user.email} is a collaborator already", hint="change the role instead"
        )
    row = Collaborator(project_id=project_id, user_id=user.id, role=role)
    session.add(row)
    session.flush()
    audit(session, caller, "collaborator.add", user.email, project_id=project_id, role=role)
    return row


def update_collaborator(
    session: Session, caller: Caller, project_id: int, user_id: int, role: str
) -> tuple[Collaborator, User]:
    """Gives a collaborator another role.

    Raises:
        ConflictError: Nobody would own the project.
    """
    row, user = _locked(session, project_id, user_id)
    if row.role == "owner" and role != "owner":
        _require_other_owner(session, project_id, user)
    audit(session, caller, "collaborator.update", user.email, project_id=project_id,
          role=role, before=row.role)  # fmt: skip
    row.role = role
    return row, user


def remove_collaborator(session: Session, caller: Caller, project_id: int, user_id: int) -> None:
    """Takes a collaborator out.

    Raises:
        ConflictError: Nobody would own the project.
    """
    row, user = _locked(session, project_id, user_id)
    if row.role == "owner":
        _require_other_owner(session, project_id, user)
    session.delete(row)
    audit(session, caller, "collaborator.remove", user.email, project_id=project_id,
          role=row.role)  # fmt: skip


def _locked(session: Session, project_id: int, user_id: int) -> tuple[Collaborator, User]:
    # Whoever changes owners holds the project, so that two cannot remove each other.
    session.get_one(Project, project_id, with_for_update=True)
    row = session.get(Collaborator, (project_id, user_id))
    user = session.get(User, user_id)
    if row is None or user is None:
        raise NotFoundError(f"the project has no collaborator {user_id}")
    return row, user


def _require_other_owner(session: Session, project_id: int, user: User) -> None:
    if session.get_one(Project, project_id).organization_id is not None:
        # The organization's admins own it.
        return
    other = select(Collaborator.user_id).where(
        Collaborator.project_id == project_id,
        Collaborator.role == "owner",
        Collaborator.user_id != user.id,
    )
    if session.scalar(other.limit(1)) is None:
        raise ConflictError(f"{user.email} is the only owner", hint="make somebody else one first")
