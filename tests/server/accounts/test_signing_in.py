"""Signing in by password and link: throttled, telling nothing, always with a new session."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import func, select, update

from tinsmith.server.secrets_ import hash_password
from tinsmith.server.security import COOKIE
from tinsmith.store.tables import Base, LoginFailure, LoginSession, now

Server = Any
API = "/api/v1"
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(server: Server) -> dict[str, str]:
    """Credentials of somebody with a password."""
    body = {"email": "Ada@Example.org", "name": "Ada", "password": PASSWORD}
    assert server.client.post(f"{API}/users", json=body).status_code == 201
    return {"email": "ada@example.org", "password": PASSWORD}


def test_the_right_password_opens_a_session_out_of_reach_of_scripts_and_other_sites(
    server: Server, ada: dict[str, str]
) -> None:
    client = server.anonymous()
    response = client.post(f"{API}/sessions", json={**ada, "email": " ADA@example.org "})
    assert response.status_code == 201
    assert response.json()["name"] == "Ada"
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get(f"{API}/me").json()["email"] == "ada@example.org"


def test_the_cookie_is_for_https_only_where_people_come_by_https(
    open_server: Callable[..., Server],
) -> None:
    server = open_server(public_url="https://tinsmith.example.org")
    body = {"email": "ada@example.org", "name": "Ada", "password": PASSWORD}
    server.client.post(f"{API}/users", json=body)
    del body["name"]
    response = server.anonymous().post(f"{API}/sessions", json=body)
    assert "secure" in response.headers["set-cookie"].lower()


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    server: Server, ada: dict[str, str]
) -> None:
    client = server.anonymous()
    wrong = client.post(f"{API}/sessions", json={**ada, "password": "wrong"})
    unknown = client.post(f"{API}/sessions", json={**ada, "email": "bob@example.org"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


@pytest.mark.slow
@pytest.mark.usefixtures("costly_passwords")
def test_the_time_does_not_tell_whether_an_account_exists(
    server: Server, ada: dict[str, str]
) -> None:
    client = server.anonymous()
    seconds: dict[str, list[float]] = {"ada@example.org": [], "nobody@example.org": []}
    for _ in range(8):
        for email, taken in seconds.items():
            began = time.thread_time(), time.perf_counter()
            client.post(f"{API}/sessions", json={"email": email, "password": "wrong"})
            taken.append(time.perf_counter() - began[1])
            with server.context.database.write() as session:
                session.query(LoginFailure).delete()
    there, absent = (min(taken) for taken in seconds.values())
    # Without the check against nobody's hash, the absent one is ten times as fast.
    assert 0.5 < absent / there < 2.0, (there, absent, statistics.mean(seconds["ada@example.org"]))


def test_ten_wrong_passwords_shut_an_account_for_a_while_whatever_the_next_one_is(
    server: Server, ada: dict[str, str]
) -> None:
    client = server.anonymous()
    for _ in range(10):
        assert client.post(f"{API}/sessions", json={**ada, "password": "x"}).status_code == 401
    refused = client.post(f"{API}/sessions", json=ada)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "900"
    with server.context.database.write() as session:
        session.execute(update(LoginFailure).values(at=now().replace(year=2020)))
    assert client.post(f"{API}/sessions", json=ada).status_code == 201


def test_one_address_cannot_try_one_password_on_many_accounts(server: Server) -> None:
    client = server.anonymous()
    statuses = [
        client.post(
            f"{API}/sessions", json={"email": f"{number}@example.org", "password": "x"}
        ).status_code
        for number in range(11)
    ]
    assert statuses == [401] * 10 + [429]


def test_the_right_password_forgives_earlier_slips(server: Server, ada: dict[str, str]) -> None:
    client = server.anonymous()
    for _ in range(3):
        client.post(f"{API}/sessions", json={**ada, "password": "x"})
        assert client.post(f"{API}/sessions", json=ada).status_code == 201
    with server.context.database.read() as session:
        account = select(func.count()).where(LoginFailure.subject == "email ada@example.org")
        assert session.scalar(account) == 0


def test_signing_in_never_takes_over_a_session_that_somebody_else_may_know(
    server: Server, ada: dict[str, str]
) -> None:
    client = server.anonymous()
    client.post(f"{API}/sessions", json=ada, headers={"Cookie": f"{COOKIE}=chosen-by-an-attacker"})
    first = client.cookies[COOKIE]
    assert first != "chosen-by-an-attacker"
    client.post(f"{API}/sessions", json=ada)
    stale = server.anonymous()
    stale.cookies.set(COOKIE, first)
    assert stale.get(f"{API}/me").status_code == 401
    with server.context.database.read() as session:
        assert session.scalar(select(func.count(LoginSession.id))) == 1


def test_a_link_signs_in_once(server: Server) -> None:
    number = server.client.get(f"{API}/users").json()["items"][0]["id"]
    token = server.client.post(f"{API}/users/{number}/link").json()["token"]
    client = server.anonymous()
    assert client.post(f"{API}/sessions/link", json={"token": token}).status_code == 201
    again = server.anonymous().post(f"{API}/sessions/link", json={"token": token})
    assert again.status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", ""])
def test_pages_of_other_sites_cannot_act_with_a_visitors_session(
    server: Server, origin: str
) -> None:
    client = server.person("ada")
    for path in ("projects", "sessions/link", "sessions"):
        response = client.post(
            f"{API}/{path}", json={"name": "x", "token": "x"}, headers={"Origin": origin}
        )
        assert response.status_code == 403, path
    assert client.get(f"{API}/me", headers={"Origin": origin}).status_code == 200
    own = client.post(
        f"{API}/projects", json={"name": "x"}, headers={"Origin": "http://testserver"}
    )
    assert own.status_code == 201


def test_bodies_that_a_form_of_another_site_can_send_are_not_read(server: Server) -> None:
    client = server.person("ada")
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = client.post(
            f"{API}/projects", content='{"name": "x"}', headers={"Content-Type": kind}
        )
        assert response.status_code in (415, 422), kind


def test_secrets_are_kept_as_hashes_only(server: Server, ada: dict[str, str]) -> None:
    client = server.anonymous()
    client.post(f"{API}/sessions", json=ada)
    secrets = [
        PASSWORD,
        client.cookies[COOKIE],
        client.post(f"{API}/me/api-keys", json={"name": "mine"}).json()["secret"],
    ]
    with server.context.database.read() as session:
        rows = [session.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    kept = str(rows)
    assert "$argon2id$" in kept
    assert [secret for secret in secrets if secret in kept] == []


@pytest.mark.usefixtures("costly_passwords")
def test_trying_a_password_takes_memory_and_time() -> None:
    costs = extract_parameters(hash_password(PASSWORD))
    # The second choice of RFC 9106, section 4: 64 MiB, three times.
    assert costs.type is Type.ID
    assert costs.memory_cost >= 64 * 1024
    assert costs.time_cost >= 3
