"""The impulse and the model that a job works on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import DesignError, InputError
from tinsmith.store.tables import ImpulseRow, Model


def impulse_of(session: Session, project_id: int, impulse_id: int) -> ImpulseRow:
    """The design of a job.

    Raises:
        InputError: It is gone.
    """
    row = session.scalar(
        select(ImpulseRow).where(
            ImpulseRow.id == impulse_id,
            ImpulseRow.project_id == project_id,
            ImpulseRow.deleted_at.is_(None),
        )
    )
    if row is None:
        raise InputError(f"there is no impulse {impulse_id} any more")
    return row


def model_of(session: Session, project_id: int, impulse_id: int) -> Model:
    """The model that an impulse was trained into last.

    Raises:
        DesignError: It was never trained.
    """
    impulse = impulse_of(session, project_id, impulse_id)
    model = session.get(Model, impulse.model_id) if impulse.model_id is not None else None
    if model is None:
        raise DesignError(
            f"the impulse {impulse.name!r} has not been trained", hint="train it first"
        )
    return model
