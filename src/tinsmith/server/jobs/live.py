"""Following jobs live: one reader a job, however many follow it.

Events have numbers without gaps, so everyone who follows only remembers the last number seen: what
is older than the reader's memory comes from the store, the rest from the reader. Nothing is queued
per follower, so a slow one costs nothing and loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from tinsmith.jobs.events import read_events
from tinsmith.jobs.queue import ENDED
from tinsmith.server.jobs.schemas import JobEventOut
from tinsmith.store.database import Database
from tinsmith.store.tables import Job, JobEvent

log = logging.getLogger("tinsmith.server")

# How often a followed job is looked at, and after how long silence is broken, so that proxies and
# browsers keep the connection.
_LOOK_S = 0.2
_KEEP_ALIVE_S = 15.0
# Events read at once, and events remembered for those who follow.
_BATCH = 500
_REMEMBERED = 2000


@dataclass(frozen=True)
class Line:
    """One event: its number and itself as JSON, written once for all who follow."""

    number: int
    text: str


Followed = AsyncGenerator[list[Line], None]


class Live:
    """The jobs that somebody follows at this moment; `closed` once the server stops."""

    def __init__(self) -> None:
        self._channels: dict[tuple[int, int], _Channel] = {}
        self.closed = False

    @property
    def followed(self) -> int:
        """How many jobs are followed, and so how many readers there are."""
        return len(self._channels)

    def close(self) -> None:
        """Ends all streams, as the server stops: those who follow come back to the next one."""
        self.closed = True
        for channel in self._channels.values():
            channel.end()

    async def follow(self, database: Database, job_id: int, after: int) -> Followed:
        """Batches of a job's events from number `after` on, until it has ended and all is given.

        An empty batch says that there is nothing new, after every `_KEEP_ALIVE_S` of silence.
        """
        if self.closed:
            return
        # What waits in asyncio belongs to one loop.
        key = (id(asyncio.get_running_loop()), job_id)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(database, job_id)
        channel.followers += 1
        try:
            async with contextlib.aclosing(channel.follow(after)) as batches:
                async for batch in batches:
                    yield batch
        finally:
            channel.followers -= 1
            if channel.followers == 0:
                del self._channels[key]
                channel.close()


class _Channel:
    """The reader of one job and what it remembers: events after `_start`, without gaps."""

    def __init__(self, database: Database, job_id: int) -> None:
        self.followers = 0
        self._database = database
        self._job_id = job_id
        self._start: int | None = None
        self._recent: list[Line] = []
        self._ended = False
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    def close(self) -> None:
        """Ends the reader."""
        self._task.cancel()

    def end(self) -> None:
        """Ends the streams of all who follow, once they have what is remembered."""
        self._ended = True
        self._tell()

    async def follow(self, after: int) -> Followed:
        """See `Live.follow`."""
        while True:
            # Taken before the look: what comes later wakes the wait below.
            changed = self._changed
            if self._start is not None and after < self._start:
                batch, _ = await run_in_threadpool(self._load, after)
            else:
                batch = self._remembered(after)
            if batch:
                after = batch[-1].number
                yield batch
            elif self._ended:
                return
            else:
                try:
                    await asyncio.wait_for(changed.wait(), _KEEP_ALIVE_S)
                except TimeoutError:
                    yield []

    def _remembered(self, after: int) -> list[Line]:
        return [] if self._start is None else self._recent[after - self._start :]

    async def _read(self) -> None:
        """Looks for new events until the job has ended."""
        while not self._ended:
            try:
                if self._start is None:
                    self._start = await run_in_threadpool(self._newest)
                    # Whoever waits may need what came before.
                    self._tell()
                newest = self._start + len(self._recent)
                batch, ended = await run_in_threadpool(self._load, newest)
            except SQLAlchemyError:
                log.warning("job %s cannot be followed; trying again", self._job_id, exc_info=True)
                batch, ended = [], False
            self._recent += batch
            # The state was read together with the events: an ended job says nothing more.
            self._ended = self._ended or (ended and not batch)
            excess = len(self._recent) - _REMEMBERED
            if excess > 0 and self._start is not None:
                del self._recent[:excess]
                self._start += excess
            if batch or self._ended:
                self._tell()
            else:
                await asyncio.sleep(_LOOK_S)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _newest(self) -> int:
        with self._database.read() as session:
            newest = select(func.max(JobEvent.number)).where(JobEvent.job_id == self._job_id)
            return session.scalar(newest) or 0

    def _load(self, after: int) -> tuple[list[Line], bool]:
        """Events after a number, and whether the job had ended by then."""
        with self._database.read() as session:
            state = session.scalar(select(Job.state).where(Job.id == self._job_id))
            found = read_events(session, self._job_id, after, _BATCH)
            lines = [Line(row.number, _text(row)) for row in found]
        return lines, state is None or state in ENDED


def _text(row: JobEvent) -> str:
    return json.dumps(JobEventOut.model_validate(row).model_dump(mode="json"))
