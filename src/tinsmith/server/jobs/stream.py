"""Following jobs live: one reader a job, however many people follow it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool

from tinsmith.jobs.events import read_events
from tinsmith.jobs.queue import ENDED
from tinsmith.server.jobs.schemas import JobEventOut
from tinsmith.store.database import Database
from tinsmith.store.tables import Job

# How often a followed job is looked at, and after how long silence is broken, so that proxies and
# browsers keep the connection.
_LOOK_S = 0.2
_KEEP_ALIVE_S = 15.0
_BATCH = 500

_Batch = tuple[list[tuple[int, str]], bool]


async def follow(database: Database, job_id: int, after: int) -> AsyncIterator[str]:
    """Server-sent events of a job from number `after` on, until it has ended and all is sent.

    Everyone reads by number from the store, so nothing is lost or comes twice, whenever they join.
    """
    silent = 0.0
    while True:
        events, ended = await run_in_threadpool(_read, database, job_id, after)
        for number, text in events:
            yield f"id: {number}\nevent: job\ndata: {text}\n\n"
            after = number
        if ended and not events:
            yield "event: end\ndata: {}\n\n"
            return
        silent = 0.0 if events else silent + _LOOK_S
        if silent >= _KEEP_ALIVE_S:
            yield ": still here\n\n"
            silent = 0.0
        if not events:
            await asyncio.sleep(_LOOK_S)


def _read(database: Database, job_id: int, after: int) -> _Batch:
    with database.read() as session:
        job: Any = session.get(Job, job_id)
        ended = job is None or job.state in ENDED
        found = read_events(session, job_id, after, _BATCH)
        lines = [
            (row.number, json.dumps(JobEventOut.model_validate(row).model_dump(mode="json")))
            for row in found
        ]
    return lines, ended
