"""A client of the tus protocol that others wrote, over the network, with breaks in between."""

from __future__ import annotations

import hashlib
import io
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

tus = pytest.importorskip("tusclient.client")
pytestmark = [
    pytest.mark.slow,
    # The client leaves it to the collector to close its connections.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def uploader(server: Any, data: bytes, name: str, **options: Any) -> Any:
    client = tus.TusClient(server.uploads, headers={"x-api-key": server.key})
    return client.uploader(
        file_stream=io.BytesIO(data), metadata={"filename": name}, retry_delay=0, **options
    )


def state(server: Any, url: str) -> dict[str, Any]:
    """What became of an upload."""
    found: dict[str, Any] = server.client.get(f"uploads/{url.rpartition('/')[2]}").json()
    return found


def finished(server: Any, url: str) -> dict[str, Any]:
    """An upload whose job has ended."""
    found = state(server, url)
    with server.client.stream("GET", f"jobs/{found['job']['id']}/stream") as events:
        for _ in events.iter_lines():
            pass
    return state(server, url)


def test_a_client_sends_a_file_in_checked_chunks(
    real_server: Any, recording: Callable[..., bytes]
) -> None:
    data = recording(1, frames=200_000)
    sender = uploader(real_server, data, "on.1.wav", chunk_size=50_000, upload_checksum=True)
    sender.upload()
    found = state(real_server, sender.url)
    assert (found["state"], found["added"], found["received"]) == ("stored", 1, len(data))
    sample = real_server.client.get(f"samples/{found['sample_ids'][0]}").json()
    assert sample["content_hash"] == hashlib.sha256(data).hexdigest()


def test_a_client_goes_on_after_the_server_was_killed(
    real_server: Any, recording: Callable[..., bytes]
) -> None:
    data = recording(2, frames=400_000)
    sender = uploader(real_server, data, "on.2.wav", chunk_size=100_000)
    sender.upload(stop_at=300_000)
    number = sender.url.rpartition("/")[2]
    real_server.kill()
    real_server.start()
    again = uploader(
        real_server, data, "on.2.wav", chunk_size=100_000, url=f"{real_server.uploads}/{number}"
    )
    assert again.offset == 300_000
    again.upload()
    found = state(real_server, again.url)
    assert (found["state"], found["added"]) == ("stored", 1)


def test_what_came_before_a_broken_connection_is_kept(
    real_server: Any, recording: Callable[..., bytes]
) -> None:
    data = recording(3, frames=2_000_000)
    sender = uploader(real_server, data, "on.3.wav")
    url = sender.create_url()
    path = url.partition(f":{real_server.port}")[2]
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {real_server.key}\r\n"
        f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: {len(data)}\r\n"
        "Content-Type: application/offset+octet-stream\r\n\r\n"
    )
    with socket.create_connection(("localhost", real_server.port)) as connection:
        connection.sendall(head.encode() + data[:1_500_000])
    offset = -1
    deadline = time.monotonic() + 60
    # The server notices in its own time that nobody sends any more.
    while offset not in (1_500_000, len(data)) and time.monotonic() < deadline:
        answer = real_server.client.head(path.partition(f"/projects/{real_server.project}/")[2])
        offset = int(answer.headers["Upload-Offset"])
    assert offset == 1_500_000
    again = uploader(real_server, data, "on.3.wav", url=url)
    again.upload()
    assert state(real_server, url)["added"] == 1


def test_an_archive_becomes_an_import_job_whose_samples_appear_together(
    real_server: Any, many_zip: Callable[[int], bytes]
) -> None:
    data = many_zip(1000)
    started = time.perf_counter()
    sender = uploader(real_server, data, "set.zip", chunk_size=100_000)
    sender.upload()
    found = finished(real_server, sender.url)
    seconds = time.perf_counter() - started
    assert found["state"] == "stored", found
    assert found["job"]["result"]["added"] == 1000
    print(f"archive of 1000 recordings: {seconds:.1f} s from first byte to samples")  # noqa: T201


def test_an_import_that_is_killed_leaves_nothing_and_can_be_retried(
    real_server: Any, many_zip: Callable[[int], bytes]
) -> None:
    sender = uploader(real_server, many_zip(500), "set.zip")
    sender.upload()
    number = state(real_server, sender.url)["job"]["id"]
    real_server.kill()
    real_server.start()
    assert real_server.client.get("samples").json()["items"] == []
    job = real_server.client.get(f"jobs/{number}").json()
    if job["state"] == "interrupted":
        retried = real_server.client.post(f"jobs/{number}/retry").json()
        number = retried["id"]
    with real_server.client.stream("GET", f"jobs/{number}/stream") as events:
        for _ in events.iter_lines():
            pass
    job = real_server.client.get(f"jobs/{number}").json()
    assert job["result"]["added"] == 500


def test_a_large_upload_is_written_at_speed(real_server: Any, tmp_path: Path) -> None:
    data = bytes(range(256)) * (1 << 20)
    started = time.perf_counter()
    sender = uploader(real_server, data, "blob.zip", chunk_size=64 << 20)
    sender.upload(stop_at=192 << 20)
    seconds = time.perf_counter() - started
    print(f"tus: {192 / seconds:.0f} MB/s over the network")  # noqa: T201
    began = time.perf_counter()
    with (tmp_path / "plain").open("wb") as file:
        file.write(data[: 192 << 20])
        file.flush()
    print(f"plain write: {192 / (time.perf_counter() - began):.0f} MB/s")  # noqa: T201
    assert sender.offset == 192 << 20
