"""Projects: made, edited, shared, handed over, deleted and brought back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tinsmith.store.tables import AuditEvent, Job, Project

Server = Any
API = "/api/v1"


@pytest.fixture
def hers(server: Server) -> dict[str, Any]:
    """A project of Ada's, and Bob."""
    ada, bob = server.person("ada"), server.person("bob")
    made = ada.post(f"{API}/projects", json={"name": "Hers"}).json()
    return {"ada": ada, "bob": bob, "id": made["id"], "path": f"{API}/projects/{made['id']}"}


def test_projects_are_paged_newest_first_and_only_ones_own(
    server: Server, hers: dict[str, Any]
) -> None:
    ada, bob = hers["ada"], hers["bob"]
    numbers = [ada.post(f"{API}/projects", json={"name": str(n)}).json()["id"] for n in range(3)]
    page = ada.get(f"{API}/projects", params={"limit": 3}).json()
    assert [item["id"] for item in page["items"]] == numbers[::-1]
    rest = ada.get(f"{API}/projects", params={"cursor": page["next_cursor"]}).json()
    assert [item["id"] for item in rest["items"]] == [hers["id"]]
    assert bob.get(f"{API}/projects").json()["items"] == []
    assert bob.get(hers["path"]).status_code == 404
    assert len(server.client.get(f"{API}/projects").json()["items"]) == 4


def test_of_two_edits_at_once_the_second_is_refused(hers: dict[str, Any]) -> None:
    ada, path = hers["ada"], hers["path"]
    etag = ada.get(path).headers["etag"]
    changed = ada.patch(path, json={"readme": "# Hi"}, headers={"If-Match": etag})
    assert changed.json()["readme"] == "# Hi"
    for method, where, body in (
        ("PATCH", path, {"name": "x"}),
        ("PUT", f"{path}/visibility", {"visibility": "public"}),
        ("POST", f"{path}/transfer", {"email": "bob@example.org"}),
        ("DELETE", path, None),
    ):
        stale = ada.request(method, where, json=body, headers={"If-Match": etag})
        assert stale.status_code == 412, where
    assert ada.get(path).json()["visibility"] == "private"


def test_editors_edit_and_owners_decide(hers: dict[str, Any]) -> None:
    ada, bob, path = hers["ada"], hers["bob"], hers["path"]
    added = ada.post(f"{path}/collaborators", json={"email": "bob@example.org", "role": "viewer"})
    assert added.status_code == 201
    bob_there = f"{path}/collaborators/{added.json()['user_id']}"
    assert bob.get(path).status_code == 200
    assert bob.patch(path, json={"name": "x"}).status_code == 403
    ada.patch(bob_there, json={"role": "editor"})
    assert bob.patch(path, json={"name": "x"}).status_code == 200
    assert bob.put(f"{path}/visibility", json={"visibility": "public"}).status_code == 403
    people = bob.get(f"{path}/collaborators").json()["items"]
    assert [item["role"] for item in people] == ["owner", "editor"]
    again = ada.post(f"{path}/collaborators", json={"email": "bob@example.org"})
    assert again.status_code == 409
    assert ada.delete(bob_there).status_code == 204
    assert bob.get(path).status_code == 404


def test_the_last_owner_stays(hers: dict[str, Any]) -> None:
    ada, path = hers["ada"], hers["path"]
    own = f"{path}/collaborators/{ada.get(f'{API}/me').json()['id']}"
    assert ada.delete(own).status_code == 409
    assert ada.patch(own, json={"role": "viewer"}).status_code == 409
    ada.post(f"{path}/collaborators", json={"email": "bob@example.org", "role": "owner"})
    assert ada.patch(own, json={"role": "viewer"}).status_code == 200
    assert ada.delete(path).status_code == 403


def test_a_project_is_handed_over_to_a_person(hers: dict[str, Any]) -> None:
    ada, bob, path = hers["ada"], hers["bob"], hers["path"]
    assert ada.post(f"{path}/transfer", json={}).status_code == 422
    given = ada.post(f"{path}/transfer", json={"email": "bob@example.org"})
    assert given.status_code == 200
    assert bob.get(f"{path}/api-keys").status_code == 200
    assert ada.get(f"{path}/api-keys").status_code == 403
    assert ada.patch(path, json={"name": "still"}).status_code == 200


def test_a_project_is_handed_over_to_an_organization_one_may_add_to(hers: dict[str, Any]) -> None:
    ada, bob, path = hers["ada"], hers["bob"], hers["path"]
    number = bob.post(f"{API}/organizations", json={"name": "Bobs"}).json()["id"]
    body = {"organization_id": number}
    assert ada.post(f"{path}/transfer", json=body).status_code == 404
    members = f"{API}/organizations/{number}/members"
    ada_there = bob.post(members, json={"email": "ada@example.org", "role": "guest"}).json()
    assert ada.post(f"{path}/transfer", json=body).status_code == 403
    bob.patch(f"{members}/{ada_there['user_id']}", json={"role": "member"})
    assert ada.post(f"{path}/transfer", json=body).json()["organization_id"] == number
    assert bob.get(f"{path}/api-keys").status_code == 200


def test_the_trash_gives_projects_back(hers: dict[str, Any]) -> None:
    ada, bob, path = hers["ada"], hers["bob"], hers["path"]
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404
    assert ada.get(f"{API}/projects").json()["items"] == []
    trash = ada.get(f"{API}/trash/projects").json()["items"]
    assert [item["id"] for item in trash] == [hers["id"]]
    assert bob.get(f"{API}/trash/projects").json()["items"] == []
    assert bob.post(f"{API}/trash/projects/{hers['id']}/restore").status_code == 404
    restored = ada.post(f"{API}/trash/projects/{hers['id']}/restore")
    assert restored.status_code == 200
    assert ada.get(path).status_code == 200
    assert ada.delete(f"{API}/trash/projects/{hers['id']}").status_code == 404


@pytest.mark.slow
def test_a_project_deleted_for_good_leaves_nothing_but_the_audit_log(
    server: Server, hers: dict[str, Any]
) -> None:
    ada, path = hers["ada"], hers["path"]
    for number in range(3):
        body = f"timestamp,x\n0,{number}\n10,2\n20,3\n".encode()
        name = f"a.{number}.csv"
        kind = {"Content-Type": "application/octet-stream", "x-file-name": name}
        added = ada.post(f"{path}/samples/file", content=body, headers=kind)
        assert added.status_code == 201, added.text
    secret = ada.post(f"{path}/api-keys", json={"name": "k"}).json()["secret"]
    ada.delete(path)
    erased = ada.delete(f"{API}/trash/projects/{hers['id']}")
    assert erased.status_code == 202
    assert ada.get(f"{API}/trash/projects").json()["items"] == []
    again = ada.post(f"{API}/trash/projects/{hers['id']}/restore")
    assert again.status_code in (404, 409)
    wait_for(server, erased.json()["job_id"])
    with server.context.database.read() as session:
        assert session.get(Project, hers["id"]) is None
        for table in Project.metadata.sorted_tables:
            if "project_id" in table.c and table.name != "audit_events":
                statement = select(func.count()).where(table.c.project_id == hers["id"])
                assert session.scalar(statement) == 0, table.name
        actions = select(AuditEvent.action).where(AuditEvent.project_id == hers["id"])
        assert "project.erase" in set(session.scalars(actions))
    program = server.anonymous(**{"x-api-key": secret})
    assert program.get(f"{API}/me").status_code == 401


def wait_for(server: Server, job_id: int) -> None:
    """Follows the queue until a job has succeeded."""
    import threading

    pause = threading.Event()
    for _ in range(600):
        with server.context.database.read() as session:
            job = session.get_one(Job, job_id)
            if job.ended_at is not None:
                assert job.state == "succeeded", job.error
                return
        pause.wait(0.1)
    pytest.fail(f"job {job_id} has not ended")
