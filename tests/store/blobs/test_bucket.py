from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest

from tinsmith.core.errors import InputError
from tinsmith.store.blobs import BlobError, open_blobs
from tinsmith.store.blobs.bucket import WEEK_S, Bucket
from tinsmith.store.blobs.location import BucketLocation, parse_location

LOCAL = "127.0.0.1"


@pytest.fixture
def bucket(bucket_url: str) -> Bucket:
    location = parse_location(bucket_url)
    assert isinstance(location, BucketLocation)
    return Bucket(location)


@pytest.fixture
def refusing() -> Iterator[str]:
    """A server that forbids everything, by its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer((LOCAL, 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{LOCAL}:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_bucket_that_does_not_exist_is_told_at_once(s3: Any) -> None:
    with pytest.raises(BlobError, match="does not exist") as caught:
        open_blobs(f"s3://no-such-bucket/x?endpoint={s3.meta.endpoint_url}")
    assert caught.value.path == "s3://no-such-bucket/x/"
    assert "create it" in str(caught.value.hint)


@pytest.mark.slow
def test_a_bucket_that_forbids_access_says_which_credentials_it_wants(
    s3: Any, refusing: str
) -> None:
    with pytest.raises(BlobError, match="refuses access") as caught:
        open_blobs(f"s3://bucket?endpoint={refusing}")
    assert "AWS_ACCESS_KEY_ID" in str(caught.value.hint)


def test_a_server_that_is_not_there_is_told_after_seconds(s3: Any) -> None:
    with socket.socket() as unused:
        unused.bind((LOCAL, 0))
        port = unused.getsockname()[1]
        with pytest.raises(BlobError, match="cannot be reached") as caught:
            open_blobs(f"s3://bucket?endpoint=http://{LOCAL}:{port}")
    assert "endpoint" in str(caught.value.hint)


def test_an_account_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(BlobError, match="no credentials") as caught:
        open_blobs("az://container")
    assert "AZURE_STORAGE_ACCOUNT_NAME" in str(caught.value.hint)


def test_a_bucket_that_vanishes_is_an_error_and_not_absent_content(bucket: Bucket, s3: Any) -> None:
    s3.delete_bucket(Bucket=bucket.location.bucket)
    with pytest.raises(BlobError, match="does not exist"):
        bucket.put("key", b"1")
    with pytest.raises(BlobError, match="does not exist"):
        list(bucket.list_keys())


def test_the_first_object_created_under_a_key_stays(bucket: Bucket) -> None:
    assert bucket.create("a/key", b"first")
    assert not bucket.create("a/key", b"second")
    assert bucket.get("a/key") == b"first"


@pytest.mark.slow
def test_keys_are_listed_beyond_a_page_and_only_below_the_prefix(bucket: Bucket, s3: Any) -> None:
    name = bucket.location.bucket
    s3.put_object(Bucket=name, Key="some/other", Body=b"")
    s3.put_object(Bucket=name, Key="some/prefix-too/x", Body=b"")
    wanted = [f"{number:04}" for number in range(1100)]
    for key in wanted:
        bucket.put(key, b"")
    assert sorted(bucket.list_keys()) == wanted


def test_a_signed_address_gives_the_content_to_anyone_under_its_name(bucket: Bucket) -> None:
    bucket.put("key", b"content")
    plain, named = bucket.url("key", None, 60), bucket.url("key", "übung 1.wav", 60)
    assert plain
    assert named
    with urlopen(plain) as answer:
        assert answer.read() == b"content"
    with urlopen(named) as answer:
        assert answer.read() == b"content"
        assert "filename*=UTF-8''%C3%BCbung%201.wav" in answer.headers["Content-Disposition"]


def test_an_address_whose_signer_is_unknown_carries_no_name(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody else")
    assert bucket.url("key", "one.wav", 60) is None
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert bucket.url("key", "one.wav", 60) is None
    assert bucket.url("key", None, 60)


@pytest.mark.parametrize("seconds", [0, -5, WEEK_S + 1])
def test_an_address_works_for_a_second_to_a_week(bucket: Bucket, seconds: int) -> None:
    with pytest.raises(InputError, match=str(seconds)):
        bucket.url("key", None, seconds)
