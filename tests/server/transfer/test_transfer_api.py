"""Projects arrive as archives and leave as archives, through jobs."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinsmith.impulse.contents import read_project, write_project

pytestmark = pytest.mark.slow


def pack(root: Path, prefix: str = "") -> bytes:
    """A folder as a zip, as people pack it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                archive.write(path, prefix + path.relative_to(root).as_posix())
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def ended(server: Any, project_id: int, job_id: int) -> dict[str, Any]:
    """A job, once it has ended."""
    address = f"/api/v1/projects/{project_id}/jobs/{job_id}"
    with server.client.stream("GET", f"{address}/stream") as stream:
        for _ in stream.iter_lines():
            pass
    job: dict[str, Any] = server.client.get(address).json()
    return job


def send(server: Any, data: bytes, **query: str) -> dict[str, Any]:
    response = server.client.post("/api/v1/projects/import", content=data, params=query)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    return answer


def export(server: Any, project_id: int) -> bytes:
    address = f"/api/v1/projects/{project_id}/exports"
    job = server.client.post(address, json={}).json()
    done = ended(server, project_id, job["id"])
    assert done["state"] == "succeeded", done
    response = server.client.get(f"{address}/{done['result']['export_id']}/download")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/zip"
    content: bytes = response.content
    return content


def test_a_folder_becomes_a_project_and_comes_back_as_the_same_bytes(
    open_server: Callable[..., Any], database_url: str, folder: Path, tmp_path: Path
) -> None:
    server = open_server(database_url)
    answer = send(server, pack(folder))
    project = answer["project"]["id"]
    job = ended(server, project, answer["job"]["id"])
    assert job["state"] == "succeeded", job
    assert job["result"]["samples"] == 8
    shown = server.client.get(f"/api/v1/projects/{project}").json()
    assert (shown["name"], shown["readme"]) == ("Pümpen ✓", "# Pumps\n\nWhat we know.\n")
    first = export(server, project)
    write_project(read_project(folder), tmp_path / "normal")
    assert first == export(server, project)
    assert unpacked(first) == {
        path.relative_to(tmp_path / "normal").as_posix(): path.read_bytes()
        for path in (tmp_path / "normal").rglob("*")
        if path.is_file()
    }
    again = send(server, first, name="Second")
    assert ended(server, again["project"]["id"], again["job"]["id"])["state"] == "succeeded"
    copy = unpacked(export(server, again["project"]["id"]))
    changed = {name for name, data in unpacked(first).items() if copy[name] != data}
    assert changed == {"tinsmith.toml"}, "only the name, which was given"
    # A project that the server hands out is one that the library opens.
    for name, data in unpacked(first).items():
        path = tmp_path / "opened" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert len(read_project(tmp_path / "opened").samples) == 8


def wrapped(folder: Path) -> bytes:
    return pack(folder, "download/")


def as_tar(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname="project")
    return buffer.getvalue()


@pytest.mark.parametrize("packed", [wrapped, as_tar])
def test_a_folder_around_the_project_is_no_harm(
    server: Any, folder: Path, packed: Callable[[Path], bytes]
) -> None:
    answer = send(server, packed(folder))
    job = ended(server, answer["project"]["id"], answer["job"]["id"])
    assert job["state"] == "succeeded", job


def slip(folder: Path) -> bytes:
    buffer = io.BytesIO(pack(folder))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("../outside", "x")
    return buffer.getvalue()


def bomb(folder: Path) -> bytes:
    buffer = io.BytesIO(pack(folder))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200_000_000))
    return buffer.getvalue()


def cut_short(folder: Path) -> bytes:
    return pack(folder)[:-200]


def without_project(folder: Path) -> bytes:
    (folder / "tinsmith.toml").unlink()
    return pack(folder)


def other_bytes(folder: Path) -> bytes:
    path = next((folder / "data").glob("*/*"))
    path.write_bytes(path.read_bytes()[:-1])
    return pack(folder)


def long_label(folder: Path) -> bytes:
    lines = (folder / "samples.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    first["label"] = "x" * 300
    (folder / "samples.jsonl").write_text("\n".join([json.dumps(first), *lines[1:]]))
    return pack(folder)


def nul_in_metadata(folder: Path) -> bytes:
    lines = (folder / "samples.jsonl").read_text().splitlines()
    first = json.loads(lines[-1])
    first["metadata"] = {"a": "b\0c"}
    (folder / "samples.jsonl").write_text("\n".join([*lines[:-1], json.dumps(first)]))
    return pack(folder)


def damaged_model(folder: Path) -> bytes:
    (folder / "model" / "fitted.json").write_text("{}")
    return pack(folder)


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (slip, "leads out of the folder"),
        (bomb, "times its size"),
        (cut_short, "damaged"),
        (without_project, "holds 0 projects"),
        (other_bytes, "its line says"),
        (long_label, "label has 300 characters"),
        (nul_in_metadata, "NUL"),
        (damaged_model, "damaged"),
    ],
)
def test_nothing_of_a_spoilt_archive_is_kept(
    server: Any, folder: Path, spoilt: Callable[[Path], bytes], message: str
) -> None:
    answer = send(server, spoilt(folder), name="Spoilt")
    project = answer["project"]["id"]
    job = ended(server, project, answer["job"]["id"])
    assert (job["state"], job["error"]["code"]) == ("failed", "unusable"), job
    assert message in job["error"]["message"]
    for what in ("samples", "impulses", "versions"):
        assert server.client.get(f"/api/v1/projects/{project}/{what}").json()["items"] == []
    assert server.client.get(f"/api/v1/projects/{project}").json()["name"] == "Spoilt"


def test_what_is_no_archive_makes_no_project(server: Any) -> None:
    for body in (b"", b"hello", b"x" * 2000):
        response = server.client.post("/api/v1/projects/import", content=body)
        assert response.status_code == 422, response.text
        assert "is no archive" in response.json()["error"]["message"]
    assert server.client.get("/api/v1/projects").json()["items"] == []


def test_exports_of_others_are_not_found(server: Any) -> None:
    mine, other = server.project("mine"), server.project("other")
    address = f"/api/v1/projects/{mine}/exports"
    job = server.client.post(address, json={}).json()
    number = ended(server, mine, job["id"])["result"]["export_id"]
    assert [item["id"] for item in server.client.get(address).json()["items"]] == [number]
    assert unpacked(server.client.get(f"{address}/{number}/download").content).keys() == {
        ".gitignore", "tinsmith.toml"
    }  # fmt: skip
    elsewhere = f"/api/v1/projects/{other}/exports/{number}"
    assert server.client.get(f"{elsewhere}/download").status_code == 404
    assert server.client.delete(elsewhere).status_code == 404
    assert server.client.delete(f"{address}/{number}").status_code == 204
    assert server.client.get(f"{address}/{number}/download").status_code == 404
