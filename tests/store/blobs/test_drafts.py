from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tinsmith.store.blobs import BlobError, open_blobs
from tinsmith.store.blobs.drafts import ABANDONED_S, Drafts

PUTS = """
import sys
from tinsmith.store.blobs import open_blobs
store = open_blobs(sys.argv[1])
for number in range(20):
    store.put(b"%d" % number)
data = bytes(64 << 20)
print("ready", flush=True)
if sys.argv[2] == "bytes":
    store.put(data)
else:
    store.put_stream([data])
sys.stdin.read()
"""
PUTS_THE_SAME = """
import sys
from tinsmith.store.blobs import open_blobs
store = open_blobs(sys.argv[1])
sys.stdin.readline()
for number in range(300):
    data = b"%d " % number * 3000
    print(store.put(data).hash)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bytes", "stream"])
def test_a_process_killed_while_it_writes_leaves_whole_blobs_only(
    tmp_path: Path, kind: str
) -> None:
    with start(PUTS, str(tmp_path), kind) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        while sum(path.is_file() for path in tmp_path.glob("*/*")) == 20:
            assert process.poll() is None
        # The last file has appeared: 64 MiB are being written.
        process.send_signal(signal.SIGKILL)
    found = list(tmp_path.glob("??/*"))
    assert len(found) in (20, 21)
    assert [path for path in found if sha256(path.read_bytes()).hexdigest() != path.name] == []
    store = open_blobs(str(tmp_path))
    blob = store.put(bytes(64 << 20))
    assert store.get(blob.hash) == bytes(64 << 20)


@pytest.mark.slow
def test_processes_putting_the_same_content_do_not_disturb_each_other(tmp_path: Path) -> None:
    processes = [start(PUTS_THE_SAME, str(tmp_path)) for _ in range(4)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = {tuple(process.communicate()[0].split()) for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(told) == 1
    store = open_blobs(str(tmp_path))
    assert sorted(store.hashes()) == sorted(told.pop())
    assert list(store.verify()) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_opening_removes_temporaries_older_than_a_day(tmp_path: Path) -> None:
    old, fresh = tmp_path / "tmp" / "old", tmp_path / "tmp" / "fresh"
    old.parent.mkdir()
    old.write_bytes(b"half")
    fresh.write_bytes(b"being written")
    then = time.time() - ABANDONED_S - 60
    os.utime(old, (then, then))
    open_blobs(str(tmp_path))
    assert list(old.parent.iterdir()) == [fresh]


@pytest.fixture(params=["unnamed", "named"])
def has_names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether files have a name while they are written, as on file systems that know no others."""
    if request.param == "named":
        monkeypatch.setattr(Drafts, "_can_be_unnamed", lambda _: False)
    return request.param == "named"


@pytest.mark.parametrize("durable", [False, True])
def test_a_draft_not_published_is_gone(tmp_path: Path, has_names: bool, durable: bool) -> None:
    drafts = Drafts(tmp_path / "tmp", durable=durable)
    drafts.prepare()
    if drafts.unnamed == has_names:
        pytest.skip("this file system knows no files without names")
    with drafts.open() as draft:
        draft.write(b"half")
        assert len(list(drafts.folder.iterdir())) == has_names
    assert list(drafts.folder.iterdir()) == []
    place = tmp_path / "new" / "place"
    drafts.write(str(place), b"whole")
    assert place.read_bytes() == b"whole"
    assert place.stat().st_mode & 0o777 == 0o444
    assert list(drafts.folder.iterdir()) == []


def test_what_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path, has_names: bool) -> None:
    drafts = Drafts(tmp_path / "tmp")
    drafts.prepare()
    place = tmp_path / "place"
    for data, found in ((b"first", b"first"), (b"second", b"first")):
        with drafts.open() as draft:
            draft.write(data)
            assert draft.add(str(place)) == (data == found)
        assert place.read_bytes() == found
    with drafts.open() as draft:
        draft.write(b"third")
        assert not draft.add(str(place))
        draft.publish(str(place))
    assert place.read_bytes() == b"third"
    assert list(drafts.folder.iterdir()) == []


@pytest.mark.usefixtures("has_names")
def test_damaged_content_is_written_anew_and_whole_content_is_not(tmp_path: Path) -> None:
    store = open_blobs(str(tmp_path))
    blob = store.put(b"content")
    place = tmp_path / blob.hash[:2] / blob.hash
    before = place.stat().st_ino
    assert store.put(b"content") == store.put_stream([b"con", b"tent"]) == blob
    assert place.stat().st_ino == before
    place.chmod(0o644)
    place.write_bytes(b"cont")
    for put in (store.put, lambda data: store.put_stream([data])):
        put(b"content")
        assert place.read_bytes() == b"content"
        place.chmod(0o644)
        place.write_bytes(b"")


def test_a_full_or_broken_folder_is_an_error_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BlobError, match="does not work") as caught:
        open_blobs(str(tmp_path / "file"))
    assert caught.value.hint
    store = open_blobs(str(tmp_path / "store"))
    (tmp_path / "store" / "tmp").rmdir()
    with pytest.raises(BlobError, match="does not work"):
        store.put(b"1")
    assert list(store.hashes()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(tmp_path)
    with drafts.open() as draft:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, draft._handle)
        os.close(full)
        with pytest.raises(BlobError, match="No space left"):
            draft.write(b"1")
    assert list(tmp_path.iterdir()) == []
