"""The job `erase`: deletes a project that is in the trash for good."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tinsmith.core.progress import Step
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.database import Database
from tinsmith.store.tables import Job, Project, SampleRow

# Rows deleted in one transaction: it keeps other writers waiting for some hundredths of a second.
_BATCH = 1000


class EraseArguments(Arguments):
    """What to delete."""

    project_id: int = Field(ge=1, lt=2**63, description="A project in the trash.")


def erase(context: TaskContext, arguments: EraseArguments) -> Outcome:
    """Deletes the rows of a project, the many ones in short transactions before the last one.

    The exception among jobs: what it has deleted stays deleted when it is cut off. The project is
    in the trash all the time, and the next run goes on with the rest.
    """
    number = arguments.project_id
    for table in (SampleRow, Job):
        done = 0
        while count := _delete_some(context.database, table, number):
            done += count
            context.events.progress(Step(table.__tablename__, done, 0))

    def store(session: Session) -> dict[str, Any]:
        session.execute(
            delete(Project).where(Project.id == number, Project.deleted_at.is_not(None))
        )
        return {"project_id": number}

    return Outcome(store)


def _delete_some(database: Database, table: type[SampleRow | Job], number: int) -> int:
    """Deletes at most a batch of rows; how many there were."""
    with database.write() as session:
        gone = select(Project.id).where(Project.id == number, Project.deleted_at.is_not(None))
        found = list(
            session.scalars(select(table.id).where(table.project_id.in_(gone)).limit(_BATCH))
        )
        session.execute(delete(table).where(table.id.in_(found)))
    return len(found)
