"""What every engine that runs jobs can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Place:
    """Where a job finds everything, wherever it runs.

    Args:
        database_url: The database with its row.
        blob_url: Where blobs are.
        data: Folder for caches and work; on a cluster each machine has its own.
    """

    database_url: str
    blob_url: str
    data: Path


@dataclass(frozen=True)
class Order:
    """One job to be run.

    Args:
        job_id: Its row.
        place: Where everything is.
        threads: Cores it may use.
        time_limit_s, memory_limit_mb: Bounds, or None.
    """

    job_id: int
    place: Place
    threads: int
    time_limit_s: int | None = None
    memory_limit_mb: int | None = None


class Handle(Protocol):
    """A job that was started."""

    def poll(self) -> int | None:
        """The exit status once it has ended (0: it says itself how it went), else None."""
        ...

    def memory_mb(self) -> float:
        """Memory that it and everything it started use now; 0 where that is not known."""
        ...

    def stop(self) -> None:
        """Ends it and everything it started, by force if need be, before returning."""
        ...


class Engine(Protocol):
    """Runs jobs."""

    def start(self, order: Order) -> Handle:
        """Starts a job."""
        ...

    def close(self) -> None:
        """Lets go of whatever the engine holds; jobs that run are stopped by their handles."""
        ...
