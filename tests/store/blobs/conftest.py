"""Stores in a folder and on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tinsmith.store.blobs import BlobStore, open_blobs


@pytest.fixture(
    params=["folder", *(pytest.param(name, marks=pytest.mark.slow) for name in ("s3", "gs"))]
)
def kind(request: pytest.FixtureRequest) -> str:
    """What kind of store is tested."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, of each kind."""
    if kind == "folder":
        return (tmp_path / "a folder").as_uri()
    address: str = request.getfixturevalue("bucket_url")
    if kind == "gs":
        # Google's storage knows the requests of S3 too, and its client sends those.
        return address.replace("s3:", "gs:").partition("&region")[0]
    return address


@pytest.fixture
def store(url: str, tmp_path: Path) -> BlobStore:
    """An empty store of each kind."""
    return open_blobs(url, tmp_path / "copies")


Damage = Callable[[str, bytes], None]


@pytest.fixture
def damage(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Damage:
    """Writes other bytes where a blob lies, behind the store's back."""
    if url.startswith("file"):

        def in_folder(hash: str, data: bytes) -> None:
            path = tmp_path / "a folder" / hash[:2] / hash
            path.chmod(0o644)
            path.write_bytes(data)

        return in_folder
    client = request.getfixturevalue("s3")

    def in_bucket(hash: str, data: bytes) -> None:
        bucket = url.partition("://")[2].partition("/")[0]
        client.put_object(Bucket=bucket, Key=f"some/prefix/{hash[:2]}/{hash}", Body=data)

    return in_bucket
