from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.core.errors import InputError
from tinsmith.store.blobs.location import BucketLocation, parse_location


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("var/blobs", "var/blobs"),
        ("/var/lib/blobs", "/var/lib/blobs"),
        ("file:///var/a%20b", "/var/a b"),
        ("file://localhost/var", "/var"),
    ],
)
def test_folders(url: str, path: str) -> None:
    assert parse_location(url) == Path(path)


def test_buckets() -> None:
    assert parse_location("s3://b-1/a//c/?endpoint=https://host.example/x&region=eu-west-1") == (
        BucketLocation(
            "s3", "b-1", "a/c/", (("endpoint", "https://host.example/x"), ("region", "eu-west-1"))
        )
    )
    assert parse_location("gs://bucket") == BucketLocation("gs", "bucket", "", ())
    assert parse_location("az://box/p?account=me") == (
        BucketLocation("az", "box", "p/", (("account_name", "me"),))
    )


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("", "''"),
        ("ftp://host/x", "ftp://host/x"),
        ("file://host/share", "file://host/share"),
        ("file:///x?durable=1", "durable=1"),
        ("s3://", "does not name a bucket"),
        ("s3:///prefix", "does not name a bucket"),
        ("s3://bucket/../other", "prefix"),
        ("s3://bucket/a b", "prefix"),
        ("s3://bucket#x", "prefix"),
        ("s3://bucket?regoin=x", "regoin"),
        ("s3://bucket?region=", "region"),
        ("s3://bucket?endpoint=localhost", "localhost"),
        ("gs://bucket?account=x", "account"),
    ],
)
def test_other_addresses_are_refused_with_what_was_seen_and_a_hint(url: str, seen: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_location(url)
    assert seen in caught.value.message
    assert caught.value.hint


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        parse_location("s3://AKIAKEY:hidden@bucket/prefix")
    assert "AKIAKEY" not in str(caught.value)
    assert "hidden" not in str(caught.value)


@given(st.one_of(st.text(), st.text().map(lambda text: f"s3://{text}")))
def test_any_text_is_a_location_or_a_clear_error(text: str) -> None:
    try:
        found = parse_location(text)
    except InputError:
        return
    if isinstance(found, BucketLocation):
        assert ".." not in found.prefix.split("/")
        assert found.prefix == "" or found.prefix.endswith("/")
