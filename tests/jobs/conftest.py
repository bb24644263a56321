"""A queue, and an engine whose jobs end when a test says so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tinsmith.jobs.dispatcher import Dispatcher
from tinsmith.jobs.engine import Ending, Order, Place
from tinsmith.jobs.queue import submit
from tinsmith.store.database import Database, open_database
from tinsmith.store.tables import Job


@dataclass
class HandHeld:
    """A started job that goes on until `ending` is set."""

    order: Order
    ending: Ending | None = None
    stopped: bool = False

    def poll(self) -> Ending | None:
        return self.ending

    def stop(self) -> None:
        self.stopped = True


@dataclass
class HandEngine:
    """An engine that only takes orders."""

    jobs: list[HandHeld] = field(default_factory=list)
    broken: bool = False

    def start(self, order: Order) -> HandHeld:
        if self.broken:
            raise OSError("no more processes")
        self.jobs.append(HandHeld(order))
        return self.jobs[-1]

    def close(self) -> None:
        self.broken = True


@dataclass
class Queue:
    """A database with a queue and what runs it."""

    database: Database
    folder: Path
    engine: HandEngine = field(default_factory=HandEngine)

    def dispatcher(self, name: str = "one", slots: int = 2) -> Dispatcher:
        """A server on the queue; each name is a data folder of its own."""
        data = self.folder / name
        data.mkdir(exist_ok=True)
        place = Place(self.database.url, str(self.folder / "blobs"), data)
        return Dispatcher(self.database, self.engine, place, slots)

    def submit(self) -> int:
        """Adds a job."""
        with self.database.write() as session:
            return submit(session, "train", {"impulse_id": 1}, project_id=None).id

    def job(self, number: int) -> Job:
        """A job as it is now."""
        with self.database.read() as session:
            return session.get_one(Job, number)


@pytest.fixture
def queue(copy_tables: Callable[[Path], None], tmp_path: Path) -> Iterator[Queue]:
    """A queue on SQLite."""
    copy_tables(tmp_path / "queue.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'queue.sqlite'}")
    yield Queue(database, tmp_path)
    database.close()


@dataclass(frozen=True)
class WaitingWorker:
    """A program that takes an order, and where it tells that it runs."""

    command: tuple[str, ...]
    numbers: Path

    def started(self) -> bool:
        """Whether its job runs."""
        return self.numbers.exists()

    def processes(self) -> list[psutil.Process]:
        """The worker and the child of its job."""
        return [psutil.Process(int(number)) for number in self.numbers.read_text().split()]


@pytest.fixture
def waiting_worker(tmp_path: Path) -> WaitingWorker:
    """The real worker with a job that starts a child and waits.

    The worker's lifeline is the real one; only what the job does is its own.
    """
    numbers = tmp_path / "numbers"
    program = f"""
import os, subprocess, sys
from tinsmith.jobs import worker

def run_job(order):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open({str(numbers)!r} + ".new", "w") as file:
        file.write(f"{{os.getpid()}} {{child.pid}}")
    os.rename({str(numbers)!r} + ".new", {str(numbers)!r})
    child.wait()

worker.run_job = run_job
worker.main()
"""
    return WaitingWorker((sys.executable, "-c", program), numbers)
