"""Putting jobs into the queue and taking them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.core.errors import InputError
from tinsmith.jobs.events import append_event
from tinsmith.jobs.tasks import KINDS
from tinsmith.store.tables import Job, now

STATES = ("queued", "running", "succeeded", "failed", "cancelled", "interrupted")
ENDED = ("succeeded", "failed", "cancelled", "interrupted")


@dataclass(frozen=True)
class JobLimits:
    """Bounds on a job; None means none."""

    time_s: int | None = None
    memory_mb: int | None = None


def submit(
    session: Session,
    kind: str,
    arguments: dict[str, Any],
    *,
    project_id: int | None,
    created_by: int | None = None,
    limits: JobLimits | None = None,
    retry_of: int | None = None,
) -> Job:
    """Queues a job; the dispatcher sees it once the caller's transaction is stored.

    Raises:
        InputError: There is no such kind, or it does not take these arguments.
    """
    if kind not in KINDS:
        raise InputError(f"there are no jobs {kind!r}", hint=f"there are {', '.join(KINDS)}")
    limits = limits or JobLimits()
    job = Job(
        kind=kind,
        arguments=KINDS[kind].check(arguments).model_dump(mode="json"),
        project_id=project_id,
        created_by=created_by,
        time_limit_s=limits.time_s,
        memory_limit_mb=limits.memory_mb,
        retry_of=retry_of,
    )
    session.add(job)
    session.flush()
    append_event(session, job.id, "state", {"state": "queued"})
    return job


def cancel(session: Session, job: Job) -> None:
    """Ends a job that waits; one that runs is stopped by whoever runs it."""
    if job.state == "queued":
        job.state = "cancelled"
        job.ended_at = now()
        append_event(session, job.id, "state", {"state": "cancelled"})
    elif job.state == "running" and job.cancel_requested_at is None:
        job.cancel_requested_at = now()
