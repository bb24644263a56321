"""Following a job: everyone gets everything once, in order, from one reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tinsmith.jobs.events import append_event
from tinsmith.server.jobs import live as module
from tinsmith.server.jobs.live import Line, Live
from tinsmith.store.database import Database
from tinsmith.store.tables import Job


@pytest.fixture
def job(database: Database) -> int:
    """A job that runs, as far as anyone can see."""
    with database.write() as session:
        row = Job(kind="train", state="running")
        session.add(row)
        session.flush()
        return row.id


def say(database: Database, job: int, count: int, kind: str = "log") -> None:
    with database.write() as session:
        for number in range(count):
            append_event(session, job, kind, {"text": f"line {number}"})


def end(database: Database, job: int) -> None:
    with database.write() as session:
        session.get_one(Job, job).state = "succeeded"
        append_event(session, job, "state", {"state": "succeeded"})


async def everything(live: Live, database: Database, job: int, after: int = 0) -> list[int]:
    found: list[Line] = []
    async with aclosing(live.follow(database, job, after)) as batches:
        async for batch in batches:
            found += batch
    assert all(json.loads(line.text)["number"] == line.number for line in found)
    return [line.number for line in found]


@pytest.mark.slow
def test_fifty_followers_of_one_log_lose_nothing(database: Database, job: int) -> None:
    async def scene() -> list[list[int]]:
        live = Live()
        followers = [
            asyncio.create_task(everything(live, database, job, after=index % 5))
            for index in range(50)
        ]
        for _ in range(20):
            await asyncio.to_thread(say, database, job, 50)
            assert live.followed == 1
        await asyncio.to_thread(end, database, job)
        found = await asyncio.gather(*followers)
        assert live.followed == 0
        return found

    for index, numbers in enumerate(asyncio.run(scene())):
        assert numbers == list(range(index % 5 + 1, 1002))


@pytest.mark.slow
def test_who_comes_late_or_reads_slowly_gets_all_of_it(
    database: Database, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 10)
    monkeypatch.setattr(module, "_BATCH", 7)

    async def scene() -> tuple[list[int], list[int]]:
        live = Live()
        say(database, job, 40)
        quick = asyncio.create_task(everything(live, database, job))
        slow: list[int] = []
        async with aclosing(live.follow(database, job, 0)) as batches:
            async for batch in batches:
                slow += [line.number for line in batch]
                # More than the reader remembers comes between two looks.
                if len(slow) < 100:
                    await asyncio.to_thread(say, database, job, 25)
                elif not quick.done():
                    await asyncio.to_thread(end, database, job)
        return await quick, slow

    quick, slow = asyncio.run(scene())
    assert quick == slow == list(range(1, len(slow) + 1))
    assert len(slow) > 100


def test_silence_is_broken_so_that_connections_stay(
    database: Database, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEEP_ALIVE_S", 0.05)

    async def scene() -> list[Line]:
        async with aclosing(Live().follow(database, job, 0)) as batches:
            return await anext(batches)

    assert asyncio.run(scene()) == []


def test_the_last_who_leaves_ends_the_reader(database: Database, job: int) -> None:
    async def scene() -> None:
        live = Live()
        say(database, job, 1)
        async with aclosing(live.follow(database, job, 0)) as first:
            await anext(first)
            async with aclosing(live.follow(database, job, 0)) as second:
                await anext(second)
                assert live.followed == 1
            assert live.followed == 1
        assert live.followed == 0
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*rest, return_exceptions=True)
        assert all(task.cancelled() for task in rest)

    asyncio.run(scene())


def test_a_server_that_stops_ends_its_streams(database: Database, job: int) -> None:
    async def scene() -> list[int]:
        live = Live()
        say(database, job, 3)
        following = asyncio.create_task(everything(live, database, job))
        while live.followed == 0:
            await asyncio.sleep(0)
        live.close()
        assert await everything(live, database, job) == []
        return await following

    assert asyncio.run(scene()) in ([], [1, 2, 3])


def quiet_job(server: Any) -> tuple[int, int]:
    """A project and a job of it that has ended and said three things."""
    project = server.project()
    with server.context.database.write() as session:
        row = Job(kind="train", state="failed", project_id=project)
        session.add(row)
        session.flush()
        for text in ("one", "two", "three"):
            append_event(session, row.id, "log", {"text": text})
        return project, row.id


def test_a_stream_goes_on_after_the_last_event_seen(server: Any) -> None:
    project, job = quiet_job(server)
    url = f"/api/v1/projects/{project}/jobs/{job}/stream"
    response = server.client.get(url, headers={"Last-Event-ID": "2"})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "id: 3\n" in response.text
    assert "id: 2\n" not in response.text
    assert response.text.endswith("event: end\ndata: {}\n\n")


def test_a_web_socket_gives_the_same_events(server: Any) -> None:
    project, job = quiet_job(server)
    url = f"/api/v1/projects/{project}/jobs/{job}"
    listed = server.client.get(f"{url}/events?after=1").json()
    with server.client.websocket_connect(f"{url}/socket?after=1") as socket:
        assert [socket.receive_json(), socket.receive_json()] == listed
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 1000


@pytest.mark.parametrize(
    ("headers", "job", "status"),
    [({}, 1, 401), ({"x-api-key": "no"}, 1, 401), (None, 77, 404)],
)
def test_a_web_socket_is_refused_like_any_request(
    server: Any, headers: dict[str, str] | None, job: int, status: int
) -> None:
    project, _ = quiet_job(server)
    client: Callable[..., Any] = server.client if headers is None else server.anonymous(**headers)
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(f"/api/v1/projects/{project}/jobs/{job}/socket"),
    ):
        pass
    assert refused.value.status_code == status
    assert "error" in refused.value.json()


def test_a_page_of_another_site_cannot_open_a_socket_with_the_visitors_cookie(
    server: Any,
) -> None:
    from tinsmith.server.accounts.service import create_link
    from tinsmith.store.tables import User

    project, job = quiet_job(server)
    with server.context.database.write() as session:
        link = create_link(session, session.get_one(User, 1))
    browser = server.anonymous()
    assert browser.post("/api/v1/sessions/link", json={"token": link}).status_code == 201
    url = f"/api/v1/projects/{project}/jobs/{job}/socket"
    with browser.websocket_connect(url) as socket:
        socket.receive_json()
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        browser.websocket_connect(url, headers={"origin": "https://elsewhere.example"}),
    ):
        pass
    assert refused.value.status_code == 403


def test_a_stream_that_the_server_stops_does_not_claim_the_job_has_ended(server: Any) -> None:
    project, job = quiet_job(server)
    server.context.live.close()
    url = f"/api/v1/projects/{project}/jobs/{job}"
    assert "event: end" not in server.client.get(f"{url}/stream").text
    with (
        server.client.websocket_connect(f"{url}/socket") as socket,
        pytest.raises(WebSocketDisconnect) as closed,
    ):
        socket.receive_json()
    assert closed.value.code == 1012
