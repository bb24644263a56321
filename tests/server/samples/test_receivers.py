"""What is uploaded in bulk is taken in by other processes, which may die without harm."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select

from tinsmith.core.errors import DecodeError, EnvironmentError_
from tinsmith.core.hashing import hash_bytes
from tinsmith.core.process_lock import held
from tinsmith.server.errors import ApiError, TooLargeError, UnusableError
from tinsmith.server.samples.receiver import (
    Delivery,
    Places,
    Received,
    _Desk,
    _Receiver,
    sendable,
)
from tinsmith.server.samples.receivers import SPACE_BYTES, Receivers
from tinsmith.server.samples.schemas import UploadReport
from tinsmith.server.samples.service import Addition, Choices
from tinsmith.store.blobs.folder import FolderBlobs
from tinsmith.store.database import Database, migrate, open_database
from tinsmith.store.tables import Project, SampleRow

pytestmark = pytest.mark.slow  # each starts processes

_TYPE = "multipart/form-data; boundary=between"


@dataclass(frozen=True)
class Inbox:
    """What uploads go to."""

    receivers: Receivers
    places: Places
    database: Database
    blobs: FolderBlobs
    project: int

    def form(self, max_files: int = 1000, max_file_bytes: int = 64 << 20) -> Delivery:
        addition = Addition(self.project, (), Choices())
        return Delivery(
            addition, content_type=_TYPE, max_files=max_files, max_file_bytes=max_file_bytes
        )

    def take(self, delivery: Delivery, body: bytes) -> UploadReport:
        return report_of(asyncio.run(self.receivers.take(delivery, in_pieces(body))))

    def names(self) -> list[str]:
        with self.database.read() as session:
            return sorted(session.scalars(select(SampleRow.name)))


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    database = open_database(f"sqlite:///{tmp_path / 'tinsmith.sqlite'}")
    migrate(database)
    with database.write() as session:
        project = Project(name="Uploads")
        session.add(project)
        session.flush()
        number = project.id
    blobs = tmp_path / "blobs"
    places = Places(database.url, str(blobs), tmp_path / "levels", tmp_path / "uploads.lock")
    receivers = Receivers(places, count=1)
    yield Inbox(receivers, places, database, FolderBlobs(blobs), number)
    receivers.close()
    database.close()


async def in_pieces(body: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        await asyncio.sleep(0)
        yield body[start : start + size]


def form_of(files: dict[str, bytes], **fields: str) -> bytes:
    parts = [
        f'--between\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, data in files.items():
        head = f'--between\r\nContent-Disposition: form-data; name="files"; filename="{name}"'
        parts.append(head.encode() + b"\r\n\r\n" + data + b"\r\n")
    return b"".join(parts) + b"--between--\r\n"


def files_of(wav: Any, count: int, first: int = 0, frames: int = 1600) -> dict[str, bytes]:
    return {f"on.{n}.wav": wav(n, frames) for n in range(first, first + count)}


def report_of(received: Received) -> UploadReport:
    report = UploadReport.model_validate_json(received.report)
    assert received.sample_id == report.first_sample_id
    return report


def processes() -> set[psutil.Process]:
    return {
        child
        for child in psutil.Process().children()
        if any("spawn_main" in part for part in child.cmdline())
    }


def test_a_form_becomes_samples_in_another_process(inbox: Inbox, wav: Any) -> None:
    files = files_of(wav, 3)
    body = form_of(files | {"bad.wav": b"RIFF...."}, label="hum", metadata='{"room": "2"}')
    report = inbox.take(inbox.form(), body)
    assert [file.status for file in report.files] == ["added"] * 3 + ["failed"]
    with inbox.database.read() as session:
        rows = session.scalars(select(SampleRow).order_by(SampleRow.id)).all()
        assert [row.id for row in rows] == [file.sample_id for file in report.files[:3]]
        assert [(row.name, row.label, row.facts, row.frames) for row in rows] == [
            (f"on.{n}", "hum", {"room": "2"}, 1600) for n in range(3)
        ]
    assert sorted(inbox.blobs.hashes()) == sorted(map(hash_bytes, files.values()))


def test_many_uploads_at_once_arrive_whole(inbox: Inbox, wav: Any) -> None:
    """More than there are spaces, each larger than a space."""
    frames = SPACE_BYTES // 8  # four of them fill one
    bodies = [form_of(files_of(wav, 6, 6 * n, frames)) for n in range(12)]
    large = wav(1000, 3 * SPACE_BYTES // 2)

    async def all_at_once() -> list[Received]:
        alone = Delivery(Addition(inbox.project, (), Choices()), name="alone.wav")
        turns = [inbox.receivers.take(inbox.form(), in_pieces(body)) for body in bodies]
        return await asyncio.gather(*turns, inbox.receivers.take(alone, in_pieces(large)))

    reports = [report_of(received) for received in asyncio.run(all_at_once())]
    assert [report.added for report in reports] == [6] * 12 + [1]
    assert inbox.names() == sorted(["alone", *(f"on.{n}" for n in range(72))])
    expected = {hash_bytes(wav(n, frames)) for n in range(72)} | {hash_bytes(large)}
    assert set(inbox.blobs.hashes()) == expected


_WRONG: list[tuple[bytes, dict[str, int], type[ApiError], str]] = [
    (b"--between\r\nnonsense", {}, ApiError, "cannot be read"),
    (form_of({"a.wav": b"x"})[:-6], {}, ApiError, "ends too early"),
    (form_of({}, label="x"), {}, UnusableError, "no file"),
    (form_of({"a.wav": b"x"}, metadata="[]"), {}, UnusableError, "no JSON object"),
    (form_of({"a.wav": b"x"}, colour="red"), {}, UnusableError, "colour"),
    (form_of({"a.wav": b"x", "b.wav": b"y"}), {"max_files": 1}, TooLargeError, "more than 1"),
    (form_of({"a.wav": b"x" * 99}), {"max_file_bytes": 98}, TooLargeError, "larger than 98"),
]


def test_what_is_wrong_with_a_form_is_told(inbox: Inbox) -> None:
    for body, limits, error, message in _WRONG:
        with pytest.raises(error, match=message) as caught:
            inbox.take(inbox.form(**limits), body)
        assert type(caught.value) is error
        assert caught.value.hint or caught.value.fields
    assert inbox.names() == []


def test_a_refused_form_is_not_read_to_its_end(inbox: Inbox) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 200:
            sent += 1
            yield bytes(SPACE_BYTES)
            await asyncio.sleep(0.01)

    with pytest.raises(ApiError, match="cannot be read"):
        asyncio.run(inbox.receivers.take(inbox.form(), endless()))
    assert sent < 200


def test_a_file_that_cannot_be_used_is_refused(inbox: Inbox) -> None:
    delivery = Delivery(Addition(inbox.project, (), Choices()), name="bad.wav")
    with pytest.raises(DecodeError, match=r"named \.wav") as caught:
        inbox.take(delivery, b"RIFF....")
    assert caught.value.hint


def test_a_file_without_a_name_is_a_file(project: Any, wav: Any) -> None:
    for frames in (16, 600_000):  # of either size: taken in here, and by another process
        response = project.call(
            "POST", "/file", content=wav(1, frames), headers={"x-file-name": "UTF-8''"}
        )
        assert response.status_code == 201, response.text
        assert [file["name"] for file in response.json()["files"]] == ["unnamed"]


def test_an_upload_that_breaks_off_leaves_nothing_behind(inbox: Inbox, wav: Any) -> None:
    body = form_of(files_of(wav, 8, frames=SPACE_BYTES // 4))

    async def broken_off() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        raise ConnectionError

    async def cancelled() -> None:
        async def slow() -> AsyncIterator[bytes]:
            async for piece in in_pieces(body):
                yield piece
            await asyncio.sleep(60)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(inbox.receivers.take(inbox.form(), slow()), 0.2)

    # Often enough that no space would be left.
    for _ in range(10):
        with pytest.raises(ConnectionError):
            asyncio.run(inbox.receivers.take(inbox.form(), broken_off()))
        asyncio.run(cancelled())
    assert inbox.names() == []
    assert inbox.take(inbox.form(), body).added == 8


def test_a_process_that_was_killed_is_replaced(inbox: Inbox, wav: Any) -> None:
    before = processes()
    inbox.take(inbox.form(), form_of(files_of(wav, 1)))
    (process,) = processes() - before
    process.kill()
    process.wait()
    assert inbox.take(inbox.form(), form_of(files_of(wav, 3))).added == 2


def test_whoever_was_not_at_fault_is_told_to_try_again(inbox: Inbox, wav: Any) -> None:
    before = processes()
    body = form_of(files_of(wav, 3))

    async def interrupted() -> AsyncIterator[bytes]:
        yield body[:-9]
        for process in processes() - before:
            process.kill()
            process.wait()
        yield body[-9:]

    with pytest.raises(EnvironmentError_, match="ended abruptly") as caught:
        asyncio.run(inbox.receivers.take(inbox.form(), interrupted()))
    assert "once more" in str(caught.value.hint)
    assert inbox.names() == []
    assert inbox.take(inbox.form(), body).added == 3


def test_a_file_that_ends_its_process_is_named(inbox: Inbox, wav: Any) -> None:
    before = processes()
    table = b"timestamp,x\n" + b"".join(b"%d,%d\n" % (n, n % 7) for n in range(400_000))
    inbox.take(inbox.form(), form_of(files_of(wav, 1)))
    (process,) = processes() - before

    async def upload() -> Received:
        body = form_of(files_of(wav, 2) | {"heavy.csv": table})
        taking = asyncio.create_task(inbox.receivers.take(inbox.form(), in_pieces(body)))
        end = time.monotonic() + 30
        while b"heavy" not in inbox.receivers._running[0]._note.value:
            assert time.monotonic() < end
            await asyncio.sleep(0.001)
        process.kill()
        return await taking

    with pytest.raises(DecodeError, match="ended abruptly on this one") as caught:
        asyncio.run(upload())
    assert caught.value.path == "heavy.csv"
    assert inbox.names() == ["on.0"]


def test_an_error_that_cannot_be_sent_is_told_all_the_same() -> None:
    class OwnError(Exception):
        """Of this function only, which no other process knows."""

    told = sendable(OwnError("no room"))
    assert isinstance(told, RuntimeError)
    assert "OwnError: no room" in str(told)
    known = DecodeError("cut", path="a.wav", hint="again")
    assert sendable(known) is known


def test_one_process_more_is_started_while_others_are_busy(inbox: Inbox, wav: Any) -> None:
    receivers = Receivers(inbox.receivers._places, count=2)
    before = processes()
    bodies = [form_of(files_of(wav, 2, 2 * n)) for n in range(4)]

    async def one(body: bytes) -> Received:
        return await receivers.take(inbox.form(), in_pieces(body))

    async def together() -> list[Received]:
        return await asyncio.gather(*map(one, bodies))

    try:
        asyncio.run(one(bodies[0]))
        assert len(processes() - before) == 1
        reports = [report_of(received) for received in asyncio.run(together())]
        assert sum(report.added for report in reports) == 6
        assert len(processes() - before) == 2
    finally:
        receivers.close()


_SERVER = """
import asyncio, sys
from pathlib import Path
from tinsmith.server.samples.receiver import Delivery, Places
from tinsmith.server.samples.receivers import Receivers
from tinsmith.server.samples.service import Addition, Choices
from tinsmith.core.errors import TinsmithError
async def body():
    yield b"nothing"
async def main(receivers):
    form = Delivery(Addition(1, (), Choices()), content_type="multipart/form-data; boundary=b")
    try:
        await receivers.take(form, body())
    except TinsmithError:
        print("ready", flush=True)
if __name__ == "__main__":
    data = Path(sys.argv[1])
    url = f"sqlite:///{data / 'tinsmith.sqlite'}"
    places = Places(url, str(data / "blobs"), data / "levels", data / "uploads.lock")
    receivers = Receivers(places)
    asyncio.run(main(receivers))
    sys.stdin.read()
"""


def test_processes_end_when_the_server_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(_SERVER)
    server = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    children = psutil.Process(server.pid).children(recursive=True)
    assert children
    server.kill()
    server.communicate()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive


def test_a_large_form_goes_through_other_processes_where_that_helps(project: Any, wav: Any) -> None:
    before = processes()
    data = [wav(number % 40, 16000) for number in range(45)]
    files = [("files", (f"on.{n}.wav", item)) for n, item in enumerate(data)]
    files.insert(7, ("files", ("bad.wav", b"RIFF....")))
    response = project.call("POST", files=files)
    assert response.status_code == 201, response.text
    report = response.json()
    assert (report["added"], report["duplicates"], report["failed"]) == (40, 5, 1)
    assert report["files"][7]["status"] == "failed"
    # What goes to a bucket is read by threads, which mostly wait.
    in_folder = isinstance(project.server.context.blobs, FolderBlobs)
    assert bool(processes() - before) == in_folder
    assert sum(count["samples"] for count in project.get("/counts")) == 40
    refused = project.call("POST", files=files, data={"colour": "red"})
    assert refused.status_code == 422
    assert refused.json()["error"]["fields"][0]["path"] == "body.colour"


def test_while_others_store_what_has_arrived_is_read(inbox: Inbox, wav: Any) -> None:
    (first, one), (second, two) = files_of(wav, 2).items()
    bodies = [form_of({first: one}), form_of({second: two})]
    memory = b"".join(bodies)
    ours, theirs = multiprocessing.Pipe()
    receiver = _Receiver(inbox.places, ctypes.create_string_buffer(1024))
    desk = _Desk(theirs, memoryview(memory), receiver)
    half = len(bodies[0])
    told = [
        ("open", 1, inbox.form()), ("open", 2, inbox.form()), ("data", 1, (0, half)),
        ("end", 1, None), ("data", 2, (half, len(bodies[1]))), ("end", 2, None),
    ]  # fmt: skip
    for message in told:
        ours.send(message)
    with held(inbox.places.lock):
        for _ in told[:-1]:
            assert desk.work()
        assert inbox.blobs.exists(hash_bytes(two))
        assert inbox.names() == []
    # Now nobody stores: the one that is whole comes before what has arrived since.
    assert desk.work()
    assert inbox.names() == ["on.0"]
    ours.send(None)
    while desk.work():
        pass
    assert inbox.names() == ["on.0", "on.1"]
    answers = [ours.recv()[:2] for _ in range(4)]
    assert answers == [("free", 0), ("free", half), ("done", 1), ("done", 2)]


def test_nobody_waits_forever_for_others(inbox: Inbox, wav: Any) -> None:
    ours, theirs = multiprocessing.Pipe()
    receiver = _Receiver(inbox.places, ctypes.create_string_buffer(1024))
    body = form_of(files_of(wav, 1))
    desk = _Desk(theirs, memoryview(body), receiver)
    ours.send(("open", 1, inbox.form()))
    ours.send(("data", 1, (0, len(body))))
    ours.send(("end", 1, None))
    for _ in range(100):
        ours.send(("drop", 2, None))
    steps = 0
    with held(inbox.places.lock):
        while not desk._whole or desk._should_wait():
            assert desk.work()
            steps += 1
    assert 3 < steps < 20
    desk.work()
    assert inbox.names() == ["on.0"]
