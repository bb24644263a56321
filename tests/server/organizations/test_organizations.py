"""Organizations: roles, members, edits that do not overwrite each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Server = Any
API = "/api/v1"


@pytest.fixture
def acme(server: Server) -> dict[str, Any]:
    """An organization with Ada as admin and Bob as member."""
    ada, bob = server.person("ada"), server.person("bob")
    made = ada.post(f"{API}/organizations", json={"name": "Acme & Söhne"})
    assert made.status_code == 201, made.text
    path = f"{API}/organizations/{made.json()['id']}"
    added = ada.post(f"{path}/members", json={"email": "BOB@example.org"})
    assert added.status_code == 201, added.text
    return {"ada": ada, "bob": bob, "path": path, **made.json()}


def test_an_organization_gets_a_slug_that_comes_once(server: Server, acme: dict[str, Any]) -> None:
    assert acme["slug"] == "acme-sohne"
    again = server.client.post(f"{API}/organizations", json={"name": "ACME, Sohne"}).json()
    assert again["slug"] == "acme-sohne-2"
    taken = server.client.post(f"{API}/organizations", json={"name": "x", "slug": "acme-sohne"})
    assert taken.status_code == 409
    for slug in ("Acme", "a--b", "-a", "a/b", ""):
        body = {"name": "x", "slug": slug}
        assert server.client.post(f"{API}/organizations", json=body).status_code == 422, slug


def test_people_see_their_own_organizations_only(server: Server, acme: dict[str, Any]) -> None:
    eve = server.person("eve")
    assert [item["id"] for item in acme["bob"].get(f"{API}/organizations").json()["items"]] == [
        acme["id"]
    ]
    assert eve.get(f"{API}/organizations").json()["items"] == []
    assert eve.get(acme["path"]).status_code == 404
    assert len(server.client.get(f"{API}/organizations").json()["items"]) == 1


def test_an_edit_of_what_has_changed_since_is_refused(acme: dict[str, Any]) -> None:
    ada, path = acme["ada"], acme["path"]
    etag = ada.get(path).headers["etag"]
    first = ada.patch(path, json={"name": "One"}, headers={"If-Match": etag})
    assert first.status_code == 200
    assert first.headers["etag"] != etag
    second = ada.patch(path, json={"name": "Two"}, headers={"If-Match": etag})
    assert second.status_code == 412
    assert ada.get(path).json()["name"] == "One"


def test_roles_change_and_the_last_admin_stays(acme: dict[str, Any]) -> None:
    ada, bob, path = acme["ada"], acme["bob"], acme["path"]
    members = ada.get(f"{path}/members").json()["items"]
    assert [(item["email"], item["role"]) for item in members] == [
        ("ada@example.org", "admin"), ("bob@example.org", "member"),
    ]  # fmt: skip
    first, second = (f"{path}/members/{item['user_id']}" for item in members)
    assert ada.patch(first, json={"role": "guest"}).status_code == 409
    assert ada.delete(first).status_code == 409
    assert bob.patch(first, json={"role": "guest"}).status_code == 403
    assert ada.patch(second, json={"role": "admin"}).json()["role"] == "admin"
    assert bob.delete(first).status_code == 204
    assert ada.get(path).status_code == 404
    assert bob.delete(first).status_code == 404


def test_nobody_is_added_twice_or_without_an_account(acme: dict[str, Any]) -> None:
    ada, path = acme["ada"], acme["path"]
    assert ada.post(f"{path}/members", json={"email": "bob@example.org"}).status_code == 409
    unknown = ada.post(f"{path}/members", json={"email": "new@example.org"})
    assert unknown.status_code == 404
    assert "invite" in unknown.json()["error"]["hint"]


def test_members_edit_its_projects_admins_own_them_and_guests_see_none(
    acme: dict[str, Any],
) -> None:
    ada, bob, path = acme["ada"], acme["bob"], acme["path"]
    body = {"name": "Shared", "organization_id": acme["id"]}
    number = bob.post(f"{API}/projects", json=body).json()["id"]
    project = f"{API}/projects/{number}"
    assert ada.get(f"{project}/api-keys").status_code == 200
    user = bob.get(f"{API}/me").json()["id"]
    bob_there = f"{project}/collaborators/{user}"
    # He made it and owns it; without that he edits it as a member does.
    assert ada.delete(bob_there).status_code == 204
    assert bob.get(f"{project}/api-keys").status_code == 403
    assert bob.patch(project, json={"name": "Renamed"}).status_code == 200
    ada.patch(f"{path}/members/{user}", json={"role": "guest"})
    assert bob.get(project).status_code == 404
    assert bob.post(f"{API}/projects", json=body).status_code == 403


def test_an_organization_with_projects_is_not_deleted(acme: dict[str, Any]) -> None:
    ada, path = acme["ada"], acme["path"]
    body = {"name": "Shared", "organization_id": acme["id"]}
    number = ada.post(f"{API}/projects", json=body).json()["id"]
    assert ada.delete(path).status_code == 409
    ada.delete(f"{API}/projects/{number}")
    assert ada.delete(path).status_code == 409
    ada.post(f"{API}/trash/projects/{number}/restore")
    moved = ada.post(f"{API}/projects/{number}/transfer", json={"email": "ada@example.org"})
    assert moved.status_code == 200
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404


def test_it_works_the_same_on_every_database(
    open_server: Callable[..., Server], database_url: str
) -> None:
    server = open_server(database_url)
    ada = server.person("ada")
    number = ada.post(f"{API}/organizations", json={"name": "Acme"}).json()["id"]
    path = f"{API}/organizations/{number}"
    invited = ada.post(f"{path}/invitations", json={"email": "bob@example.org"}).json()
    bob = server.anonymous()
    body = {"token": invited["token"], "name": "Bob", "password": "correct horse"}
    assert bob.post(f"{API}/invitations/accept", json=body).status_code == 201
    assert bob.get(path).status_code == 200
    wrong = server.anonymous().post(
        f"{API}/sessions", json={"email": "bob@example.org", "password": "x"}
    )
    assert wrong.status_code == 401
    actions = [item["action"] for item in ada.get(f"{path}/audit").json()["items"]]
    assert actions == ["invitation.accept", "invitation.create", "organization.create"]
    assert server.client.get(f"{API}/users", params={"search": "BOB"}).json()["items"]
