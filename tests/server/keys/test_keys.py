"""Keys of projects and of devices."""

from __future__ import annotations

from typing import Any

import pytest

Server = Any
API = "/api/v1"


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("admin", (200, 200, 200)),
        ("read-only", (200, 403, 403)),
        ("ingestion", (403, 403, 403)),
        ("ingestion+deployment", (403, 403, 403)),
    ],
)
def test_a_projects_key_opens_that_project_within_its_scope(
    server: Server, scope: str, statuses: tuple[int, ...]
) -> None:
    ours, theirs = server.project(), server.project()
    path = f"{API}/projects/{ours}"
    made = server.client.post(f"{path}/api-keys", json={"name": "k", "scope": scope}).json()
    program = server.anonymous(Authorization=f"Bearer {made['secret']}")
    assert (
        program.get(path).status_code,
        program.patch(path, json={"name": "x"}).status_code,
        program.get(f"{path}/api-keys").status_code,
    ) == statuses
    assert program.get(f"{API}/projects/{theirs}").status_code == 404
    assert program.get(f"{API}/users").status_code == 403
    assert program.post(f"{API}/projects", json={"name": "x"}).status_code == 403
    listed = [item["id"] for item in program.get(f"{API}/projects").json()["items"]]
    assert listed == ([ours] if statuses[0] == 200 else [])


def test_a_revoked_key_ends_and_is_of_its_project_only(server: Server) -> None:
    ours, theirs = server.project(), server.project()
    made = server.client.post(f"{API}/projects/{ours}/api-keys", json={"name": "k"}).json()
    elsewhere = f"{API}/projects/{theirs}/api-keys/{made['id']}"
    assert server.client.delete(elsewhere).status_code == 404
    path = f"{API}/projects/{ours}/api-keys"
    assert server.client.delete(f"{path}/{made['id']}").status_code == 204
    assert server.client.get(path).json() == []
    response = server.anonymous(**{"x-api-key": made["secret"]}).get(f"{API}/about")
    assert response.status_code == 401
    assert "revoked" in response.json()["error"]["message"]


def test_a_key_of_devices_is_shown_once(server: Server) -> None:
    path = f"{API}/projects/{server.project()}/hmac-keys"
    made = server.client.post(path, json={"name": "factory"}).json()
    assert len(made["secret"]) == 32
    listed = server.client.get(path).json()
    assert [item["name"] for item in listed] == ["factory"]
    assert made["secret"] not in str(listed)
    assert server.client.delete(f"{path}/{made['id']}").status_code == 204
    assert server.client.delete(f"{path}/{made['id']}").status_code == 404
    assert server.client.get(path).json() == []
