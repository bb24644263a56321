"""The tus protocol, request by request."""

from __future__ import annotations

import base64
import hashlib
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tinsmith.server.uploads import service
from tinsmith.store.tables import Upload, now

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**fields: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in fields.items())


@pytest.fixture
def project(server: Any) -> str:
    """The address of a new project's uploads."""
    return f"/api/v1/projects/{server.project()}/uploads"


def create(server: Any, url: str, size: int, name: str = "on.1.wav", **fields: str) -> str:
    headers = {
        **TUS,
        "Upload-Length": str(size),
        "Upload-Metadata": metadata(filename=name, **fields),
    }
    response = server.client.post(url, headers=headers)
    assert response.status_code == 201, response.text
    assert response.headers["Upload-Offset"] == "0"
    location: str = response.headers["Location"]
    return location


def send(server: Any, url: str, offset: int, data: bytes, **headers: str) -> Any:
    return server.client.patch(
        url, content=data, headers={**BYTES, "Upload-Offset": str(offset), **headers}
    )


def samples(server: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.client.get(url.replace("uploads", "samples")).json()[
        "items"
    ]
    return found


def test_the_server_says_what_it_can(server: Any, project: str) -> None:
    response = server.client.options(project)
    assert response.status_code == 204
    assert response.headers["Tus-Version"] == "1.0.0"
    assert set(response.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "termination", "expiration", "checksum",
    }  # fmt: skip


def test_a_file_in_three_pieces_becomes_a_sample(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(1)
    url = create(server, project, len(data), label="bell", metadata='{"room": "7"}')
    for start in range(0, len(data), 12000):
        response = send(server, url, start, data[start : start + 12000])
        assert response.status_code == 204, response.text
    assert response.headers["Upload-Offset"] == str(len(data))
    (sample,) = samples(server, project)
    assert (sample["label"], sample["metadata"]) == ("bell", {"room": "7"})
    assert server.context.blobs.get(sample["content_hash"]) == data
    done = server.client.get(url).json()
    assert (done["state"], done["sample_ids"], done["added"]) == ("stored", [sample["id"]], 1)
    assert list((server.context.settings.data / "uploads").iterdir()) == []


def test_the_whole_file_can_come_with_its_announcement(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(2)
    headers = {
        **BYTES,
        "Upload-Length": str(len(data)),
        "Upload-Metadata": metadata(filename="a.wav"),
    }
    response = server.client.post(project, headers=headers, content=data)
    assert (response.status_code, response.headers["Upload-Offset"]) == (201, str(len(data)))
    assert len(samples(server, project)) == 1


def test_head_says_how_much_has_arrived(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(3)
    url = create(server, project, len(data))
    send(server, url, 0, data[:5000])
    response = server.client.head(url, headers=TUS)
    assert response.status_code == 200
    assert response.headers["Upload-Offset"] == "5000"
    assert response.headers["Upload-Length"] == str(len(data))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in response.headers


def test_bytes_that_begin_elsewhere_are_refused(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(4)
    url = create(server, project, len(data))
    response = send(server, url, 7, data[7:])
    assert (response.status_code, response.json()["error"]["code"]) == (409, "conflict")


def test_more_bytes_than_announced_are_refused_and_none_is_kept(server: Any, project: str) -> None:
    url = create(server, project, 100)
    assert send(server, url, 0, bytes(101)).status_code == 413
    streamed = (bytes(60) for _ in range(2))
    assert send(server, url, 0, streamed).status_code == 413  # type: ignore[arg-type]
    assert server.client.head(url, headers=TUS).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("name", ["sha1", "sha256", "md5"])
def test_a_checksum_is_compared(
    server: Any, project: str, recording: Callable[..., bytes], name: str
) -> None:
    data = recording(5)
    url = create(server, project, len(data))
    good = base64.b64encode(hashlib.new(name, data[:9000]).digest()).decode()
    refused = send(server, url, 0, data[1:9001], **{"Upload-Checksum": f"{name} {good}"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (460, "checksum_mismatch")
    assert server.client.head(url, headers=TUS).headers["Upload-Offset"] == "0"
    taken = send(server, url, 0, data[:9000], **{"Upload-Checksum": f"{name} {good}"})
    assert (taken.status_code, taken.headers["Upload-Offset"]) == (204, "9000")


@pytest.mark.parametrize("header", ["crc99 AAAA", "sha1 !!", "sha1"])
def test_a_checksum_that_is_none_is_refused(server: Any, project: str, header: str) -> None:
    url = create(server, project, 10)
    response = send(server, url, 0, bytes(10), **{"Upload-Checksum": header})
    assert response.status_code in (422, 460)
    assert server.client.head(url, headers=TUS).headers["Upload-Offset"] == "0"


def test_bytes_whose_checksum_was_never_compared_do_not_count(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(6)
    url = create(server, project, len(data))
    send(server, url, 0, data[:4000])
    files = service.files_of(server.context)
    with files.opened(url.rpartition("/")[2]) as file:
        file.expect_checksum()
        file.write(bytes(500))
    assert server.client.head(url, headers=TUS).headers["Upload-Offset"] == "4000"
    assert send(server, url, 4000, data[4000:]).status_code == 204
    assert server.context.blobs.get(samples(server, project)[0]["content_hash"]) == data


def test_two_senders_at_once_do_not_mix(server: Any, project: str) -> None:
    url = create(server, project, 10)
    with service.files_of(server.context).opened(url.rpartition("/")[2]):
        response = send(server, url, 0, bytes(10))
        assert (response.status_code, response.json()["error"]["code"]) == (423, "locked")
        assert server.client.delete(url, headers=TUS).status_code == 423


def test_an_upload_can_be_ended(server: Any, project: str) -> None:
    url = create(server, project, 10)
    assert server.client.delete(url, headers=TUS).status_code == 204
    assert server.client.head(url, headers=TUS).status_code == 404
    assert list((server.context.settings.data / "uploads").iterdir()) == []


def test_an_expired_upload_is_gone_and_cleared_away(server: Any, project: str) -> None:
    url = create(server, project, 10)
    with server.context.database.write() as session:
        session.execute(update(Upload).values(expires_at=now() - timedelta(seconds=1)))
    assert server.client.head(url, headers=TUS).status_code == 410
    assert send(server, url, 0, bytes(10)).status_code == 410
    assert service.clean_up(server.context) == 1
    assert server.client.head(url, headers=TUS).status_code == 404
    assert list((server.context.settings.data / "uploads").iterdir()) == []


@pytest.mark.slow
def test_a_file_that_was_whole_when_the_server_died_is_finished(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(7)
    url = create(server, project, len(data))
    upload_id = url.rpartition("/")[2]
    service.files_of(server.context).path(upload_id).write_bytes(data)
    assert service.recover(server.context) == 1
    assert service.recover(server.context) == 0
    assert len(samples(server, project)) == 1
    assert server.client.get(url).json()["state"] == "stored"


def test_a_file_that_is_no_recording_is_refused_and_nothing_is_kept(
    server: Any, project: str
) -> None:
    url = create(server, project, 8)
    response = send(server, url, 0, b"RIFF\0\0\0\0")
    assert (response.status_code, response.json()["error"]["code"]) == (422, "unusable")
    assert samples(server, project) == []
    assert list(server.context.blobs.hashes()) == []
    done = server.client.get(url).json()
    assert (done["state"], done["error"]["code"]) == ("failed", "unusable")


def test_content_that_is_there_is_a_duplicate(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(8)
    states = []
    for allowed in ("false", "false", "true"):
        url = create(server, project, len(data), allow_duplicates=allowed)
        send(server, url, 0, data)
        done = server.client.get(url).json()
        states.append((done["added"], done["duplicates"]))
    assert states == [(1, 0), (0, 1), (1, 0)]
    assert len(samples(server, project)) == 2


def test_content_that_is_in_the_trash_can_come_again(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    from tinsmith.store.samples import move_to_trash

    data = recording(9)
    send(server, create(server, project, len(data)), 0, data)
    (sample,) = samples(server, project)
    with server.context.database.write() as session:
        move_to_trash(session, int(project.split("/")[4]), [sample["id"]])
    assert send(server, create(server, project, len(data)), 0, data).status_code == 204
    assert len(samples(server, project)) == 1


def said(**fields: str) -> dict[str, str]:
    return {**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(**fields)}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "5"}, 412),
        ({"Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412),
        (TUS, 422),
        ({**said(filename="a.wav"), "Upload-Length": "-5"}, 422),
        ({**said(filename="a.wav"), "Upload-Length": "0"}, 422),
        ({**said(filename="a.wav"), "Upload-Length": str(2**62)}, 422),
        ({**said(filename="a.wav"), "Upload-Length": str(2**52)}, 413),
        ({**TUS, "Upload-Length": "5"}, 422),
        ({**said(), "Upload-Metadata": "filename ???"}, 422),
        ({**said(), "Upload-Metadata": "filename YQ==,filename YQ=="}, 422),
        (said(filename="../a.wav"), 422),
        (said(filename="a\0.wav"), 422),
        (said(filename="C:\\a.wav"), 422),
        (said(filename="a.wav", labl="x"), 422),
        (said(filename="a.wav", metadata="{"), 422),
        (said(filename="a.mp4", video_rate_hz="NaN"), 422),
    ],
)
def test_announcements_that_make_no_sense_are_refused(
    server: Any, project: str, headers: dict[str, str], status: int
) -> None:
    response = server.client.post(project, headers=headers)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"]
    assert server.client.get(project).json()["items"] == []


def test_another_content_type_is_refused(server: Any, project: str) -> None:
    url = create(server, project, 10)
    response = server.client.patch(
        url, content=bytes(10), headers={**TUS, "Upload-Offset": "0", "Content-Type": "text/plain"}
    )
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_type")


def test_uploads_belong_to_their_project(server: Any, project: str) -> None:
    url = create(server, project, 10)
    other = f"/api/v1/projects/{server.project()}/uploads/{url.rpartition('/')[2]}"
    assert server.client.head(other, headers=TUS).status_code == 404
    assert send(server, other, 0, bytes(10)).status_code == 404
    assert server.client.delete(other, headers=TUS).status_code == 404


def test_keys_of_devices_may_upload_and_others_may_not(server: Any, project: str) -> None:
    number = int(project.split("/")[4])
    headers = {**TUS, "Upload-Length": "9", "Upload-Metadata": metadata(filename="a.wav")}
    device = server.anonymous(**{"x-api-key": server.key("ingestion", number)})
    assert device.post(project, headers=headers).status_code == 201
    reader = server.anonymous(**{"x-api-key": server.key("read-only", number)})
    assert reader.post(project, headers=headers).status_code == 403
    assert server.anonymous().post(project, headers=headers).status_code == 401


def test_a_full_disk_is_told_and_nothing_is_stored(
    server: Any, project: str, recording: Callable[..., bytes]
) -> None:
    data = recording(10, frames=4_000_000)
    url = create(server, project, len(data))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow beyond this: the system refuses as it does on a disk without room.
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, old[1]))
    try:
        response = send(server, url, 0, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert (response.status_code, response.json()["error"]["code"]) == (507, "disk_full")
    assert server.client.head(url, headers=TUS).headers["Upload-Offset"] == "0"
    assert send(server, url, 0, data).status_code == 204
    assert len(samples(server, project)) == 1


def test_a_small_quota_refuses_what_is_larger(
    open_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tinsmith.server.settings import Limits

    server = open_server()
    object.__setattr__(server.context, "limits", Limits(upload_bytes=1000, open_uploads=2))
    url = f"/api/v1/projects/{server.project()}/uploads"
    headers = {**TUS, "Upload-Metadata": metadata(filename="a.wav")}
    assert server.client.post(url, headers={**headers, "Upload-Length": "1001"}).status_code == 413
    answers = [
        server.client.post(url, headers={**headers, "Upload-Length": "999"}).status_code
        for _ in range(3)
    ]
    assert answers == [201, 201, 429]
    assert len(list(Path(server.context.settings.data / "uploads").iterdir())) == 2
