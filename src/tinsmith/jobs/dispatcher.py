"""Takes jobs from the queue, has an engine run them and looks after them."""

from __future__ import annotations

import logging
import os
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from tinsmith.jobs.engine import Engine, Handle, Order, Place
from tinsmith.jobs.events import append_event
from tinsmith.store.database import Database
from tinsmith.store.tables import Job, now

log = logging.getLogger("tinsmith.jobs")

# How often running jobs are looked at, and after how long without a sign of life they are lost.
_LOOK_S = 0.25
_LOST_AFTER = timedelta(seconds=30)


@dataclass
class _Running:
    handle: Handle
    order: Order
    attempt: int
    started: datetime = field(default_factory=now)


class Dispatcher:
    """A thread that runs the queue of one server.

    Several servers may share a database: a job is claimed by one of them, and lost ones are marked
    as interrupted by whoever sees it first.
    """

    def __init__(self, database: Database, engine: Engine, place: Place, slots: int) -> None:
        self.runner = uuid.uuid4().hex
        self._database = database
        self._engine = engine
        self._place = place
        self._slots = slots
        self._running: dict[int, _Running] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Marks what a crash cut off and begins with the queue."""
        self._recover(alone=self._database.is_sqlite)
        self._thread.start()

    def wake(self) -> None:
        """Looks at the queue now rather than in a moment."""
        self._wake.set()

    def stop(self) -> None:
        """Stops all jobs, which are marked as interrupted, and ends the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        for job_id, running in list(self._running.items()):
            running.handle.stop()
            self._finish(job_id, running, "interrupted", "the server was stopped")
        self._engine.close()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._look()
                self._claim()
                self._recover(alone=False)
            except Exception:
                log.exception("the job queue could not be served; trying again")
            self._wake.wait(_LOOK_S)
            self._wake.clear()

    def _look(self) -> None:
        """Ends what must end and notes what has ended."""
        for job_id, running in list(self._running.items()):
            status = running.handle.poll()
            if status is not None:
                running.handle.stop()
                reason = f"its process ended unexpectedly (status {status})"
                self._finish(job_id, running, "interrupted", reason)
            elif verdict := self._verdict(job_id, running):
                running.handle.stop()
                self._finish(job_id, running, *verdict)

    def _verdict(self, job_id: int, running: _Running) -> tuple[str, str] | None:
        """State and reason if a running job must be stopped."""
        with self._database.read() as session:
            cancelled = session.scalar(select(Job.cancel_requested_at).where(Job.id == job_id))
        if cancelled is not None:
            return "cancelled", "it was cancelled"
        order = running.order
        seconds = (now() - running.started).total_seconds()
        if order.time_limit_s is not None and seconds > order.time_limit_s:
            return "failed", f"it took longer than its limit of {order.time_limit_s} s"
        used = running.handle.memory_mb() if order.memory_limit_mb else 0
        if order.memory_limit_mb and used > order.memory_limit_mb:
            return "failed", f"it used {used:.0f} MB; its limit is {order.memory_limit_mb} MB"
        return None

    def _finish(self, job_id: int, running: _Running, state: str, reason: str) -> None:
        """Takes a job off the list; it keeps the state it gave itself, if it did."""
        del self._running[job_id]
        with self._database.write() as session:
            job = session.get(Job, job_id, with_for_update=True)
            if job and job.state == "running" and job.attempt == running.attempt:
                _close(session, job, state, reason)

    def _claim(self) -> None:
        while len(self._running) < self._slots and not self._stopping:
            with self._database.read() as session:
                waiting = session.scalar(_queued().limit(1))
            if waiting is None or not self._take(waiting):
                return

    def _take(self, job_id: int) -> bool:
        """Claims a queued job and starts it; False if another server was faster."""
        moment = now()
        with self._database.write() as session:
            claimed = session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state == "queued")
                .values(state="running", runner=self.runner, started_at=moment, heartbeat_at=moment)
                .returning(Job.attempt, Job.time_limit_s, Job.memory_limit_mb)
            ).first()
            if claimed is None:
                return True
            append_event(session, job_id, "state", {"state": "running"})
        threads = max(1, (os.cpu_count() or 1) // (len(self._running) + 1))
        order = Order(job_id, self._place, threads, claimed[1], claimed[2])
        self._running[job_id] = _Running(self._engine.start(order), order, claimed[0])
        return True

    def _recover(self, *, alone: bool) -> None:
        """Marks jobs that nobody looks after any more; `alone`: nobody else can."""
        lost = or_(Job.heartbeat_at < now() - _LOST_AFTER, Job.runner.is_(None))
        with self._database.read() as session:
            condition = Job.runner != self.runner if alone else lost
            found = session.scalars(
                select(Job.id).where(Job.state == "running", condition).order_by(Job.id)
            ).all()
        for job_id in found:
            if job_id in self._running:
                continue
            with self._database.write() as session:
                job = session.get(Job, job_id, with_for_update=True)
                if job and job.state == "running":
                    _close(session, job, "interrupted", "the server or its machine was cut off")


def _queued() -> Select[int]:
    return select(Job.id).where(Job.state == "queued").order_by(Job.id)


def _close(session: Session, job: Job, state: str, reason: str) -> None:
    hint = "start it again" if state == "interrupted" else None
    job.state = state
    job.ended_at = now()
    job.error = {"code": state, "message": reason, "hint": hint}
    append_event(session, job.id, "state", {"state": state, "error": job.error})
