from __future__ import annotations

from pathlib import Path

import pytest

from tinsmith.store.blobs import open_blobs, open_objects
from tinsmith.store.blobs.folder import FolderBlobs
from tinsmith.store.blobs.objects import BucketObjects, FolderObjects
from tinsmith.store.blobs.remote import RemoteBlobs


def test_the_address_decides_what_is_opened(tmp_path: Path, bucket_url: str) -> None:
    assert isinstance(open_blobs(str(tmp_path / "a")), FolderBlobs)
    assert isinstance(open_blobs((tmp_path / "a").as_uri()), FolderBlobs)
    assert isinstance(open_blobs(bucket_url, tmp_path / "copies"), RemoteBlobs)
    assert isinstance(open_objects(str(tmp_path / "b")), FolderObjects)
    assert isinstance(open_objects(bucket_url), BucketObjects)


def test_copies_go_to_the_users_cache_folder_unless_told_otherwise(
    tmp_path: Path, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINSMITH_CACHE_DIR", str(tmp_path))
    store = open_blobs(bucket_url)
    assert store.path(store.put(b"1").hash).is_relative_to(tmp_path / "blobs")
