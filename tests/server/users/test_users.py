"""Accounts as administrators see them."""

from __future__ import annotations

from typing import Any

import pytest

Server = Any
API = "/api/v1"


def test_users_are_made_listed_searched_and_paged(server: Server) -> None:
    for name in ("ada", "bob", "eve"):
        server.person(name)
    page = server.client.get(f"{API}/users", params={"limit": 2}).json()
    assert [item["email"] for item in page["items"]] == ["admin@localhost", "ada@example.org"]
    rest = server.client.get(f"{API}/users", params={"cursor": page["next_cursor"]}).json()
    assert [item["name"] for item in rest["items"]] == ["bob", "eve"]
    found = server.client.get(f"{API}/users", params={"search": "EVE"}).json()["items"]
    assert [item["name"] for item in found] == ["eve"]
    assert server.client.get(f"{API}/users", params={"search": "%"}).json()["items"] == []


def test_an_address_has_one_account_whatever_its_capitals(server: Server) -> None:
    server.person("ada")
    body = {"email": "ADA@example.ORG", "name": "Again"}
    response = server.client.post(f"{API}/users", json=body)
    assert response.status_code == 409
    assert response.json()["error"]["fields"][0]["path"] == "body.email"
    bob = server.person("bob").get(f"{API}/me").json()["id"]
    taken = server.client.patch(f"{API}/users/{bob}", json={"email": "ada@example.org"})
    assert taken.status_code == 409


@pytest.mark.parametrize("email", ["", "ada", "a@b@c", "a b@c", "@b", "a@", "a\n@b", "a\x00@b"])
def test_what_is_no_address_is_refused(server: Server, email: str) -> None:
    response = server.client.post(f"{API}/users", json={"email": email, "name": "x"})
    assert response.status_code == 422


def test_whoever_is_disabled_is_out_at_once_with_all_keys(server: Server) -> None:
    client = server.person("ada")
    number = client.get(f"{API}/me").json()["id"]
    secret = client.post(f"{API}/me/api-keys", json={"name": "mine"}).json()["secret"]
    link = server.client.post(f"{API}/users/{number}/link").json()["token"]
    changed = server.client.patch(f"{API}/users/{number}", json={"enabled": False})
    assert changed.json()["enabled"] is False
    assert client.get(f"{API}/me").status_code == 401
    program = server.anonymous(**{"x-api-key": secret})
    assert program.get(f"{API}/me").status_code == 401
    server.client.patch(f"{API}/users/{number}", json={"enabled": True})
    assert program.get(f"{API}/me").status_code == 200
    assert client.get(f"{API}/me").status_code == 401
    stale = server.anonymous().post(f"{API}/sessions/link", json={"token": link})
    assert stale.status_code == 401


@pytest.mark.parametrize("change", [{"enabled": False}, {"is_admin": False}])
def test_the_last_administrator_stays_one(server: Server, change: dict[str, Any]) -> None:
    first = server.client.get(f"{API}/users").json()["items"][0]["id"]
    assert server.client.patch(f"{API}/users/{first}", json=change).status_code == 409
    server.person("ada", is_admin=True)
    assert server.client.patch(f"{API}/users/{first}", json=change).status_code == 200


def test_a_user_that_is_not_there_is_not_found(server: Server) -> None:
    assert server.client.get(f"{API}/users/999").status_code == 404
    assert server.client.patch(f"{API}/users/999", json={"name": "x"}).status_code == 404
