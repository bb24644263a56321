"""The process that runs one job: `python -m tinsmith.jobs.worker`, its order on standard input.

It ends when standard input ends: the one who started it is gone. Results are stored together with
the job's final state, in one transaction, and only while the job is still its runner's.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.core.cores import limit_cores
from tinsmith.core.errors import InternalError, TinsmithError, UnsupportedError
from tinsmith.core.memory import keep_freed_memory
from tinsmith.impulse.features import ChunkExecutor, local
from tinsmith.jobs.engine import Order, decode_order
from tinsmith.jobs.events import EventWriter, append_event, append_log, held_job
from tinsmith.jobs.failure import describe
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks import KINDS
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import Database, open_database
from tinsmith.store.tables import Job, now

# Jobs leave the processor to whoever waits for an answer of the server.
_NICENESS = 5


def main() -> None:
    """Reads an order, runs its job, ends."""
    order = decode_order(sys.stdin.buffer.readline())
    lifeline = os.dup(0)
    # Compilers and emulators must not read from the lifeline.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    os.nice(_NICENESS)
    limit_cores(order.threads)
    keep_freed_memory()
    run_job(order)


def run_job(order: Order) -> None:
    """Runs a job to its end and stores how it went; nothing if it is no longer this runner's."""
    database = open_database(order.place.database_url)
    with database.read() as session:
        job = held_job(session, order)
    if job is None:
        return
    events = EventWriter(database, order)
    try:
        outcome = _run(order, job, database, events)
        events.close()
        _store(database, order, lambda session, job: _succeed(session, job, outcome))
    except Exception as error:  # noqa: BLE001 - whatever happens, the job must say so
        events.close()
        failure = error
        _store(database, order, lambda session, job: _fail(session, job, failure))
    finally:
        database.close()


def _run(order: Order, job: Job, database: Database, events: EventWriter) -> Outcome:
    kind = KINDS.get(job.kind)
    if kind is None:
        raise UnsupportedError(
            f"there are no jobs {job.kind!r}", hint="the job was made by another Tinsmith"
        )
    context = TaskContext(
        job_id=job.id,
        project_id=job.project_id,
        created_by=job.created_by,
        database=database,
        blobs=open_blobs(order.place.blob_url, order.place.data / "cache" / "blobs"),
        data=order.place.data,
        threads=order.threads,
        events=events,
        executor=_executor(order),
    )
    return kind.run(context, kind.check(job.arguments))


def _executor(order: Order) -> ChunkExecutor:
    if order.place.cluster is None:
        return local
    from tinsmith.jobs.ray_engine import join, spread

    join(order.place.cluster)
    return spread(order.place.blob_url)


def _store(database: Database, order: Order, change: Callable[[Session, Job], None]) -> None:
    """Changes the job in one transaction, if it is still this runner's."""
    with database.write() as session:
        job = held_job(session, order, lock=True)
        if job is not None:
            change(session, job)


def _succeed(session: Session, job: Job, outcome: Outcome) -> None:
    job.result = outcome.store(session)
    _end(session, job, "succeeded")


def _fail(session: Session, job: Job, error: Exception) -> None:
    expected = isinstance(error, TinsmithError) and not isinstance(error, InternalError)
    if not expected:
        append_log(session, job.id, "".join(traceback.format_exception(error)).rstrip())
    job.error = describe(error)
    _end(session, job, "failed")


def _end(session: Session, job: Job, state: str) -> None:
    job.state = state
    job.ended_at = now()
    data: dict[str, Any] = {"state": state, "error": job.error}
    append_event(session, job.id, "state", data)


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    # The whole group: compilers and emulators that were started must not stay behind.
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
