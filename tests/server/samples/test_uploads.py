"""Files become samples, or nothing at all."""

from __future__ import annotations

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tinsmith.store.tables import HmacKey


def _signed(key: str, values: list[list[float]]) -> bytes:
    document = {
        "protected": {"ver": "v1", "alg": "HS256"},
        "signature": "0" * 64,
        "payload": {
            "device_type": "test", "interval_ms": 10,
            "sensors": [{"name": "x", "units": "g"}], "values": values,
        },
    }  # fmt: skip
    text = json.dumps(document)
    seal = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return text.replace("0" * 64, seal).encode()


def test_signatures_are_checked_and_recorded(project: Any) -> None:
    with project.server.context.database.write() as session:
        session.add(HmacKey(project_id=project.number, name="k", secret="a secret key"))
    right = project.add(_signed("a secret key", [[1.0], [2.0]]), "right.json")
    wrong = project.add(_signed("another key", [[3.0], [4.0]]), "wrong.json")
    assert project.get(f"/{right}")["signature"] == "valid"
    assert project.get(f"/{wrong}")["signature"] == "invalid"
    assert project.names(signature="invalid") == ["wrong"]


def test_duplicates_are_refused_or_linked_as_asked(project: Any, wav: Any) -> None:
    first = project.add(wav(1), "on.wav")
    assert project.add(wav(1), "again.wav") == first
    linked = project.add(wav(1), "again.wav", allow_duplicates="true")
    assert linked != first
    one, two = project.get(f"/{first}"), project.get(f"/{linked}")
    assert one["content_hash"] == two["content_hash"]
    assert one["key"] != two["key"]
    # What lies in the trash is no duplicate, and its key stays taken.
    assert project.post("/bulk-delete", {"select": {"query": ""}}) == {"changed": 2}
    third = project.add(wav(1), "on.wav")
    assert project.get(f"/{third}")["key"] not in (one["key"], two["key"])


def test_a_form_reports_on_every_file_and_takes_fields_in_any_order(project: Any, wav: Any) -> None:
    files = [
        ("files", ("on.1.wav", wav(1), "image/png")),
        ("files", ("bad.wav", b"RIFF....", "audio/wav")),
        ("files", ("../../on.2.wav", wav(2), "audio/wav")),
        ("files", ("on.3.wav", wav(1), "audio/wav")),
        ("metadata", (None, b'{"subject": "7"}')),
        ("label", (None, b"given")),
    ]
    response = project.call("POST", files=files)
    assert response.status_code == 201, response.text
    report = response.json()
    assert [file["status"] for file in report["files"]] == [
        "added", "failed", "added", "duplicate",
    ]  # fmt: skip
    assert report["files"][3]["sample_id"] == report["files"][0]["sample_id"]
    assert project.names(query="label:given subject=7") == ["on.1", "on.2"]


def test_a_long_report_is_compressed_for_those_who_ask(project: Any, wav: Any) -> None:
    files = [("files", (f"on.{'x' * 90}.{number}.wav", wav(number, 160))) for number in range(30)]
    plain = project.call("POST", files=files, headers={"accept-encoding": "identity"})
    packed = project.call("POST", files=files, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.json()["added"] == packed.json()["duplicates"] == 30


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("other", (None, b"x"))], 422),
        ([("category", (None, b"train"))], 422),
        ([("metadata", (None, b'{"a": NaN}'))], 422),
        ([("metadata", (None, b'{"a": "\\u0000"}'))], 422),
        ([("label", (None, b"a\0b"))], 422),
        ([("label", (None, b"x" * 201))], 422),
        ([("label", (None, b"x" * 70_000))], 413),
        ([("label", (None, b"x")), ("label", (None, b"y"))], 422),
    ],
)
def test_a_form_with_a_wrong_field_stores_nothing(
    project: Any, wav: Any, fields: Any, status: int
) -> None:
    response = project.call("POST", files=[("files", ("on.wav", wav(1))), *fields])
    assert response.status_code == status, response.text
    assert project.names() == []


def test_broken_forms_are_told_apart_from_broken_files(project: Any, wav: Any) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + wav(1)
    kind = {"content-type": "multipart/form-data; boundary=b"}
    for body in (form, b"nonsense", b"--b--\r\n"):
        response = project.call("POST", content=body, headers=kind)
        assert response.status_code in (400, 422), response.text
    assert project.names() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.wav", b""),
        ("a.wav", b"\x89PNG\r\n\x1a\n"),
        ("a.json", b'{"payload": {"interval_ms": 1, "sensors": [], "values": [[NaN]]}}'),
        ("a.csv", b"timestamp,x\n0,nan\n1,inf\n"),
        ("a.bin", bytes(range(256))),
        ("\0", b"x"),
    ],
)
def test_a_file_that_is_not_what_it_claims_is_refused(project: Any, name: str, data: bytes) -> None:
    headers = {"x-file-name": "UTF-8''" + "".join(f"%{byte:02x}" for byte in name.encode())}
    headers["content-type"] = "application/octet-stream"
    response = project.call("POST", "/file", content=data, headers=headers)
    assert response.status_code == 422, response.text
    assert project.names() == []


def test_many_who_upload_at_once_all_get_their_sample(project: Any, wav: Any) -> None:
    def add(seed: int) -> int:
        number: int = project.add(wav(seed % 30, 800), f"on.{seed}.wav")
        return number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(add, range(60)))
    assert len(set(numbers)) == 30
    assert numbers[:30] == numbers[30:]
    assert sum(count["samples"] for count in project.get("/counts")) == 30


def test_a_revoked_key_is_refused_at_once(project: Any, wav: Any) -> None:
    key = project.server.key("ingestion", project.number)
    client = project.server.anonymous(**{"x-api-key": key})
    sent = {"x-file-name": "on.wav", "content-type": "application/octet-stream"}
    for seed in (1, 2):
        assert (
            client.post(f"{project.url}/file", content=wav(seed), headers=sent).status_code == 201
        )
    url = f"/api/v1/projects/{project.number}/api-keys"
    keys = project.server.client.get(url).json()
    rows = keys["items"] if isinstance(keys, dict) else keys
    assert project.server.client.delete(f"{url}/{rows[-1]['id']}").status_code == 204
    assert client.post(f"{project.url}/file", content=wav(3), headers=sent).status_code == 401
