"""What a job says while it runs: stored in batches, read by number without loss."""

from __future__ import annotations

import logging
import math
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tinsmith.core.progress import Step
from tinsmith.jobs.engine import Order
from tinsmith.store.database import Database
from tinsmith.store.tables import Job, JobEvent, now

log = logging.getLogger("tinsmith.jobs")

# Events gathered before they are stored together.
_BATCH_S = 0.2
_PROGRESS_EVERY = timedelta(seconds=0.2)
# The longest text of one event; the rest of a longer one is cut off.
_TEXT = 20_000
# PostgreSQL keeps neither in a text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_Event = tuple[datetime, str, dict[str, Any]]


def append_event(session: Session, job_id: int, kind: str, data: dict[str, Any]) -> None:
    """Adds one event in the caller's transaction."""
    session.flush()
    append_events(session, job_id, [(now(), kind, data)])


def append_log(session: Session, job_id: int, text: str) -> None:
    """Adds a line of the log in the caller's transaction."""
    append_event(session, job_id, "log", {"text": text})


def append_events(session: Session, job_id: int, events: Sequence[_Event]) -> None:
    """Adds events; the job's row is locked so that numbers have no gaps and come once."""
    session.execute(select(Job.id).where(Job.id == job_id).with_for_update())
    last = session.scalar(select(func.max(JobEvent.number)).where(JobEvent.job_id == job_id)) or 0
    rows = [
        {"job_id": job_id, "number": last + offset, "at": at, "kind": kind, "data": storable(data)}
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


def held_job(session: Session, order: Order, *, lock: bool = False) -> Job | None:
    """The job of an order, if it still runs and nobody else has taken it over."""
    job = session.get(Job, order.job_id, with_for_update=lock or None, populate_existing=lock)
    if job is None or job.state != "running":
        return None
    return job if (job.runner, job.attempt) == (order.runner, order.attempt) else None


def storable(value: Any) -> Any:
    """A plain value as every database keeps it: no NUL, no half characters, no NaN."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value[:_TEXT])
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


class EventWriter:
    """Stores what a running job says, a few times a second.

    Progress is thinned out: of each stage the first, the last and five reports a second are kept.
    What cannot be stored now is stored later, in order; once the job is no longer this runner's,
    nothing is.
    """

    def __init__(self, database: Database, order: Order) -> None:
        self._database = database
        self._order = order
        self._pending: list[_Event] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._last_step: tuple[str, datetime] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="job-events")
        self._thread.start()

    def log(self, text: str) -> None:
        """A line of the job's log."""
        self._add("log", {"text": text})

    def metric(self, name: str, values: Mapping[str, float]) -> None:
        """Numbers of a step of the job, such as the losses of an epoch."""
        self._add("metric", {"name": name, "values": dict(values)})

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
        """Stores what is left; what is said afterwards is lost."""
        self._stopped.set()
        self._thread.join()
        self._store()

    def _add(self, kind: str, data: dict[str, Any]) -> None:
        with self._lock:
            self._pending.append((now(), kind, data))

    def _run(self) -> None:
        while not self._stopped.wait(_BATCH_S):
            try:
                self._store()
            except SQLAlchemyError:
                log.warning("what the job says could not be stored; trying again", exc_info=True)

    def _store(self) -> None:
        with self._lock:
            events = self._pending
            self._pending = []
        if not events:
            return
        try:
            with self._database.write() as session:
                job = held_job(session, self._order, lock=True)
                if job is None:
                    return
                steps = [data for _, kind, data in events if kind == "progress"]
                if steps:
                    job.progress = storable(steps[-1])
                append_events(session, self._order.job_id, events)
        except BaseException:
            with self._lock:
                self._pending = events + self._pending
            raise
