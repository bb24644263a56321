"""Devices over a real connection: seen, asked to record, heard, silent, gone."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tinsmith.server.app import create_app
from tinsmith.server.context import Context
from tinsmith.server.devices.hub import Hub
from tinsmith.server.secrets_ import hash_secret, new_api_key
from tinsmith.server.settings import Settings
from tinsmith.server.start import opened
from tinsmith.store.tables import ApiKey, User

HELLO = {
    "type": "hello",
    "identifier": "AA:BB:01",
    "device_type": "BOARD",
    "sensors": [
        {"name": "Accelerometer", "units": "m/s2", "max_length_ms": 5000,
         "frequencies_hz": [50, 100]},
        {"name": "Microphone"},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Running:
    """A server that really listens.

    Args:
        api: Speaks as the administrator.
        url: Where it listens, without scheme.
        context: Its parts.
        loop: What it runs on.
        project: A project.
    """

    api: httpx.Client
    url: str
    context: Context
    loop: asyncio.AbstractEventLoop
    project: int

    def key(self, scope: str, project_id: int | None = None) -> str:
        secret = new_api_key()
        with self.context.database.write() as session:
            user = session.query(User).first()
            assert user is not None
            session.add(
                ApiKey(user_id=user.id, project_id=project_id, name="tests", scope=scope,
                       prefix=secret[:10], secret_hash=hash_secret(secret))
            )  # fmt: skip
        return secret

    def get(self, path: str = "") -> Any:
        response = self.api.get(f"/projects/{self.project}/devices{path}")
        assert response.status_code == 200, response.text
        return response.json()

    def ask(self, device: int, **wanted: Any) -> httpx.Response:
        body = {"sensor": "Accelerometer", "length_ms": 1000, **wanted}
        return self.api.post(f"/projects/{self.project}/devices/{device}/sampling", json=body)

    def socket(self, key: str, project: int | None = None) -> ClientConnection:
        connection: ClientConnection = connect(
            f"ws://{self.url}/api/v1/projects/{project or self.project}/devices/connect",
            additional_headers={"x-api-key": key},
        ).__enter__()
        return connection


class Device:
    """A simulated device."""

    def __init__(self, server: Running, hello: dict[str, Any] = HELLO) -> None:
        self.server = server
        self.key = server.key("ingestion", server.project)
        self.socket = server.socket(self.key)
        self.say(**hello)
        self.welcome = self.hear()

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=10))
        return message

    def upload(self, request: dict[str, Any], value: int = 1) -> int:
        """Sends a recording as the request says."""
        upload = request["upload"]
        content = f"timestamp,x\n0,{value}\n10,{value + 1}\n20,{value + 2}\n".encode()
        response = httpx.request(
            upload["method"],
            f"http://{self.server.url}{upload['path']}",
            content=content,
            headers={**upload["headers"], "x-file-name": "a.csv", "x-api-key": self.key},
        )
        assert response.status_code == 201, response.text
        number: int = response.json()["files"][0]["sample_id"]
        return number


@contextmanager
def running(data: Path, silence_s: float = 15.0) -> Iterator[Running]:
    with opened(Settings(data)) as server:
        context = replace(server.context, devices=Hub(silence_s))
        config = uvicorn.Config(create_app(context), port=0, log_level="error")
        web = uvicorn.Server(config)
        started, loops = threading.Event(), list[asyncio.AbstractEventLoop]()
        begin = web.startup

        async def startup(sockets: Any = None) -> None:
            await begin(sockets)
            loops.append(asyncio.get_running_loop())
            started.set()

        web.startup = startup  # type: ignore[method-assign]
        thread = threading.Thread(target=web.run)
        thread.start()
        assert started.wait(20)
        host, port = web.servers[0].sockets[0].getsockname()[:2]
        url = f"{host}:{port}"
        with httpx.Client(base_url=f"http://{url}/api/v1") as api:
            found = Running(api, url, context, loops[0], 0)
            api.headers["x-api-key"] = found.key("admin")
            project = api.post("/projects", json={"name": "Devices"}).json()["id"]
            yield replace(found, project=project)
        web.should_exit = True
        loops[0].call_soon_threadsafe(context.devices.close)
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("devices") / "data") as started:
        yield started


@pytest.fixture
def fresh(server: Running) -> Running:
    """The same server with a new project."""
    number = server.api.post("/projects", json={"name": "Fresh"}).json()["id"]
    return replace(server, project=number)


@contextmanager
def events(server: Running) -> Iterator[Callable[[], dict[str, Any]]]:
    """Hears what a page hears."""
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    listening = threading.Event()
    address = f"http://{server.url}/api/v1/projects/{server.project}/devices/events"
    client = httpx.Client(headers={"x-api-key": server.api.headers["x-api-key"]}, timeout=20)
    stream = client.stream("GET", address)
    response = stream.__enter__()

    def read() -> None:
        try:
            for line in response.iter_lines():
                listening.set()
                if line.startswith("data: "):
                    heard.put(json.loads(line.removeprefix("data: ")))
        except (httpx.HTTPError, httpx.StreamError, RuntimeError, OSError):
            pass

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert listening.wait(10)
    yield lambda: heard.get(timeout=10)
    # Everybody who watches is let go.
    server.loop.call_soon_threadsafe(server.context.devices.close)
    thread.join(10)
    client.close()


@pytest.mark.slow
def test_a_device_records_when_it_is_asked_and_a_page_sees_it(fresh: Running) -> None:
    with events(fresh) as heard:
        device = Device(fresh)
        assert device.welcome["type"] == "welcome"
        number = device.welcome["device_id"]
        assert heard() == {
            "kind": "device", "device_id": number, "identifier": "AA:BB:01", "connected": True
        }  # fmt: skip
        shown = fresh.get(f"/{number}")
        assert (shown["name"], shown["type"], shown["connected"]) == ("AA:BB:01", "BOARD", True)
        assert [sensor["name"] for sensor in shown["sensors"]] == ["Accelerometer", "Microphone"]
        asked = fresh.ask(number, frequency_hz=100, label="walk", category="testing")
        assert asked.status_code == 202, asked.text
        request = device.hear()
        assert {name: request[name] for name in ("type", "sensor", "length_ms", "label")} == {
            "type": "sample", "sensor": "Accelerometer", "length_ms": 1000, "label": "walk"
        }  # fmt: skip
        assert request["request_id"] == asked.json()["id"]
        on_it = {"request_id": request["request_id"]}
        device.say(type="started", **on_it)
        device.say(type="progress", fraction=0.5, **on_it)
        device.say(type="uploading", **on_it)
        states = [heard() for _ in range(4)]
        assert [(item["state"], item["progress"]) for item in states] == [
            ("waiting", 0.0), ("recording", 0.0), ("recording", 0.5), ("uploading", 1.0)
        ]  # fmt: skip
        sample = device.upload(request)
        device.say(type="finished", **on_it)
        ended = heard()
        assert (ended["state"], ended["sample_id"]) == ("finished", sample)
        assert fresh.get(f"/{number}/sampling/{request['request_id']}")["state"] == "finished"
        assert [item["id"] for item in fresh.get(f"/{number}/sampling")] == [request["request_id"]]
        row = fresh.api.get(f"/projects/{fresh.project}/samples/{sample}").json()
        assert (row["device_id"], row["label"], row["category"]) == (number, "walk", "testing")
        device.socket.close()
        assert heard()["connected"] is False


def test_a_device_is_made_when_an_upload_names_it(fresh: Running) -> None:
    for value in (1, 2):
        response = fresh.api.post(
            f"/projects/{fresh.project}/samples/file",
            content=f"timestamp,x\n0,{value}\n10,2\n20,3\n".encode(),
            headers={"x-file-name": f"{value}.csv", "x-device": "UTF-8''K%C3%BCche"},
        )
        assert response.status_code == 201, response.text
    (device,) = fresh.get()["items"]
    assert (device["identifier"], device["name"], device["connected"]) == ("Küche", "Küche", False)
    assert device["last_seen_at"] is not None
    samples = fresh.api.get(f"/projects/{fresh.project}/samples").json()["items"]
    assert {item["device_id"] for item in samples} == {device["id"]}
    for name in ("UTF-8''", "UTF-8''a%00b", "x" * 201):
        refused = fresh.api.post(
            f"/projects/{fresh.project}/samples/file",
            content=b"timestamp,x\n0,7\n10,8\n",
            headers={"x-file-name": "x.csv", "x-device": name},
        )
        assert refused.status_code == 422, refused.text
    assert len(fresh.get()["items"]) == 1


def test_what_a_device_cannot_do_is_not_asked_of_it(fresh: Running) -> None:
    device = Device(fresh)
    number = device.welcome["device_id"]
    for wanted, field in (
        ({"sensor": "Camera"}, "sensor"),
        ({"length_ms": 6000}, "length_ms"),
        ({"frequency_hz": 70}, "frequency_hz"),
    ):
        response = fresh.ask(number, **wanted)
        assert response.status_code == 422, response.text
        assert response.json()["error"]["fields"][0]["path"] == f"body.{field}"
    assert fresh.ask(number, sensor="Microphone", length_ms=1e8).status_code == 202
    assert fresh.ask(number).status_code == 409, "one at a time"
    device.socket.close()
    assert fresh.ask(10**9).status_code == 404


def test_a_recording_is_cancelled(fresh: Running) -> None:
    device = Device(fresh)
    number = device.welcome["device_id"]
    request = fresh.ask(number).json()["id"]
    assert device.hear()["request_id"] == request
    address = f"/projects/{fresh.project}/devices/{number}/sampling/{request}"
    assert fresh.api.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert device.hear() == {"type": "cancel", "request_id": request}
    assert fresh.api.post(f"{address}/cancel").status_code == 409
    # What comes too late changes nothing, and the device is free again.
    device.say(type="started", request_id=request)
    assert fresh.ask(number).status_code == 202
    assert device.hear()["type"] == "sample"
    assert fresh.api.get(address).json()["state"] == "cancelled"


def test_a_device_that_fails_or_leaves_says_why(fresh: Running) -> None:
    with events(fresh) as heard:
        device = Device(fresh)
        number = device.welcome["device_id"]
        heard()
        first = fresh.ask(number).json()["id"]
        device.say(type="error", request_id=first, message="no memory")
        heard()
        assert (heard()["error"], device.hear()["type"]) == ("no memory", "sample")
        fresh.ask(number)
        heard()
        device.socket.close()
        gone = heard()
        assert (gone["state"], gone["error"]) == ("failed", "the device disconnected")
        assert heard()["connected"] is False
    assert fresh.ask(number).status_code == 409, "it is not connected"


@pytest.mark.slow
def test_a_silent_device_runs_into_its_time_out(tmp_path: Path) -> None:
    with running(tmp_path / "data", silence_s=0.3) as server, events(server) as heard:
        device = Device(server)
        heard()
        request = server.ask(device.welcome["device_id"]).json()["id"]
        assert [heard()["state"], heard()["state"]] == ["waiting", "timed_out"]
        assert device.hear()["type"] == "sample"
        assert device.hear() == {"type": "cancel", "request_id": request}
        shown = server.get(f"/{device.welcome['device_id']}/sampling/{request}")
        assert "said nothing for 0.3 s while waiting" in shown["error"]


def test_the_newer_connection_of_a_device_counts(fresh: Running) -> None:
    first = Device(fresh)
    second = Device(fresh, {**HELLO, "name": "ignored at second sight"})
    assert first.welcome["device_id"] == second.welcome["device_id"]
    with pytest.raises(ConnectionClosed):
        first.hear()
    assert fresh.ask(second.welcome["device_id"]).status_code == 202
    assert second.hear()["type"] == "sample"
    assert fresh.get()["items"][0]["name"] == "AA:BB:01"


def test_a_device_is_renamed_and_deleted(fresh: Running) -> None:
    device = Device(fresh)
    number = device.welcome["device_id"]
    address = f"/projects/{fresh.project}/devices/{number}"
    assert fresh.api.patch(address, json={"name": "Kitchen"}).json()["name"] == "Kitchen"
    assert fresh.api.patch(address, json={"name": "a\0"}).status_code == 422
    request = fresh.ask(number).json()
    device.upload(device.hear() | {}, value=5)
    assert fresh.get(f"/{number}/sampling/{request['id']}")["state"] == "finished"
    assert fresh.api.delete(address).status_code == 204
    with pytest.raises(ConnectionClosed):
        device.hear()
    assert fresh.get()["items"] == []
    (sample,) = fresh.api.get(f"/projects/{fresh.project}/samples").json()["items"]
    assert sample["device_id"] is None
    other = fresh.api.post("/projects", json={"name": "Other"}).json()["id"]
    assert fresh.api.get(f"/projects/{other}/devices/{number}").status_code == 404


def test_devices_are_listed_page_by_page(fresh: Running) -> None:
    sockets = [Device(fresh, {**HELLO, "identifier": f"device {item}"}) for item in range(5)]
    first = fresh.get("?limit=3")
    second = fresh.get(f"?limit=3&cursor={first['next_cursor']}")
    names = [item["identifier"] for item in first["items"] + second["items"]]
    assert names == [f"device {item}" for item in (4, 3, 2, 1, 0)]
    assert second["next_cursor"] is None
    assert all(item["connected"] for item in first["items"])
    for device in sockets:
        device.socket.close()


@pytest.mark.parametrize(("scope", "status"), [("read-only", 403), (None, 401), ("elsewhere", 404)])
def test_only_keys_that_add_samples_connect(fresh: Running, scope: str | None, status: int) -> None:
    key = "unknown"
    if scope == "elsewhere":
        other = fresh.api.post("/projects", json={"name": "Other"}).json()["id"]
        key = fresh.key("ingestion", other)
    elif scope:
        key = fresh.key(scope, fresh.project)
    with pytest.raises(InvalidStatus) as refused:
        fresh.socket(key)
    assert refused.value.response.status_code == status


@pytest.mark.parametrize(
    "message",
    [
        "", "{", "[]", "null", '{"type":"hello"}', '{"type":"alive"}', '{"type":"\\u0000"}',
        json.dumps({**HELLO, "extra": 1}), json.dumps({**HELLO, "identifier": ""}),
        json.dumps({**HELLO, "identifier": "x" * 201}), json.dumps({**HELLO, "identifier": "a\0"}),
        json.dumps({**HELLO, "identifier": "\ud800"}), json.dumps({**HELLO, "protocol": 2}),
        json.dumps({**HELLO, "sensors": [{"name": "x"}] * 101}), "[" * 10_000, b"\xff\xfe",
        '{"type":"hello","identifier":"a","sensors":[{"name":"s","max_length_ms":NaN}]}',
    ],
)  # fmt: skip
def test_a_hello_that_makes_no_sense_ends_the_connection(
    fresh: Running, message: str | bytes
) -> None:
    socket = fresh.socket(fresh.key("ingestion", fresh.project))
    socket.send(message)
    assert json.loads(socket.recv(timeout=10))["type"] == "refused"
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert fresh.get()["items"] == []


def test_messages_that_make_no_sense_are_answered_until_patience_ends(fresh: Running) -> None:
    device = Device(fresh)
    too_far = {"type": "progress", "request_id": "0" * 32, "fraction": 2}
    for message in ("", "{}", '{"type":"started"}', "[1]", json.dumps(too_far)):
        device.socket.send(message)
        assert device.hear()["type"] == "refused"
    # Requests of nobody, or of others, are none of its business.
    device.say(type="started", request_id="0" * 32)
    device.say(type="alive")
    for _ in range(15):
        device.socket.send("nonsense")
    answers = [json.loads(text)["type"] for text in device.socket]
    assert set(answers) == {"refused"}
    assert 13 <= len(answers) <= 15
