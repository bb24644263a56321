"""What every engine that runs jobs can do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Place:
    """Where a job finds everything, wherever it runs.

    Args:
        database_url: The database with its row.
        blob_url: Where blobs are.
        data: Folder for caches and work; on a cluster each machine has its own.
        cluster: Address of the cluster that computes features, or None for this machine.
    """

    database_url: str
    blob_url: str
    data: Path
    cluster: str | None = None


@dataclass(frozen=True)
class Order:
    """One job to be run.

    Args:
        job_id, runner, attempt: Its row, and who claimed it when: results of anyone else are not
            taken.
        place: Where everything is.
        threads: Cores it may use.
        time_limit_s, memory_limit_mb: Bounds on the job and all it starts, or None.
    """

    job_id: int
    runner: str
    attempt: int
    place: Place
    threads: int
    time_limit_s: int | None = None
    memory_limit_mb: int | None = None


@dataclass(frozen=True)
class Ending:
    """How a job's process ended, or why it must.

    Args:
        code: `ended` if the process is gone (the job itself says how it went, if it could), else
            the limit that was passed: `time_limit`, `memory_limit`.
        message: What happened.
    """

    code: str
    message: str


class Handle(Protocol):
    """A job that was started."""

    def poll(self) -> Ending | None:
        """None as long as it runs within its limits; never waits."""
        ...

    def stop(self) -> None:
        """Ends it and everything it started, by force, before returning; may be called twice."""
        ...


class Engine(Protocol):
    """Runs jobs."""

    def start(self, order: Order) -> Handle:
        """Starts a job."""
        ...

    def close(self) -> None:
        """Lets go of whatever the engine holds; jobs that run are stopped by their handles."""
        ...


def encode_order(order: Order) -> bytes:
    """An order as one line."""
    return json.dumps(asdict(order), default=str).encode() + b"\n"


def decode_order(line: bytes) -> Order:
    """The order of one line."""
    data = json.loads(line)
    place = data.pop("place")
    return Order(place=Place(**place | {"data": Path(place["data"])}), **data)
