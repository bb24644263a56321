from __future__ import annotations

import email.message
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.store.blobs.presign import disposition, renamed

KEY, SECRET = "AKIATEST", "abc/def+ghi"


@pytest.mark.parametrize("name", ["a.wav", "käse & brot (1).wav", 'a"b.csv'])
@pytest.mark.parametrize("token", [None, "session/token=="])
def test_the_signature_is_the_one_of_the_providers_own_library(
    name: str, token: str | None
) -> None:
    boto3 = pytest.importorskip("boto3")
    config = pytest.importorskip("botocore.config").Config(
        signature_version="s3v4", s3={"addressing_style": "path"}
    )
    client = boto3.client(
        "s3", region_name="eu-west-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        aws_session_token=token, endpoint_url="https://objects.example.org", config=config,
    )  # fmt: skip
    place = {"Bucket": "bucket", "Key": "p/4f/4f81"}
    theirs = client.generate_presigned_url(
        "get_object", Params=place | {"ResponseContentDisposition": disposition(name)}
    )
    # Signed again from their own address, so that both carry the same moment.
    ours = renamed(theirs, name, KEY, SECRET)
    assert ours
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


def test_an_address_that_others_signed_is_left_alone() -> None:
    url = "https://h/k?X-Amz-Credential=OTHER%2F20260101%2Feu%2Fs3%2Faws4_request&X-Amz-Signature=1"
    assert renamed(url, "a", KEY, SECRET) is None


@given(st.text())
def test_any_name_makes_a_header_that_cannot_be_broken_out_of(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    message = email.message.Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    found = message.get_filename()
    assert found
    assert "/" not in found
    assert "\\" not in found
    assert header.partition(";")[2].count('"') == 2


def test_a_plain_name_stays_as_it_is() -> None:
    assert disposition("idle.01.wav") == 'attachment; filename="idle.01.wav"'
    assert disposition("../a/b.wav") == 'attachment; filename="b.wav"'
    assert disposition("") == 'attachment; filename="download"'
    assert disposition(" ") == 'attachment; filename="download"'
