"""The client against a server's answers, good and bad, blocking and awaited."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import tinsmith
from tinsmith.client import (
    BrokenServerError,
    JobError,
    NotFoundError,
    SampleFile,
    StaleError,
    UnavailableError,
    UnusableError,
)
from tinsmith.client import sending as sending_module
from tinsmith.core.errors import InputError
from tinsmith.core.progress import Step
from tinsmith.signals import Sensor, Signal, decode

Handler = Callable[[httpx.Request], httpx.Response]
URL = "https://tinsmith.example.org"
JOB = {
    "id": 3, "project_id": 1, "kind": "train", "state": "succeeded", "arguments": {},
    "progress": {}, "result": {"model_id": 1}, "error": None, "retry_of": None,
    "time_limit_s": None, "memory_limit_mb": None, "created_at": "2026-01-01T00:00:00Z",
    "started_at": None, "ended_at": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TINSMITH_CONFIG_DIR", str(tmp_path / "config"))
    for name in ("TINSMITH_URL", "TINSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which tests do not wait."""
    waited: list[float] = []

    async def at_once(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("tinsmith.client.driving.time.sleep", waited.append)
    monkeypatch.setattr("tinsmith.client.driving.asyncio.sleep", at_once)
    return waited


def client(handler: Handler, **settings: Any) -> tinsmith.Client:
    """A client whose requests a function answers."""
    return tinsmith.Client(URL, "key", transport=httpx.MockTransport(handler), **settings)


def refusal(status: int, code: str, **headers: str) -> httpx.Response:
    """An error as the server tells it."""
    error = {"code": code, "message": "seen and expected", "hint": "do this",
             "fields": [{"path": "body.name", "message": "too long"}]}  # fmt: skip
    return httpx.Response(status, json={"error": error}, headers=headers)


class Answers:
    """Gives one answer after the other, and keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.left = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def project(number: int) -> dict[str, Any]:
    """A project as the server sends it, with a field that only a newer one has."""
    return {
        "id": number, "name": f"p{number}", "description": "", "readme": "",
        "visibility": "private", "organization_id": None, "revision": 1, "data_revision": 0,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "deleted_at": None, "role": "owner", "from_the_future": 1,
    }  # fmt: skip


def test_a_list_goes_on_from_page_to_page() -> None:
    answers = Answers(
        httpx.Response(200, json={"items": [project(2)], "next_cursor": "abc"}),
        httpx.Response(200, json={"items": [project(1)], "next_cursor": None}),
    )
    with client(answers) as server:
        assert [item.id for item in server.projects.list()] == [2, 1]
    assert [request.url.params.get("cursor") for request in answers.asked] == [None, "abc"]
    assert all(request.headers["x-api-key"] == "key" for request in answers.asked)


def test_the_same_calls_are_awaited() -> None:
    answers = Answers(
        httpx.Response(200, json={"items": [project(2), project(1)], "next_cursor": None}),
        refusal(404, "not_found"),
    )

    async def ask() -> list[int]:
        transport = httpx.MockTransport(answers)
        async with tinsmith.AsyncClient(URL, transport=transport) as server:
            found = [item.id async for item in server.projects.list()]
            with pytest.raises(NotFoundError):
                await server.projects.get(9)
            return found

    assert asyncio.run(ask()) == [2, 1]


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFoundError), (412, StaleError), (422, UnusableError)]
)
def test_a_refusal_is_an_error_with_message_hint_and_fields(
    status: int, kind: type[Exception]
) -> None:
    with client(Answers(refusal(status, "a_code"))) as server, pytest.raises(kind) as raised:
        server.projects.update(1, name="x", if_revision=3)
    error: Any = raised.value
    assert (error.code, error.message, error.hint) == ("a_code", "seen and expected", "do this")
    assert error.fields[0].path == "body.name"
    assert error.exit_code == 2


def test_an_answer_of_something_else_says_so() -> None:
    page = httpx.Response(404, text="<html>nginx</html>")
    with client(Answers(page)) as server, pytest.raises(NotFoundError, match="not as Tinsmith"):
        server.about()


def test_an_answer_that_is_not_understood_names_the_field() -> None:
    answer = httpx.Response(200, json={**project(1), "revision": "many"})
    with client(Answers(answer)) as server, pytest.raises(BrokenServerError, match="revision"):
        server.projects.get(1)


def test_reading_is_tried_again_until_it_works(pauses: list[float]) -> None:
    answers = Answers(
        httpx.ConnectError("refused"),
        refusal(503, "unavailable"),
        refusal(429, "too_many", **{"Retry-After": "7"}),
        httpx.Response(200, json=project(1)),
    )
    with client(answers) as server:
        assert server.projects.get(1).id == 1
    assert len(pauses) == 3
    assert 0 < pauses[0] < pauses[1] < 1
    assert pauses[2] == 7.0


def test_patience_ends(pauses: list[float]) -> None:
    answers = Answers(*(httpx.ConnectError("refused") for _ in range(3)))
    with client(answers, retries=2) as server, pytest.raises(UnavailableError, match="refused"):
        server.projects.get(1)
    assert len(pauses) == 2


def test_a_server_that_wants_to_be_left_alone_for_long_is_not_waited_for(
    pauses: list[float],
) -> None:
    answers = Answers(refusal(429, "too_many", **{"Retry-After": "900"}))
    with client(answers) as server, pytest.raises(InputError, match="seen"):
        server.me()
    assert pauses == []


def test_what_might_happen_twice_is_not_sent_again() -> None:
    answers = Answers(httpx.ReadError("gone"))
    with client(answers) as server, pytest.raises(UnavailableError):
        server.project(1).jobs.train(1)
    assert len(answers.asked) == 1


def report(*states: str) -> httpx.Response:
    """A report on uploaded files."""
    files = [{"name": f"f{i}", "status": state, "sample_id": i} for i, state in enumerate(states)]
    counts = {"added": states.count("added"), "duplicates": 0, "failed": states.count("failed")}
    return httpx.Response(201, json={**counts, "files": files})


def test_uploads_are_sent_again_unless_duplicates_are_allowed() -> None:
    file = SampleFile("a.wav", b"data")
    answers = Answers(httpx.ReadError("gone"), report("added"))
    with client(answers) as server:
        assert server.project(1).samples.upload(file).added == 1
    again = Answers(httpx.ReadError("gone"))
    with client(again) as server, pytest.raises(UnavailableError):
        server.project(1).samples.upload(file, allow_duplicates=True)


def test_a_folder_is_uploaded_with_its_parts_and_reported_in_order(tmp_path: Path) -> None:
    for name in ("training/b.csv", "testing/a.csv", "c.csv", ".hidden/d.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = request.read()
        asked.append(body)
        names = [line for line in body.split(b"\r\n") if b"filename=" in line]
        files = [
            {"name": name.split(b'"')[3].decode(), "status": "added", "sample_id": 1}
            for name in names
        ]
        document = {"added": len(files), "duplicates": 0, "failed": 0, "files": files}
        return httpx.Response(201, json=document)

    steps: list[Step] = []
    with client(answer) as server:
        found = server.project(1).samples.upload(
            [tmp_path, SampleFile("e.csv", b"e", label="own")],
            label="given",
            category="validation",
            progress=steps.append,
        )
    assert [file.name for file in found.files] == ["c.csv", "a.csv", "b.csv", "e.csv"]
    assert (found.added, steps[-1].done, steps[-1].total) == (4, 4, 4)
    sent = {body.split(b'name="category"\r\n\r\n')[1].split(b"\r\n")[0] for body in asked}
    assert sent == {b"training", b"testing", b"validation"}
    assert sum(b'name="label"\r\n\r\nown' in body for body in asked) == 1


def test_a_file_that_does_not_exist_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    with client(Answers()) as server, pytest.raises(InputError, match="no such file"):
        server.project(1).samples.upload(tmp_path / "nothing")


def test_a_recording_in_memory_arrives_with_the_same_values() -> None:
    values = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    signal = Signal(values, 16.0, (Sensor("accX", "m/s2"), Sensor("accY", "m/s2")))
    file = SampleFile.from_signal(signal, "wave.01", label="wave")
    assert isinstance(file.content, bytes)
    found: Any = decode(file.content, file.name).content
    assert np.array_equal(found.values, values)
    assert (found.interval_ms, found.sensors, file.label) == (16.0, signal.sensors, "wave")
    bad = Signal(np.array([[np.nan]], np.float32), 16.0, (Sensor("x", ""),))
    with pytest.raises(InputError, match="finite"):
        SampleFile.from_signal(bad, "bad")


class Broken(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        raise httpx.ReadError("the cable")


def event(number: int, kind: str = "log", **data: Any) -> bytes:
    """A server-sent event."""
    document = {"number": number, "at": "2026-01-01T00:00:00Z", "kind": kind, "data": data}
    return f"id: {number}\nevent: job\ndata: {json.dumps(document)}\n\n".encode()


END = b"event: end\ndata: {}\n\n"


def test_a_broken_log_goes_on_where_it_broke_off() -> None:
    halves = event(3, text="three")
    answers = Answers(
        httpx.Response(200, stream=Broken(event(1, text="one") + event(2), halves[:30])),
        httpx.ConnectError("refused"),
        httpx.Response(200, content=b": still here\n\n" + event(2) + halves + event(4) + END),
    )
    with client(answers) as server:
        found = [item.number for item in server.project(1).jobs.follow(3)]
    assert found == [1, 2, 3, 4]
    assert [item.headers["last-event-id"] for item in answers.asked] == ["0", "2", "2"]


def test_waiting_reports_progress_and_tells_of_failure() -> None:
    error = {"code": "unusable", "message": "too few samples", "hint": "add some"}
    answers = Answers(
        httpx.Response(200, content=event(1, "progress", stage="train", done=2, total=5) + END),
        httpx.Response(200, json={**JOB, "state": "failed", "error": error}),
    )
    steps: list[Step] = []
    with client(answers) as server, pytest.raises(JobError, match="too few samples") as raised:
        server.project(1).jobs.wait(3, progress=steps.append)
    assert [(step.stage, step.done, step.total) for step in steps] == [("train", 2, 5)]
    assert (raised.value.hint, raised.value.exit_code) == ("add some", 2)


def package(content: bytes, sha256: str | None = None) -> httpx.Response:
    """A download."""
    headers = {
        "ETag": f'"{sha256 or hashlib.sha256(content).hexdigest()}"',
        "Content-Disposition": "attachment; filename*=UTF-8''..%2F..%2Fgym%20one.zip",
    }
    return httpx.Response(200, content=content, headers=headers)


def test_a_download_is_named_by_the_server_and_checked(tmp_path: Path) -> None:
    with client(Answers(package(b"zip" * 1000))) as server:
        done = server.project(1).deployments.download(1, tmp_path)
    assert done.path == tmp_path / "gym one.zip"
    assert done.path.read_bytes() == b"zip" * 1000
    assert done.sha256 == hashlib.sha256(b"zip" * 1000).hexdigest()


def test_a_changed_download_leaves_nothing_behind(tmp_path: Path) -> None:
    answers = Answers(package(b"zip", "0" * 64))
    with client(answers) as server, pytest.raises(BrokenServerError, match="hash"):
        server.project(1).deployments.download(1, tmp_path / "x.zip")
    assert list(tmp_path.glob("*.zip*")) == []


def test_a_download_that_breaks_off_begins_anew(tmp_path: Path) -> None:
    answers = Answers(httpx.Response(200, stream=Broken(b"zi")), package(b"zip"))
    with client(answers) as server:
        done = server.project(1).deployments.download(1, tmp_path / "x.zip")
    assert done.path.read_bytes() == b"zip"


def test_asynchronous_uploads_and_logs_work_alike(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1")
    answers = Answers(
        report("added"),
        httpx.Response(200, content=event(1) + END),
        httpx.Response(200, json=JOB),
        package(b"zip"),
    )

    async def ask() -> None:
        transport = httpx.MockTransport(answers)
        async with tinsmith.AsyncClient(URL, transport=transport) as server:
            place = server.project(1)
            assert (await place.samples.upload(tmp_path / "a.csv")).added == 1
            assert (await place.jobs.wait(3)).result == {"model_id": 1}
            done = await place.deployments.download(1, tmp_path / "x.zip")
            assert done.path.read_bytes() == b"zip"

    asyncio.run(ask())


def test_pauses_grow_and_stay_bounded() -> None:
    patience = sending_module.Patience()
    waits = [patience.pause_s(number) for number in range(12)]
    assert waits[0] <= 0.25
    assert 2 < waits[5] <= 8
    assert max(waits) <= 8
