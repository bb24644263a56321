from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tinsmith.store.blobs import BlobDamagedError, open_blobs
from tinsmith.store.blobs.remote import IN_MEMORY_BYTES, RemoteBlobs


@pytest.fixture
def remote(bucket_url: str, tmp_path: Path) -> RemoteBlobs:
    store = open_blobs(bucket_url, tmp_path / "copies")
    assert isinstance(store, RemoteBlobs)
    return store


def objects(s3: Any, store: RemoteBlobs) -> dict[str, Any]:
    """What lies in the bucket, by key."""
    found = s3.list_objects_v2(Bucket=store.bucket.location.bucket)
    return {entry["Key"]: entry for entry in found.get("Contents", ())}


def test_the_bucket_holds_the_content_under_the_prefix_and_nothing_else(
    remote: RemoteBlobs, s3: Any
) -> None:
    one, two = remote.put(b"one"), remote.put_stream([b"t", b"wo"])
    with pytest.raises(ConnectionError):
        remote.put_stream(iter_then_fail())
    assert set(objects(s3, remote)) == {
        f"some/prefix/{blob.hash[:2]}/{blob.hash}" for blob in (one, two)
    }


def iter_then_fail() -> Any:
    yield b"half"
    raise ConnectionError


def test_content_there_already_is_not_sent_again(remote: RemoteBlobs, s3: Any) -> None:
    versioning = {"Status": "Enabled"}
    name = remote.bucket.location.bucket
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    remote.put(b"once")
    remote.put(b"once")
    remote.put_stream([b"once"])
    assert len(s3.list_object_versions(Bucket=name)["Versions"]) == 1


def test_a_stream_too_long_for_memory_is_stored_in_parts(remote: RemoteBlobs, s3: Any) -> None:
    pieces = [bytes([number]) * (1 << 20) for number in range((IN_MEMORY_BYTES >> 20) + 5)]
    blob = remote.put_stream(pieces)
    (entry,) = objects(s3, remote).values()
    assert entry["Size"] == blob.size == sum(map(len, pieces))
    assert "-" in entry["ETag"], "sent in one part"
    assert b"".join(remote.stream(blob.hash, 700_000)) == b"".join(pieces)


def test_a_copy_answers_without_the_bucket(remote: RemoteBlobs, s3: Any) -> None:
    blob = remote.put(b"content")
    path = remote.path(blob.hash)
    (key,) = objects(s3, remote)
    s3.delete_object(Bucket=remote.bucket.location.bucket, Key=key)
    assert remote.path(blob.hash) == path
    assert remote.get(blob.hash) == b"content"
    assert remote.read(blob.hash, 1, 3) == b"ont"
    assert list(remote.stream(blob.hash)) == [b"content"]
    assert not remote.exists(blob.hash)


def test_a_damaged_copy_is_replaced_from_the_bucket(remote: RemoteBlobs) -> None:
    blob = remote.put(b"content")
    path = remote.path(blob.hash)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    assert remote.get(blob.hash) == b"content"
    assert remote.path(blob.hash).read_bytes() == b"content"


def test_damaged_content_never_becomes_a_copy(remote: RemoteBlobs, s3: Any) -> None:
    blob = remote.put(b"content")
    (key,) = objects(s3, remote)
    s3.put_object(Bucket=remote.bucket.location.bucket, Key=key, Body=b"c0ntent")
    with pytest.raises(BlobDamagedError):
        remote.path(blob.hash)
    assert list(remote.copies.folder.hashes()) == []


def test_verify_reads_the_bucket_and_not_the_copies(remote: RemoteBlobs, s3: Any) -> None:
    blob = remote.put(b"content")
    remote.path(blob.hash)
    (key,) = objects(s3, remote)
    s3.put_object(Bucket=remote.bucket.location.bucket, Key=key, Body=b"c0ntent")
    assert list(remote.verify()) == [blob.hash]
