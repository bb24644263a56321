from __future__ import annotations

import hashlib
import os
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
    store.put(b"once")
    store.put_stream([b"on", b"ce"])
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


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
