"""Versions through the API: kept, listed, compared, restored, copied, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def add(server: Any, project: int, name: str, label: str, value: int) -> int:
    content = f"timestamp,x\n0,{value}\n10,{value + 1}\n20,{value + 2}\n".encode()
    response = server.client.post(
        f"/api/v1/projects/{project}/samples/file",
        content=content,
        headers={"x-file-name": f"{name}.csv", "x-label": label},
    )
    assert response.status_code == 201, response.text
    number: int = response.json()["files"][0]["sample_id"]
    return number


def ended(server: Any, project: int, job: dict[str, Any]) -> dict[str, Any]:
    address = f"/api/v1/projects/{project}/jobs/{job['id']}"
    with server.client.stream("GET", f"{address}/stream") as stream:
        for _ in stream.iter_lines():
            pass
    done: dict[str, Any] = server.client.get(address).json()
    assert done["state"] == "succeeded", done
    result: dict[str, Any] = done["result"]
    return result


def names(server: Any, project: int) -> list[str]:
    items = server.client.get(f"/api/v1/projects/{project}/samples").json()["items"]
    return sorted(f"{item['name']}={item['label']}" for item in items)


def test_a_version_is_kept_compared_and_restored(server: Any) -> None:
    project = server.project("Pumps")
    versions = f"/api/v1/projects/{project}/versions"
    first = add(server, project, "one", "idle", 1)
    add(server, project, "two", "idle", 2)
    job = server.client.post(versions, json={"description": "start"}).json()
    assert ended(server, project, job)["number"] == 1
    changed = server.client.patch(
        f"/api/v1/projects/{project}/samples/{first}", json={"label": "busy"}
    )
    assert changed.status_code == 200, changed.text
    add(server, project, "three", "idle", 3)
    comparison = server.client.get(f"{versions}/1/comparison").json()
    assert {key: comparison[key] for key in ("before", "after", "added", "removed", "relabelled")} \
        == {"before": 1, "after": None, "added": 1, "removed": 0, "relabelled": 1}  # fmt: skip
    assert sorted(item["kind"] for item in comparison["samples"]) == ["added", "relabelled"]
    result = ended(server, project, server.client.post(f"{versions}/1/restore", json={}).json())
    assert result == {"undo": 2, "added": 0, "changed": 1, "removed": 1}
    assert names(server, project) == ["one=idle", "two=idle"]
    listed = server.client.get(versions).json()["items"]
    assert [item["number"] for item in listed] == [2, 1]
    assert listed[1]["description"] == "start"
    assert listed[1]["summary"]["samples"] == 2
    both = server.client.get(f"{versions}/1/comparison", params={"other": 2}).json()
    assert both["samples"] == comparison["samples"]
    undo = server.client.post(f"{versions}/2/restore", json={}).json()
    assert ended(server, project, undo)["added"] == 0, "it comes back from the trash"
    assert names(server, project) == ["one=busy", "three=idle", "two=idle"]


def test_a_version_becomes_a_new_project_and_an_export(server: Any) -> None:
    project = server.project("Pumps")
    versions = f"/api/v1/projects/{project}/versions"
    add(server, project, "one", "idle", 1)
    ended(server, project, server.client.post(versions, json={}).json())
    add(server, project, "two", "idle", 2)
    answer = server.client.post(f"{versions}/1/copy", json={"name": "Copy"})
    assert answer.status_code == 202, answer.text
    copy = answer.json()["project"]["id"]
    ended(server, copy, answer.json()["job"])
    assert names(server, copy) == ["one=idle"]
    assert server.client.get(f"/api/v1/projects/{copy}").json()["name"] == "Copy"
    exports = f"/api/v1/projects/{project}/exports"
    job = server.client.post(exports, json={"version": 1}).json()
    assert ended(server, project, job)["files"] == 4, "one sample, its line, two files of a project"


def test_versions_are_edited_and_deleted(server: Any) -> None:
    project, other = server.project("mine"), server.project("other")
    versions = f"/api/v1/projects/{project}/versions"
    ended(server, project, server.client.post(versions, json={"description": "a"}).json())
    edited = server.client.patch(f"{versions}/1", json={"description": "b"})
    assert edited.json()["description"] == "b"
    assert server.client.get(f"/api/v1/projects/{other}/versions/1").status_code == 404
    assert server.client.delete(f"{versions}/1").status_code == 204
    cases: list[tuple[str, str, Any]] = [
        ("GET", "", None), ("GET", "/comparison", None), ("DELETE", "", None),
        ("PATCH", "", {"description": ""}), ("POST", "/restore", {}),
        ("POST", "/copy", {"name": "x"}),
    ]  # fmt: skip
    for method, path, body in cases:
        response = server.client.request(method, f"{versions}/1{path}", json=body)
        assert response.status_code == 404, (method, path, response.text)
    assert server.client.get("/api/v1/projects").json()["items"][0]["id"] == other
    assert ended(server, project, server.client.post(versions, json={}).json())["number"] == 2


def test_what_a_version_cannot_be_called_is_refused(server: Any) -> None:
    versions = f"/api/v1/projects/{server.project()}/versions"
    long = {"description": "x" * 10_001}
    bodies: tuple[Any, ...] = ({"description": "a\0b"}, long, {"text": "x"}, [])
    for body in bodies:
        response = server.client.post(
            versions, content=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert response.status_code == 422, response.text
