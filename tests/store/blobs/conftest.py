"""A folder and a real S3 server, and the stores in them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tinsmith.store.blobs import BlobStore, open_blobs

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """A client of an S3 server that runs in this process and is spoken to over HTTP."""
    boto3 = pytest.importorskip("boto3", reason="the development packages are not installed")
    server_module = pytest.importorskip("moto.server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "tinsmith-tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
        patch.setenv("GOOGLE_BEARER_TOKEN", "not a secret either")
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
        server.stop()


@pytest.fixture
def bucket_url(s3: Any) -> str:
    """The address of a place in a new bucket."""
    name = f"blobs{next(_NUMBERS)}"
    s3.create_bucket(Bucket=name)
    return f"s3://{name}/some/prefix?endpoint={s3.meta.endpoint_url}&region=us-east-1"


@pytest.fixture(params=["folder", "s3", "gs"])
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
