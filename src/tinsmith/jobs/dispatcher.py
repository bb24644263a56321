"""Takes jobs from the queue, has an engine run them and looks after them."""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true, update
from sqlalchemy.orm import Session

from tinsmith.core.hashing import digest
from tinsmith.core.paths import write_atomic
from tinsmith.jobs.engine import Ending, Engine, Handle, Order, Place
from tinsmith.jobs.events import append_event, held_job
from tinsmith.jobs.failure import document
from tinsmith.jobs.local import clean_scratch
from tinsmith.store.database import Database
from tinsmith.store.tables import Job, now

log = logging.getLogger("tinsmith.jobs")

# How often running jobs are looked at; while the database does not answer, the longer pause.
_LOOK_S = 0.25
_TROUBLE_S = 5.0
# How often a server says that it looks after its jobs, and after how long without a word its jobs
# are lost.
_BEAT_S = 5.0
_LOST_AFTER = timedelta(seconds=30)
_AGAIN = "start it again"


@dataclass
class _Running:
    handle: Handle
    order: Order
    # Why it must end or how it ended; set once, kept until it is stored.
    verdict: tuple[str, dict[str, Any]] | None = None


class Dispatcher:
    """A thread that runs the queue of one server.

    Several servers may share a PostgreSQL database: a job is claimed by one of them, which says
    every few seconds that it is there. Jobs of one that is silent are marked as interrupted by
    whoever sees it first; it stops them itself when it comes back.

    Args:
        database: Where the queue is.
        engine: What runs jobs.
        place: What jobs are told.
        slots: Jobs that run at the same time.
    """

    def __init__(self, database: Database, engine: Engine, place: Place, slots: int) -> None:
        self.runner = runner_name(place.data)
        self._database = database
        self._engine = engine
        self._place = place
        self._slots = slots
        self._running: dict[int, _Running] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._last_beat = -_BEAT_S
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Marks what a crash cut off and begins with the queue."""
        self.recover()
        self._thread.start()

    def recover(self) -> None:
        """Marks the jobs of this server's former self; only before anything is started."""
        clean_scratch(self._place.data)
        # This server's former self is gone, as the data folder is opened by one at a time. A file
        # is used by nobody else either.
        mine = true() if self._database.is_sqlite else Job.runner == self.runner
        self._interrupt(mine, "the server was cut off")

    def wake(self) -> None:
        """Looks at the queue now rather than in a moment."""
        self._wake.set()

    def stop(self) -> None:
        """Stops all jobs, which are marked as interrupted, and ends the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        for running in self._running.values():
            running.handle.stop()
            error = document("interrupted", "the server was stopped", _AGAIN)
            running.verdict = running.verdict or ("interrupted", error)
        try:
            for job_id in list(self._running):
                self._finish(job_id)
        except Exception:
            # The next start marks them.
            log.exception("the jobs that were stopped could not be marked")
        self._engine.close()

    def _run(self) -> None:
        trouble = False
        while not self._stopping:
            # Cleared before the look: whatever is stored after it wakes the next wait.
            self._wake.clear()
            try:
                self.step()
                trouble = False
            except Exception as error:
                if not trouble:
                    log.exception("the job queue cannot be served; trying again")
                log.debug("still: %s", error)
                trouble = True
            self._wake.wait(_TROUBLE_S if trouble else _LOOK_S)

    def step(self) -> None:
        """One round: ends what must end, starts what waits, says that this server is there."""
        self._look()
        self._claim()
        if not self._database.is_sqlite and time.monotonic() - self._last_beat >= _BEAT_S:
            self.beat()
            self._last_beat = time.monotonic()

    def _look(self) -> None:
        """Ends what must end and notes what has ended."""
        if not self._running:
            return
        with self._database.read() as session:
            held = {
                job_id: held_job(session, running.order)
                for job_id, running in self._running.items()
            }
        for job_id, running in list(self._running.items()):
            job = held[job_id]
            running.verdict = running.verdict or _verdict(running, job)
            if running.verdict:
                running.handle.stop()
                self._finish(job_id)

    def _finish(self, job_id: int) -> None:
        """Takes a stopped job off the list; it keeps the state it gave itself, if it did."""
        running = self._running[job_id]
        with self._database.write() as session:
            job = held_job(session, running.order, lock=True)
            if job is not None and running.verdict is not None:
                _close(session, job, *running.verdict)
        del self._running[job_id]

    def _claim(self) -> None:
        while len(self._running) < self._slots and not self._stopping:
            with self._database.read() as session:
                waiting = session.scalar(_queued())
            if waiting is None:
                return
            self._take(waiting)

    def _take(self, job_id: int) -> None:
        """Claims a queued job and starts it, unless another server was faster."""
        with self._database.write() as session:
            claimed = session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state == "queued")
                .values(
                    state="running",
                    runner=self.runner,
                    started_at=now(),
                    heartbeat_at=self._moment(),
                )
                .returning(Job.attempt, Job.time_limit_s, Job.memory_limit_mb)
            ).first()
            if claimed is None:
                return
            append_event(session, job_id, "state", {"state": "running"})
        threads = max(1, len(os.sched_getaffinity(0)) // (len(self._running) + 1))
        order = Order(
            job_id=job_id,
            runner=self.runner,
            attempt=claimed[0],
            place=self._place,
            threads=threads,
            time_limit_s=claimed[1],
            memory_limit_mb=claimed[2],
        )
        try:
            handle = self._engine.start(order)
        except Exception as error:
            log.exception("job %s could not be started", job_id)
            message = f"it could not be started: {error}"
            handle = _NeverStarted(Ending("ended", message))
        self._running[job_id] = _Running(handle, order)

    def beat(self) -> None:
        """Says that this server is there, and looks for others that are not."""
        if self._running:
            with self._database.write() as session:
                session.execute(
                    update(Job)
                    .where(Job.id.in_(self._running), Job.runner == self.runner)
                    .where(Job.state == "running")
                    .values(heartbeat_at=self._moment())
                )
        lost = or_(Job.heartbeat_at < self._moment() - _LOST_AFTER, Job.heartbeat_at.is_(None))
        self._interrupt(lost, "the server that ran it does not answer")

    def _moment(self) -> Any:
        """This moment by a clock that all servers share."""
        return now() if self._database.is_sqlite else func.clock_timestamp()

    def _interrupt(self, condition: ColumnElement[bool], reason: str) -> None:
        """Marks running jobs that nobody looks after any more."""
        with self._database.read() as session:
            found = session.scalars(
                select(Job.id).where(Job.state == "running", condition).order_by(Job.id)
            ).all()
        for job_id in found:
            with self._database.write() as session:
                job = session.scalar(
                    select(Job)
                    .where(Job.id == job_id, Job.state == "running", condition)
                    .with_for_update()
                )
                if job is not None:
                    _close(session, job, "interrupted", document("interrupted", reason, _AGAIN))


class _NeverStarted:
    """The handle of a job that no process could be made for."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending

    def poll(self) -> Ending:
        return self._ending

    def stop(self) -> None:
        pass


def runner_name(data: Path) -> str:
    """The name under which the server of a data folder claims jobs, the same after a restart.

    It names the machine too: two that were made from one image are not taken for one.
    """
    file = data / "runner"
    if not file.exists():
        write_atomic(file, uuid.uuid4().hex.encode())
    return digest(platform.node(), file.read_text())[:32]


def _verdict(running: _Running, job: Job | None) -> tuple[str, dict[str, Any]] | None:
    """State and error of a job that has ended or must end."""
    ending = running.handle.poll()
    if job is None:
        # It has said itself how it went, or it was taken away; its process must go either way.
        gone = "it was taken from this server"
        return "interrupted", document("interrupted", gone, _AGAIN)
    if job.cancel_requested_at is not None:
        return "cancelled", document("cancelled", "it was cancelled")
    if ending is None:
        return None
    if ending.code == "ended":
        return "interrupted", document("interrupted", ending.message, _AGAIN)
    hint = "start it again with a higher limit, or with less data"
    return "failed", document(ending.code, ending.message, hint)


def _queued() -> Select[int]:
    return select(Job.id).where(Job.state == "queued").order_by(Job.id).limit(1)


def _close(session: Session, job: Job, state: str, error: dict[str, Any]) -> None:
    job.state = state
    job.ended_at = now()
    job.error = error
    append_event(session, job.id, "state", {"state": state, "error": error})
