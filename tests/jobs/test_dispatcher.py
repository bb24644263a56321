"""The queue: every job ends in one state, and says why if it did not succeed."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import update

from tinsmith.jobs.engine import Ending
from tinsmith.jobs.events import held_job, read_events
from tinsmith.jobs.queue import cancel
from tinsmith.store.tables import Job, Project, now


def test_jobs_run_in_turn_and_share_the_cores(queue: Any) -> None:
    jobs = [queue.submit() for _ in range(3)]
    dispatcher = queue.dispatcher(slots=2)
    dispatcher.step()
    orders = [handle.order for handle in queue.engine.jobs]
    cores = len(os.sched_getaffinity(0))
    assert [order.job_id for order in orders] == jobs[:2]
    assert [order.threads for order in orders] == [cores, max(1, cores // 2)]
    assert [queue.job(number).state for number in jobs] == ["running", "running", "queued"]


def test_a_process_that_ends_without_a_word_leaves_an_interrupted_job(queue: Any) -> None:
    job = queue.submit()
    dispatcher = queue.dispatcher()
    dispatcher.step()
    queue.engine.jobs[0].ending = Ending("ended", "its process was killed by SIGKILL")
    dispatcher.step()
    found = queue.job(job)
    assert found.state == "interrupted"
    assert found.error == {
        "code": "interrupted",
        "message": "its process was killed by SIGKILL",
        "hint": "start it again",
    }
    assert found.ended_at is not None
    assert queue.engine.jobs[0].stopped, "what it started must go too"


def test_a_job_that_told_its_own_end_keeps_it(queue: Any) -> None:
    job = queue.submit()
    dispatcher = queue.dispatcher()
    dispatcher.step()
    with queue.database.write() as session:
        found = held_job(session, queue.engine.jobs[0].order, lock=True)
        found.state, found.result = "succeeded", {"model_id": 1}
    queue.engine.jobs[0].ending = Ending("ended", "its process ended unexpectedly with status 0")
    dispatcher.step()
    assert queue.job(job).state == "succeeded"
    assert queue.job(job).error is None


def test_a_cancelled_job_is_stopped_and_a_waiting_one_never_starts(queue: Any) -> None:
    running, waiting = queue.submit(), queue.submit()
    dispatcher = queue.dispatcher(slots=1)
    dispatcher.step()
    with queue.database.write() as session:
        for number in (running, waiting):
            cancel(session, session.get_one(Job, number))
    dispatcher.step()
    assert queue.engine.jobs[0].stopped
    assert [queue.job(number).state for number in (running, waiting)] == ["cancelled"] * 2
    assert len(queue.engine.jobs) == 1


def test_a_job_beyond_its_limit_fails_with_the_limit(queue: Any) -> None:
    job = queue.submit()
    dispatcher = queue.dispatcher()
    dispatcher.step()
    queue.engine.jobs[0].ending = Ending("memory_limit", "it used 900 MB; its limit is 500 MB")
    dispatcher.step()
    assert queue.engine.jobs[0].stopped
    assert queue.job(job).state == "failed"
    assert queue.job(job).error["code"] == "memory_limit"


def test_a_job_that_cannot_be_started_is_not_left_running(queue: Any) -> None:
    job = queue.submit()
    queue.engine.broken = True
    dispatcher = queue.dispatcher()
    dispatcher.step()
    dispatcher.step()
    assert queue.job(job).state == "interrupted"
    assert "no more processes" in queue.job(job).error["message"]


def test_a_job_whose_project_is_gone_is_stopped(queue: Any) -> None:
    job = queue.submit()
    with queue.database.write() as session:
        project = Project(name="short-lived")
        session.add(project)
        session.flush()
        session.get_one(Job, job).project_id = project.id
    dispatcher = queue.dispatcher()
    dispatcher.step()
    with queue.database.write() as session:
        session.delete(session.get_one(Project, project.id))
    dispatcher.step()
    assert queue.engine.jobs[0].stopped
    dispatcher.step()


def test_a_stop_marks_what_runs_and_keeps_what_waits(queue: Any) -> None:
    running, waiting = queue.submit(), queue.submit()
    dispatcher = queue.dispatcher(slots=1)
    dispatcher.step()
    dispatcher.stop()
    assert queue.engine.jobs[0].stopped
    assert queue.job(running).state == "interrupted"
    assert queue.job(running).error["message"] == "the server was stopped"
    assert queue.job(waiting).state == "queued"
    queue.engine.broken = False
    again = queue.dispatcher(slots=1)
    again.recover()
    again.step()
    assert queue.engine.jobs[1].order.job_id == waiting


def test_the_next_start_marks_what_a_crash_cut_off(queue: Any) -> None:
    job = queue.submit()
    queue.dispatcher().step()
    queue.dispatcher().recover()
    assert queue.job(job).state == "interrupted"
    assert queue.job(job).error["hint"] == "start it again"
    with queue.database.read() as session:
        states = [row.data["state"] for row in read_events(session, job, 0, 100)]
    assert states == ["queued", "running", "interrupted"]


def test_results_of_an_earlier_attempt_are_not_taken(queue: Any) -> None:
    job = queue.submit()
    queue.dispatcher().step()
    order = queue.engine.jobs[0].order
    with queue.database.write() as session:
        session.execute(update(Job).where(Job.id == job).values(attempt=2, started_at=now()))
    with queue.database.write() as session:
        assert held_job(session, order, lock=True) is None


def test_a_waiting_server_is_woken_by_a_new_job(queue: Any) -> None:
    import threading

    started = threading.Event()
    start = queue.engine.start

    def tell(order: Any) -> Any:
        started.set()
        return start(order)

    queue.engine.start = tell
    dispatcher = queue.dispatcher()
    dispatcher.start()
    queue.submit()
    dispatcher.wake()
    assert started.wait(10)
    dispatcher.stop()
