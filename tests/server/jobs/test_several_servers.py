"""Servers that share a PostgreSQL database share its queue."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tinsmith.jobs.dispatcher import Dispatcher
from tinsmith.jobs.engine import Ending, Order, Place
from tinsmith.jobs.events import EventWriter, held_job
from tinsmith.jobs.queue import submit
from tinsmith.store.database import Database, open_database
from tinsmith.store.tables import Job, JobEvent

# A file has one server only.
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@dataclass
class Silent:
    """An engine whose jobs never end by themselves."""

    orders: list[Order] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)

    def start(self, order: Order) -> Any:
        self.orders.append(order)
        return _Started(self, order)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class _Started:
    engine: Silent
    order: Order

    def poll(self) -> Ending | None:
        return None

    def stop(self) -> None:
        self.engine.stopped.append(self.order.job_id)


def serve(database: Database, folder: Path, slots: int = 100) -> tuple[Dispatcher, Silent]:
    folder.mkdir()
    engine = Silent()
    place = Place(database.url, str(folder / "blobs"), folder)
    return Dispatcher(database, engine, place, slots), engine


def queue_jobs(database: Database, count: int) -> list[int]:
    with database.write() as session:
        return [
            submit(session, "train", {"impulse_id": 1}, project_id=None).id for _ in range(count)
        ]


def states(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Job.state).order_by(Job.id)))


def test_every_job_is_taken_by_one_server(database: Database, tmp_path: Path) -> None:
    jobs = queue_jobs(database, 60)
    servers = [serve(database, tmp_path / f"server{index}") for index in range(4)]
    barrier = threading.Barrier(len(servers))

    def run(dispatcher: Dispatcher) -> None:
        barrier.wait()
        dispatcher.step()

    threads = [threading.Thread(target=run, args=(server[0],)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [order.job_id for _, engine in servers for order in engine.orders]
    assert sorted(taken) == jobs
    assert len({dispatcher.runner for dispatcher, _ in servers}) == 4
    with database.read() as session:
        starts = session.execute(
            select(JobEvent.job_id, func.count())
            .where(JobEvent.kind == "state")
            .group_by(JobEvent.job_id)
        ).all()
    assert [count for _, count in starts] == [2] * 60, "queued and running, once each"


@on_postgresql
def test_jobs_of_a_silent_server_are_interrupted_and_it_lets_them_go(
    database: Database, tmp_path: Path
) -> None:
    queue_jobs(database, 2)
    lost, engine = serve(database, tmp_path / "lost")
    lost.step()
    other, _ = serve(database, tmp_path / "other")
    other.step()
    assert states(database) == ["running"] * 2, "it has only just been heard of"
    with database.write() as session:
        old = func.clock_timestamp() - timedelta(seconds=31)
        session.execute(update(Job).values(heartbeat_at=old))
    fresh, _ = serve(database, tmp_path / "fresh")
    fresh.step()
    assert states(database) == ["interrupted"] * 2
    order = engine.orders[0]
    writer = EventWriter(database, order)
    writer.log("too late")
    writer.close()
    with database.read() as session:
        assert held_job(session, order) is None
        texts = session.scalars(select(JobEvent.kind).where(JobEvent.kind == "log")).all()
    assert texts == []
    lost.step()
    assert engine.stopped == [order.job_id for order in engine.orders]


def test_a_server_that_is_heard_of_keeps_its_jobs(database: Database, tmp_path: Path) -> None:
    queue_jobs(database, 1)
    one, _ = serve(database, tmp_path / "one")
    one.step()
    with database.write() as session:
        session.execute(update(Job).values(heartbeat_at=None))
    one.step()
    one.beat()
    other, _ = serve(database, tmp_path / "other")
    other.step()
    assert states(database) == ["running"]


@on_postgresql
def test_a_restarted_server_marks_its_own_jobs_at_once_and_no_others(
    database: Database, tmp_path: Path
) -> None:
    queue_jobs(database, 2)
    for name in ("one", "two"):
        serve(database, tmp_path / name, slots=1)[0].step()
    place = Place(database.url, "blobs", tmp_path / "two")
    Dispatcher(database, Silent(), place, 1).recover()
    assert states(database) == ["running", "interrupted"]


@pytest.mark.slow
def test_many_jobs_talk_at_once_and_nobody_finds_the_database_locked(
    database: Database, tmp_path: Path
) -> None:
    queue_jobs(database, 8)
    dispatcher, engine = serve(database, tmp_path / "one")
    dispatcher.step()
    barrier = threading.Barrier(len(engine.orders) + 1)
    failures: list[Exception] = []

    def talk(order: Order) -> None:
        # Each job is a process of its own in life: it has its own connections.
        own = open_database(database.url)
        try:
            writer = EventWriter(own, order)
            barrier.wait()
            for number in range(100):
                writer.log(f"line {number}")
                writer._store()
            writer.close()
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=talk, args=(order,)) for order in engine.orders]
    for thread in threads:
        thread.start()
    barrier.wait()
    while any(thread.is_alive() for thread in threads):
        queue_jobs(database, 1)
        dispatcher.step()
    assert failures == []
    with database.read() as session:
        for order in engine.orders[:8]:
            rows = session.execute(
                select(JobEvent.number, JobEvent.kind, JobEvent.data)
                .where(JobEvent.job_id == order.job_id)
                .order_by(JobEvent.number)
            ).all()
            assert [row.number for row in rows] == list(range(1, 103))
            lines = [row.data["text"] for row in rows if row.kind == "log"]
            assert lines == [f"line {number}" for number in range(100)]
