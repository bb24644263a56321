"""Jobs of a project."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.jobs.queue import ENDED, JobLimits, submit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError
from tinsmith.server.impulses.service import get_impulse
from tinsmith.server.jobs.schemas import LimitsIn
from tinsmith.store.tables import ImpulseRow, Job


def start(session: Session, caller: Caller, project_id: int, kind: str, wanted: LimitsIn) -> Job:
    """Queues a job on an impulse.

    Raises:
        ConflictError: No impulse is named and none is the default.
        NotFoundError: The project has no such impulse.
    """
    arguments = wanted.model_dump(exclude=set(LimitsIn.model_fields))
    if arguments.get("impulse_id", 0) is None:
        arguments["impulse_id"] = _default_impulse(session, project_id)
    elif "impulse_id" in arguments:
        get_impulse(session, project_id, arguments["impulse_id"])
    limits = JobLimits(wanted.time_limit_s, wanted.memory_limit_mb)
    return submit(
        session, kind, arguments, project_id=project_id, created_by=caller.user_id, limits=limits
    )


def _default_impulse(session: Session, project_id: int) -> int:
    statement = select(ImpulseRow.id).where(
        ImpulseRow.project_id == project_id,
        ImpulseRow.deleted_at.is_(None),
        ImpulseRow.is_default,
    )
    found = session.scalar(statement.limit(1))
    if found is None:
        raise ConflictError(
            "the project has no default impulse", hint="name an impulse, or make one the default"
        )
    return found


def list_jobs(
    session: Session, project_id: int, state: str | None, after: int | None, limit: int
) -> Sequence[Job]:
    """Jobs of a project, newest first."""
    statement = select(Job).where(Job.project_id == project_id)
    if state is not None:
        statement = statement.where(Job.state == state)
    if after is not None:
        statement = statement.where(Job.id < after)
    return session.scalars(statement.order_by(Job.id.desc()).limit(limit)).all()


def retry(session: Session, caller: Caller, job: Job) -> Job:
    """Queues a job that ended once more.

    Raises:
        ConflictError: It has not ended, or did what it should.
    """
    if job.state not in ENDED or job.state == "succeeded":
        raise ConflictError(
            f"the job is {job.state}", hint="only jobs that failed or were stopped can be retried"
        )
    return submit(
        session,
        job.kind,
        job.arguments,
        project_id=job.project_id,
        created_by=caller.user_id,
        limits=JobLimits(job.time_limit_s, job.memory_limit_mb),
        retry_of=job.id,
    )
