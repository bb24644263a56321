"""Invitations: a link that works once, for people with and without an account."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from tinsmith.store.tables import Invitation, now

Server = Any
API = "/api/v1"
PASSWORD = "correct horse battery"


@pytest.fixture
def invited(server: Server) -> dict[str, Any]:
    """An invitation of a stranger into a project of Ada's."""
    ada = server.person("ada")
    number = ada.post(f"{API}/projects", json={"name": "Hers"}).json()["id"]
    path = f"{API}/projects/{number}/invitations"
    made = ada.post(path, json={"email": "New@example.org", "role": "viewer"})
    assert made.status_code == 201, made.text
    return {"ada": ada, "path": path, "project": number, **made.json()}


def test_a_stranger_makes_the_account_and_is_in(server: Server, invited: dict[str, Any]) -> None:
    client = server.anonymous()
    shown = client.post(f"{API}/invitations/show", json={"token": invited["token"]}).json()
    assert (shown["project"], shown["role"], shown["needs_account"]) == ("Hers", "viewer", True)
    body = {"token": invited["token"], "name": "New", "password": PASSWORD}
    response = client.post(f"{API}/invitations/accept", json=body)
    assert response.status_code == 201
    assert response.json()["role"] == "viewer"
    assert client.get(f"{API}/me").json()["email"] == "new@example.org"
    assert client.get(f"{API}/projects/{invited['project']}").status_code == 200
    assert invited["ada"].get(invited["path"]).json()["items"] == []
    again = server.anonymous().post(f"{API}/invitations/accept", json=body)
    assert again.status_code == 404


def test_name_and_password_are_needed_for_an_account(
    server: Server, invited: dict[str, Any]
) -> None:
    response = server.anonymous().post(
        f"{API}/invitations/accept", json={"token": invited["token"]}
    )
    assert response.status_code == 422
    fields = [item["path"] for item in response.json()["error"]["fields"]]
    assert fields == ["body.name", "body.password"]


def test_whoever_is_signed_in_joins_and_never_loses_rights(
    server: Server, invited: dict[str, Any]
) -> None:
    ada = invited["ada"]
    accepted = ada.post(f"{API}/invitations/accept", json={"token": invited["token"]})
    assert accepted.json()["role"] == "owner"


def test_somebody_with_an_account_signs_in_first(server: Server, invited: dict[str, Any]) -> None:
    server.person("new")
    body = {"token": invited["token"], "name": "Me", "password": PASSWORD}
    response = server.anonymous().post(f"{API}/invitations/accept", json=body)
    assert response.status_code == 401


def test_keys_accept_nothing(server: Server, invited: dict[str, Any]) -> None:
    body = {"token": invited["token"]}
    assert server.client.post(f"{API}/invitations/accept", json=body).status_code == 403


@pytest.mark.slow
def test_an_invitation_ends_when_it_is_old_taken_back_or_made_anew(
    server: Server, invited: dict[str, Any]
) -> None:
    def is_open(token: str) -> bool:
        client = server.anonymous()
        return bool(client.post(f"{API}/invitations/show", json={"token": token}).is_success)

    ada, path = invited["ada"], invited["path"]
    second = ada.post(path, json={"email": "new@example.org"}).json()
    assert not is_open(invited["token"])
    assert is_open(second["token"])
    assert ada.delete(f"{path}/{second['id']}").status_code == 204
    assert not is_open(second["token"])
    third = ada.post(path, json={"email": "new@example.org"}).json()
    with server.context.database.write() as session:
        session.execute(update(Invitation).values(expires_at=now()))
    assert not is_open(third["token"])
    assert ada.delete(f"{path}/{third['id']}").status_code == 404


def test_an_invitation_into_a_project_in_the_trash_leads_nowhere(
    server: Server, invited: dict[str, Any]
) -> None:
    invited["ada"].delete(f"{API}/projects/{invited['project']}")
    body = {"token": invited["token"], "name": "New", "password": PASSWORD}
    assert server.anonymous().post(f"{API}/invitations/accept", json=body).status_code == 404
    assert server.client.get(f"{API}/users", params={"search": "new@"}).json()["items"] == []
