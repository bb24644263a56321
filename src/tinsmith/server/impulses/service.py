"""Designs of a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tinsmith.core.errors import DesignError
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.server.errors import FieldProblem, NotFoundError, UnusableError
from tinsmith.store.tables import ImpulseRow, now


def checked(design: dict[str, Any]) -> tuple[dict[str, Any], Impulse]:
    """A design with all defaults filled in.

    Raises:
        UnusableError: It makes no sense; says where.
    """
    try:
        impulse = parse_impulse(design)
    except DesignError as error:
        raise UnusableError(
            error.message,
            hint=error.hint,
            fields=[FieldProblem(path="body.design", message=error.message)],
        ) from error
    return impulse.model_dump(mode="json"), impulse


def list_impulses(session: Session, project_id: int) -> Sequence[ImpulseRow]:
    """The designs of a project, oldest first."""
    statement = select(ImpulseRow).where(
        ImpulseRow.project_id == project_id, ImpulseRow.deleted_at.is_(None)
    )
    return session.scalars(statement.order_by(ImpulseRow.id)).all()


def get_impulse(session: Session, project_id: int, impulse_id: int) -> ImpulseRow:
    """One design.

    Raises:
        NotFoundError: The project has no such design.
    """
    row = session.get(ImpulseRow, impulse_id)
    if row is None or row.project_id != project_id or row.deleted_at is not None:
        raise NotFoundError(f"the project has no impulse {impulse_id}")
    return row


def create_impulse(
    session: Session, project_id: int, design: dict[str, Any], is_default: bool | None
) -> ImpulseRow:
    """Adds a design; a project's first one is its default."""
    document, impulse = checked(design)
    first = not list_impulses(session, project_id)
    row = ImpulseRow(project_id=project_id, name=impulse.name, design=document)
    session.add(row)
    session.flush()
    if is_default or (first and is_default is None):
        make_default(session, row)
    return row


def update_impulse(
    session: Session, row: ImpulseRow, design: dict[str, Any], is_default: bool | None
) -> None:
    """Replaces a design."""
    document, impulse = checked(design)
    row.design, row.name = document, impulse.name
    row.revision += 1
    if is_default:
        make_default(session, row)


def make_default(session: Session, row: ImpulseRow) -> None:
    """Makes a design the one pages open with."""
    session.execute(
        update(ImpulseRow).where(ImpulseRow.project_id == row.project_id).values(is_default=False)
    )
    row.is_default = True


def delete_impulse(row: ImpulseRow) -> None:
    """Puts a design into the trash."""
    row.deleted_at = now()
    row.is_default = False
