"""Jobs and what they say while they run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tinsmith.store.tables.base import Base, Created, Json, Key, Numbered, now


class Job(Numbered, Created, Base):
    """A long task.

    States: queued → running → succeeded | failed | cancelled | interrupted. `interrupted` was cut
    off by a crash and may be started again. `runner` is the server that looks after it and
    `heartbeat_at` its last sign of life. Results are stored in the same transaction that sets the
    state, so a job has either all of them or none.
    """

    __tablename__ = "jobs"

    project_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    runner: Mapped[str | None] = mapped_column(String(80))
    attempt: Mapped[int] = mapped_column(default=1)
    retry_of: Mapped[int | None] = mapped_column(Key)
    time_limit_s: Mapped[int | None]
    memory_limit_mb: Mapped[int | None]
    created_by: Mapped[int | None] = mapped_column(Key)
    cancel_requested_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "state", "id"), Index(None, "project_id", "id"))


class JobEvent(Base):
    """One thing a job said: a line of its log, a step of progress, a metric or a new state.

    `number` counts up within the job without gaps; readers resume after the last one they saw.
    """

    __tablename__ = "job_events"

    job_id: Mapped[int] = mapped_column(
        Key, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str] = mapped_column(String(12))
    data: Mapped[dict[str, Any]]
