"""The job `version`: keeps the project as it is now under the next number."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.project_state import read_state
from tinsmith.store.versions import add_version


class VersionArguments(Arguments):
    """What to say of the version."""

    description: str = Field(default="", max_length=10_000, description="Why it is kept.")


def version(context: TaskContext, arguments: VersionArguments) -> Outcome:
    """Stores the state of the project; contents are named, not copied."""
    context.events.log("Listing samples, impulses, models and results")
    with context.database.read() as session:
        state = read_state(session, context.project, context.blobs, context.events.progress)
    context.events.log(f"{state.samples.count} samples, {len(state.impulses)} impulses")

    def store(session: Session) -> dict[str, Any]:
        row = add_version(
            session,
            context.project,
            state,
            context.blobs,
            description=arguments.description,
            created_by=context.created_by,
        )
        return {"version_id": row.id, "number": row.number}

    return Outcome(store)
