"""The process that runs one job: `python -m tinsmith.jobs.worker`, its order on standard input.

It ends when standard input ends: the one who started it is gone. Results are stored together with
the job's final state, in one transaction, and only while the job is still this runner's.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from tinsmith.core.errors import InternalError, TinsmithError
from tinsmith.jobs.engine import Order, Place
from tinsmith.jobs.events import EventWriter, append_event
from tinsmith.jobs.task import TaskContext
from tinsmith.jobs.tasks import TASKS
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import Database, open_database
from tinsmith.store.tables import Job, now


def main() -> None:
    """Reads an order, runs its job, ends."""
    order = decode_order(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run_job(order)


def decode_order(line: str) -> Order:
    """The order of one line."""
    data = json.loads(line)
    place = Place(data["database_url"], data["blob_url"], Path(data["data"]))
    return Order(data["job_id"], place, data["threads"])


def run_job(order: Order) -> None:
    """Runs a job to its end and stores how it went."""
    database = open_database(order.place.database_url)
    with database.read() as session:
        job = session.get_one(Job, order.job_id)
        kind, attempt = job.kind, job.attempt
        project_id, arguments, created_by = job.project_id, job.arguments, job.created_by
    events = EventWriter(database, order.job_id)
    context = TaskContext(
        job_id=order.job_id,
        project_id=project_id,
        arguments=arguments,
        created_by=created_by,
        database=database,
        blobs=open_blobs(order.place.blob_url, order.place.data / "cache" / "blobs"),
        data=order.place.data,
        threads=order.threads,
        events=events,
    )
    try:
        outcome = TASKS[kind](context)
    except Exception as error:  # noqa: BLE001 - whatever happens, the job must say so
        events.close()
        _fail(database, order.job_id, attempt, error)
        return
    events.close()
    with database.write() as session:
        found = _mine(session, order.job_id, attempt)
        if found is not None:
            found.result = outcome.store(session)
            _end(session, found, "succeeded")


def _fail(database: Database, job_id: int, attempt: int, error: Exception) -> None:
    if isinstance(error, TinsmithError):
        message = f"{error.path}: {error.message}" if error.path else error.message
        document = {"code": type(error).__name__, "message": message, "hint": error.hint}
    else:
        message = f"{type(error).__name__}: {error}"
        document = {"code": "internal", "message": message, "hint": None}
    expected = isinstance(error, TinsmithError) and not isinstance(error, InternalError)
    with database.write() as session:
        found = _mine(session, job_id, attempt)
        if found is None:
            return
        if not expected:
            text = "".join(traceback.format_exception(error))
            append_event(session, job_id, "log", {"text": text.rstrip()})
        found.error = document
        _end(session, found, "failed")


def _mine(session: Any, job_id: int, attempt: int) -> Job | None:
    """The job, if it still waits for this attempt's result."""
    job: Job | None = session.get(Job, job_id, with_for_update=True)
    is_mine = job is not None and job.state == "running" and job.attempt == attempt
    return job if is_mine else None


def _end(session: Any, job: Job, state: str) -> None:
    job.state = state
    job.ended_at = job.heartbeat_at = now()
    append_event(session, job.id, "state", {"state": state, "error": job.error})


def _end_with_parent() -> None:
    sys.stdin.read()
    # The whole group: compilers and emulators that were started must not stay behind.
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
