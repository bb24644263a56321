"""Writing and reading the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tinsmith.server.context import Caller
from tinsmith.store.tables import AuditEvent, User


def audit(
    session: Session,
    caller: Caller,
    action: str,
    subject: str = "",
    *,
    project_id: int | None = None,
    organization_id: int | None = None,
    **detail: Any,
) -> None:
    """Notes an act in the transaction of the act itself, so that neither is kept without the other.

    Args:
        session: The transaction.
        caller: Who does it.
        action: What is done: noun and verb, such as `api_key.create`.
        subject: To what or whom, as people call it. Never a secret.
        project_id, organization_id: Whose log it belongs to.
        detail: Anything else worth knowing, as plain values. Never a secret.
    """
    session.add(
        AuditEvent(
            user_id=caller.user_id,
            api_key_id=caller.api_key_id,
            address=caller.address[:64],
            action=action,
            subject=subject[:200],
            project_id=project_id,
            organization_id=organization_id,
            detail=detail,
        )
    )


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted; None leaves a side open.

    Args:
        action: An action, or the noun that actions begin with.
        user_id: Who did it.
        since, until: From when on, and before when.
    """

    action: str | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_events(
    session: Session,
    wanted: AuditFilter,
    after: int | None,
    limit: int,
    *,
    project_id: int | None = None,
    organization_id: int | None = None,
) -> Sequence[tuple[AuditEvent, str | None]]:
    """Entries and the names of who did it, newest first; of everything without project and
    organization."""
    statement = _filtered(wanted)
    if project_id is not None:
        statement = statement.where(AuditEvent.project_id == project_id)
    if organization_id is not None:
        statement = statement.where(AuditEvent.organization_id == organization_id)
    if after is not None:
        statement = statement.where(AuditEvent.id < after)
    rows = session.execute(statement.order_by(AuditEvent.id.desc()).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def _filtered(wanted: AuditFilter) -> Select[AuditEvent, str]:
    statement = select(AuditEvent, User.name).outerjoin(User, AuditEvent.user_id == User.id)
    if wanted.action is not None:
        noun = wanted.action + "."
        statement = statement.where(
            (AuditEvent.action == wanted.action)
            | AuditEvent.action.startswith(noun, autoescape=True)
        )
    if wanted.user_id is not None:
        statement = statement.where(AuditEvent.user_id == wanted.user_id)
    if wanted.since is not None:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEvent.at < wanted.until)
    return statement
