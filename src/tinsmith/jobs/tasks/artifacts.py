"""What results of jobs were made from, so that they are found again and known to be stale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.hashing import digest
from tinsmith.jobs.task import TaskContext
from tinsmith.jobs.tasks.models import impulse_of
from tinsmith.store.tables import Artifact, Project


@dataclass(frozen=True)
class Basis:
    """An impulse and the data as they are now.

    Args:
        design: Plain values.
        model_id: The model in use.
        data_revision: Of the project.
    """

    design: dict[str, Any]
    model_id: int | None
    data_revision: int

    @property
    def key(self) -> str:
        """Changes when features may change."""
        return processing_key(self.design, self.data_revision)


def basis_of(context: TaskContext, impulse_id: int) -> Basis:
    """What a job on an impulse starts from.

    Raises:
        InputError: There is no such impulse any more.
    """
    with context.database.read() as session:
        impulse = impulse_of(session, context.project, impulse_id)
        revision = session.get_one(Project, context.project).data_revision
        return Basis(impulse.design, impulse.model_id, revision)


def processing_key(design: dict[str, Any], data_revision: int) -> str:
    """What features depend on: the data, the input and the processing blocks."""
    return digest(data_revision, design["input"], design["processing"])


def last_artifact(session: Session, project_id: int, kind: str, key: str) -> Artifact | None:
    """The newest result of its kind and key."""
    return session.scalar(
        select(Artifact)
        .where(Artifact.project_id == project_id, Artifact.kind == kind, Artifact.key == key)
        .order_by(Artifact.id.desc())
        .limit(1)
    )
