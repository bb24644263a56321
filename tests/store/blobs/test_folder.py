from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tinsmith.store.blobs import BlobStore
from tinsmith.store.blobs.folder import FolderBlobs


def test_content_lies_under_the_first_two_characters_of_its_hash(tmp_path: Path) -> None:
    blob = FolderBlobs(tmp_path).put(b"abc")
    assert (tmp_path / "ba" / blob.hash).read_bytes() == b"abc"
    assert blob.hash == hashlib.sha256(b"abc").hexdigest()


def test_strange_files_in_the_folder_are_no_content(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    blob = store.put(b"1")
    (tmp_path / "README").write_text("notes")
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / ".nfs0001").write_bytes(b"")
    assert list(store.hashes()) == [blob.hash]
    assert list(store.verify()) == []


def test_content_there_already_is_not_written_again(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    path = store.path(store.put(b"once").hash)
    before = path.stat()
    for pieces in ([b"once"], [b"on", b"ce"]):
        os.utime(path, (0, 0))
        store.put(pieces[0]) if len(pieces) == 1 else store.put_stream(pieces)
        assert path.stat().st_ino == before.st_ino
        assert path.stat().st_mtime_ns >= before.st_mtime_ns, "it counts as stored just now"


def test_what_is_put_while_it_is_removed_is_there_afterwards(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    blob = store.put(b"contested")
    path, before = store.path(blob.hash), datetime.now(UTC) - timedelta(hours=1)
    outcomes = set()
    with ThreadPoolExecutor(2) as threads:
        for _ in range(1500):
            os.utime(path, (0, 0))
            putting = threads.submit(store.put, b"contested")
            removing = threads.submit(store.delete_unused, blob.hash, before)
            putting.result()
            outcomes.add(removing.result())
            assert store.get(blob.hash) == b"contested"
    assert outcomes == {False, True}, "both orders came"
    assert not list((tmp_path / "tmp").iterdir())


def test_a_durable_put_reaches_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    FolderBlobs(tmp_path / "quick").put(b"abc")
    assert synced == []
    FolderBlobs(tmp_path / "durable", durable=True).put(b"abc")
    # The temporary, the root with the new shard's name, the shard with the blob's name.
    assert synced[1:] == ["durable", "ba"]


def test_a_folder_has_no_address_to_download_from(tmp_path: Path) -> None:
    store: BlobStore = FolderBlobs(tmp_path)
    assert store.url(store.put(b"1").hash, "one.bin", 60) is None
