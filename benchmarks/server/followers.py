"""Fifty clients follow the log of one job at once: what each got, and how long after it was said.

The job's lines are stored by a process of its own, as a worker stores them; every fifth client
breaks off halfway and comes back with the number of the last line it saw.

python -m benchmarks.server.followers DATABASE JOB LINES SECONDS is that process.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.server.client import Running, running
from tinsmith.jobs.engine import Order, Place
from tinsmith.jobs.events import EventWriter, append_event
from tinsmith.store.database import open_database
from tinsmith.store.tables import Job, now

FOLLOWERS = 50
LINES = 10_000
SECONDS = 5.0
_BREAKS_OFF = 5
_RUNNER = "benchmark"
_LINE = re.compile(rb'id: (\d+)\nevent: job\ndata: [^\n]*"text": "line \d+ at (\d+\.\d+)"')
_END = b"event: end"


@dataclass
class _Follower:
    """What one client got: numbers of events, and seconds from word to ear."""

    numbers: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    last_at: float = 0.0


def measure(folder: Path, port: int) -> dict[str, Any]:
    """Lines lost, repeated or out of order, and milliseconds of delay."""
    with running("ours", folder, port) as server:
        job = _new_job(server)
        followers, said_last = asyncio.run(_scene(server, job))
    # The first event says that the job runs; it is no line.
    expected = list(range(2, LINES + 2))
    delays = np.concatenate([follower.delays for follower in followers])
    return {
        "followers": FOLLOWERS,
        "lines": LINES,
        "delivered": int(delays.size),
        "lost": sum(len(set(expected) - set(f.numbers)) for f in followers),
        "repeated": sum(len(f.numbers) - len(set(f.numbers)) for f in followers),
        "in_order": all(f.numbers == expected for f in followers),
        "delay_median_ms": round(1000 * float(np.median(delays))),
        "delay_p95_ms": round(1000 * float(np.percentile(delays, 95))),
        "delay_max_ms": round(1000 * float(delays.max())),
        "last_line_at_all_ms": round(1000 * (max(f.last_at for f in followers) - said_last)),
        "wanted_lost": 0,
    }


def _new_job(server: Running) -> int:
    """A job that runs elsewhere."""
    database = open_database(server.facts["database"])
    with database.write() as session:
        row = Job(
            project_id=server.facts["project"], kind="train", state="running", runner=_RUNNER,
            started_at=now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        append_event(session, row.id, "state", {"state": "running"})
    database.close()
    return row.id


async def _scene(server: Running, job: int) -> tuple[list[_Follower], float]:
    followers = [_Follower() for _ in range(FOLLOWERS)]
    connected = asyncio.Semaphore(0)
    tasks = [
        asyncio.create_task(_follow(server, job, follower, connected, index % _BREAKS_OFF == 0))
        for index, follower in enumerate(followers)
    ]
    for _ in followers:
        await connected.acquire()
    command = (
        sys.executable, "-m", "benchmarks.server.followers", server.facts["database"], str(job),
        str(LINES), str(SECONDS),
    )  # fmt: skip
    said = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await said.communicate()
    await asyncio.gather(*tasks)
    return followers, float(output)


async def _follow(
    server: Running, job: int, follower: _Follower, connected: asyncio.Semaphore, breaks_off: bool
) -> None:
    """Follows the job to its end, once with a break halfway."""
    if breaks_off:
        await _listen(server, job, follower, connected, LINES // 2)
    await _listen(server, job, follower, connected, None)


async def _listen(
    server: Running,
    job: int,
    follower: _Follower,
    connected: asyncio.Semaphore,
    until: int | None,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    last = follower.numbers[-1] if follower.numbers else 0
    path = f"{server.api}/jobs/{job}/stream"
    writer.write(server.request("GET", path, headers={"last-event-id": str(last)}))
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(f"the stream was answered with {head[:200]!r}")
    connected.release()
    rest = b""
    while until is None or len(follower.numbers) < until:
        data = await reader.read(1 << 18)
        moment = time.time()
        *events, rest = (rest + data).split(b"\n\n")
        for event in events:
            if found := _LINE.search(event):
                follower.numbers.append(int(found[1]))
                follower.delays.append(moment - float(found[2]))
                follower.last_at = moment
        if not data or any(_END in event for event in events):
            break
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def _say(url: str, job: int, lines: int, seconds: float) -> float:
    """Says lines as a job does, evenly over some seconds, and ends the job; when the last was."""
    database = open_database(url)
    place = Place(url, "", Path())
    events = EventWriter(database, Order(job, _RUNNER, 1, place, threads=1))
    begun, pause = time.monotonic(), threading.Event()
    moment = 0.0
    for number in range(lines):
        pause.wait(max(0.0, begun + seconds * number / lines - time.monotonic()))
        moment = time.time()
        events.log(f"line {number} at {moment:.6f}")
    events.close()
    with database.write() as session:
        session.get_one(Job, job).state = "succeeded"
        append_event(session, job, "state", {"state": "succeeded"})
    database.close()
    return moment


if __name__ == "__main__":
    print(_say(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
