"""One's own account: name, password, sessions, personal keys."""

from __future__ import annotations

from typing import Any

Server = Any
API = "/api/v1"
OLD, NEW = "correct horse battery", "staple staple staple"


def test_people_change_their_name(server: Server) -> None:
    client = server.person("ada")
    assert client.patch(f"{API}/me", json={"name": "Ada L."}).json()["name"] == "Ada L."
    assert client.get(f"{API}/me").json()["name"] == "Ada L."


def test_a_first_password_needs_no_old_one_and_the_next_one_does(server: Server) -> None:
    client = server.person("ada")
    path = f"{API}/me/password"
    assert client.put(path, json={"new_password": OLD}).status_code == 204
    assert client.put(path, json={"new_password": NEW}).status_code == 403
    wrong = client.put(path, json={"new_password": NEW, "old_password": "guess"})
    assert wrong.status_code == 403
    assert wrong.json()["error"]["fields"][0]["path"] == "body.old_password"
    assert client.put(path, json={"new_password": NEW, "old_password": OLD}).status_code == 204
    signed_in = server.anonymous().post(
        f"{API}/sessions", json={"email": "ada@example.org", "password": NEW}
    )
    assert signed_in.status_code == 201


def test_guessing_the_old_password_is_throttled(server: Server) -> None:
    client = server.person("ada", password=OLD)
    body = {"new_password": NEW, "old_password": "guess"}
    statuses = [client.put(f"{API}/me/password", json=body).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


def test_a_new_password_ends_all_other_sessions(server: Server) -> None:
    client = server.person("ada", password=OLD)
    other = server.anonymous()
    other.post(f"{API}/sessions", json={"email": "ada@example.org", "password": OLD})
    assert len(client.get(f"{API}/me/sessions").json()) == 2
    client.put(f"{API}/me/password", json={"new_password": NEW, "old_password": OLD})
    assert other.get(f"{API}/me").status_code == 401
    assert client.get(f"{API}/me").status_code == 200


def test_short_passwords_are_refused(server: Server) -> None:
    client = server.person("ada")
    response = client.put(f"{API}/me/password", json={"new_password": "short"})
    assert response.status_code == 422


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(server: Server) -> None:
    client = server.person("ada", password=OLD)
    others = [server.anonymous() for _ in range(3)]
    for other in others:
        other.post(f"{API}/sessions", json={"email": "ada@example.org", "password": OLD})
    listed = client.get(f"{API}/me/sessions").json()
    assert [item["is_current"] for item in listed] == [False, False, False, True]
    newest = listed[0]["id"]
    assert client.delete(f"{API}/me/sessions/{newest}").status_code == 204
    assert others[2].get(f"{API}/me").status_code == 401
    assert others[1].get(f"{API}/me").status_code == 200
    bob = server.person("bob")
    assert bob.delete(f"{API}/me/sessions/{listed[1]['id']}").status_code == 404
    assert client.delete(f"{API}/me/sessions").status_code == 204
    assert [item["id"] for item in client.get(f"{API}/me/sessions").json()] == [listed[3]["id"]]


def test_a_personal_key_does_what_its_person_may_within_its_scope(server: Server) -> None:
    client = server.person("ada")
    number = client.post(f"{API}/projects", json={"name": "Hers"}).json()["id"]
    wanted = {"name": "reader", "scope": "read-only", "expires_at": "2099-01-01T00:00:00Z"}
    made = client.post(f"{API}/me/api-keys", json=wanted).json()
    program = server.anonymous(**{"x-api-key": made["secret"]})
    assert program.get(f"{API}/projects/{number}").status_code == 200
    assert program.patch(f"{API}/projects/{number}", json={"name": "X"}).status_code == 403
    assert program.post(f"{API}/me/api-keys", json=wanted).status_code == 403
    listed = client.get(f"{API}/me/api-keys").json()
    assert listed[0]["last_used_at"]
    assert "secret" not in listed[0]
    assert client.delete(f"{API}/me/api-keys/{made['id']}").status_code == 204
    assert program.get(f"{API}/me").status_code == 401


def test_a_key_cannot_be_made_that_has_ended(server: Server) -> None:
    client = server.person("ada")
    for moment in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00"):
        body = {"name": "late", "expires_at": moment}
        assert client.post(f"{API}/me/api-keys", json=body).status_code == 422
