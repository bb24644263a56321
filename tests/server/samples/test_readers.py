"""What is uploaded in bulk is read by other processes, which may die without harm."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tinsmith.core.errors import DecodeError, InputError
from tinsmith.core.hashing import hash_bytes
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.readers import SPACE_BYTES, Readers
from tinsmith.server.samples.reading import (
    Decoded,
    FileRules,
    IncomingFile,
    read_files,
    reported,
)
from tinsmith.server.samples.schemas import Uploaded
from tinsmith.store.blobs.folder import FolderBlobs
from tinsmith.store.samples import columns_of

pytestmark = pytest.mark.slow  # each starts processes


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    found = Readers(str(tmp_path / "blobs"), tmp_path / "levels", count=1)
    yield found
    found.close()


class Deadly(str):
    """A name whose arrival ends the process that is to read the file."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        return os._exit, (9,)


def files_of(wav: Any, count: int) -> list[IncomingFile]:
    return [IncomingFile(f"on.{number}.wav", wav(number)) for number in range(count)]


def read(readers: Readers, files: list[IncomingFile]) -> list[Decoded | Uploaded]:
    return reported(files, asyncio.run(readers.read(files, FileRules())))


def said(item: Decoded | Uploaded) -> Any:
    return item if isinstance(item, Uploaded) else (columns_of(item.sample), item.signature)


def processes() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any("spawn_main" in part for part in child.cmdline())
    ]


def test_another_process_finds_the_same(readers: Readers, tmp_path: Path, wav: Any) -> None:
    files = [*files_of(wav, 3), IncomingFile("bad.wav", b"RIFF....")]
    here = FolderBlobs(tmp_path / "here")
    expected = reported(files, read_files(files, FileRules(), here, Levels(tmp_path / "levels")))
    assert list(map(said, read(readers, files))) == list(map(said, expected))
    assert sorted(FolderBlobs(tmp_path / "blobs").hashes()) == sorted(here.hashes())


def test_files_reach_it_whole_whether_they_fit_into_its_memory_or_not(
    readers: Readers, tmp_path: Path, wav: Any
) -> None:
    async def all_at_once() -> list[Any]:
        # More than there are spaces, and one file that fits into none.
        turns = [readers.read(files_of(wav, count), FileRules()) for count in range(1, 12)]
        large = IncomingFile("large.wav", wav(1, SPACE_BYTES // 2 + 1))
        return await asyncio.gather(*turns, readers.read([large], FileRules()))

    *turns, (large,) = asyncio.run(all_at_once())
    for count, outcomes in enumerate(turns, 1):
        samples = [found[0].sample for found in outcomes]
        assert [sample.name for sample in samples] == [f"on.{n}" for n in range(count)]
        hashes = [hash_bytes(wav(number)) for number in range(count)]
        assert [sample.content_hash for sample in samples] == hashes
    blobs = FolderBlobs(tmp_path / "blobs")
    assert blobs.size(large[0].sample.content_hash) == 2 * (SPACE_BYTES // 2 + 1) + 44


def test_a_process_that_was_killed_is_replaced(readers: Readers, wav: Any) -> None:
    before = set(processes())
    read(readers, files_of(wav, 1))
    (process,) = set(processes()) - before
    process.kill()
    process.wait()
    found = read(readers, files_of(wav, 3))
    assert [type(item) for item in found] == [Decoded] * 3


def test_a_file_that_ends_its_reader_is_told_apart_from_the_others(
    readers: Readers, wav: Any
) -> None:
    good = files_of(wav, 3)
    found = read(readers, [*good[:2], IncomingFile(Deadly("deadly.mp3"), b""), good[2]])
    assert [type(item) for item in found] == [Decoded, Decoded, Uploaded, Decoded]
    bad = found[2]
    assert isinstance(bad, Uploaded)
    assert (bad.name, bad.status) == ("deadly.mp3", "failed")
    assert "ended abruptly" in (bad.message or "")
    assert [type(item) for item in read(readers, good)] == [Decoded] * 3


def test_one_file_is_read_or_refused(readers: Readers, wav: Any) -> None:
    async def one(file: IncomingFile) -> list[Decoded]:
        (outcome,) = await readers.read([file], FileRules())
        if isinstance(outcome, InputError):
            raise outcome
        return outcome

    (found,) = asyncio.run(one(files_of(wav, 1)[0]))
    assert found.sample.name == "on.0"
    with pytest.raises(DecodeError, match=r"named \.wav") as caught:
        asyncio.run(one(IncomingFile("bad.wav", b"RIFF....")))
    assert caught.value.hint
    with pytest.raises(DecodeError, match="ended abruptly"):
        asyncio.run(one(IncomingFile(Deadly("deadly.mp3"), b"")))


_SERVER = """
import asyncio, sys
from pathlib import Path
from tinsmith.server.samples.readers import Readers
from tinsmith.server.samples.reading import FileRules, IncomingFile
if __name__ == "__main__":
    readers = Readers(sys.argv[1], Path(sys.argv[1]) / "levels", count=2)
    asyncio.run(readers.read([IncomingFile("x.csv", b"a,b\\n1,2\\n")], FileRules()))
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_processes_end_when_the_server_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(_SERVER)
    server = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "blobs")],
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
    before = set(processes())
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
    assert bool(set(processes()) - before) == in_folder
    assert sum(count["samples"] for count in project.get("/counts")) == 40
