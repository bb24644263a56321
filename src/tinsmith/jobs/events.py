"""What a job says while it runs: stored in batches, read by number without loss."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tinsmith.core.progress import Step
from tinsmith.store.database import Database
from tinsmith.store.tables import Job, JobEvent, now

# Events gathered before they are stored together.
_BATCH_S = 0.2
_PROGRESS_EVERY = timedelta(seconds=0.2)
_HEARTBEAT_S = 5.0


def append_event(session: Session, job_id: int, kind: str, data: dict[str, Any]) -> None:
    """Adds one event in the caller's transaction."""
    session.flush()
    append_events(session, job_id, [(now(), kind, data)])


def append_events(
    session: Session, job_id: int, events: Sequence[tuple[datetime, str, dict[str, Any]]]
) -> None:
    """Adds events; the job's row is locked so that numbers have no gaps and come once."""
    session.execute(select(Job.id).where(Job.id == job_id).with_for_update())
    last = session.scalar(select(func.max(JobEvent.number)).where(JobEvent.job_id == job_id)) or 0
    rows = [
        {"job_id": job_id, "number": last + offset, "at": at, "kind": kind, "data": data}
        for offset, (at, kind, data) in enumerate(events, start=1)
    ]
    session.execute(insert(JobEvent), rows)


def read_events(session: Session, job_id: int, after: int, limit: int) -> Sequence[JobEvent]:
    """At most `limit` events with numbers above `after`, in order."""
    return session.scalars(
        select(JobEvent)
        .where(JobEvent.job_id == job_id, JobEvent.number > after)
        .order_by(JobEvent.number)
        .limit(limit)
    ).all()


class EventWriter:
    """Stores what a running job says, a few times a second; also its sign of life.

    Progress is thinned out: of each stage the first, the last and five reports a second are kept.
    """

    def __init__(self, database: Database, job_id: int) -> None:
        self._database = database
        self._job_id = job_id
        self._pending: list[tuple[datetime, str, dict[str, Any]]] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._last_step: tuple[str, datetime] | None = None
        self._last_beat = now()
        self._thread = threading.Thread(target=self._run, daemon=True, name="job-events")
        self._thread.start()

    def log(self, text: str) -> None:
        """A line of the job's log."""
        self._add("log", {"text": text})

    def metric(self, name: str, values: dict[str, float]) -> None:
        """Numbers of a step of the job, such as the losses of an epoch."""
        self._add("metric", {"name": name, "values": values})

    def progress(self, step: Step) -> None:
        """A report of progress; may be called often."""
        moment, last = now(), self._last_step
        ended = step.total > 0 and step.done >= step.total
        if last and last[0] == step.stage and not ended and moment - last[1] < _PROGRESS_EVERY:
            return
        self._last_step = (step.stage, moment)
        data = {"stage": step.stage, "done": step.done, "total": step.total, "note": step.note}
        self._add("progress", data)

    def close(self) -> None:
        """Stores what is left."""
        self._stopped.set()
        self._thread.join()
        self._store()

    def _add(self, kind: str, data: dict[str, Any]) -> None:
        with self._lock:
            self._pending.append((now(), kind, data))

    def _run(self) -> None:
        while not self._stopped.wait(_BATCH_S):
            self._store()

    def _store(self) -> None:
        with self._lock:
            events, self._pending = self._pending, []
        moment = now()
        if not events and (moment - self._last_beat).total_seconds() < _HEARTBEAT_S:
            return
        self._last_beat = moment
        with self._database.write() as session:
            job = session.get(Job, self._job_id, with_for_update=True)
            if job is None:
                return
            job.heartbeat_at = moment
            steps = [data for _, kind, data in events if kind == "progress"]
            if steps:
                job.progress = steps[-1]
            if events:
                append_events(session, self._job_id, events)
