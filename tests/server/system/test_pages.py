"""The few pages of a server, and what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from tinsmith import __version__

Server = Any


def test_the_first_page_says_what_this_is_and_runs_no_script(server: Server) -> None:
    response = server.anonymous().get("/")
    assert response.status_code == 200
    assert __version__ in response.text
    assert "<script" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


@pytest.mark.slow
def test_the_page_of_the_api_lists_every_endpoint(server: Server) -> None:
    document = server.anonymous().get("/api/v1/openapi.json").json()
    text = server.anonymous().get("/api/docs").text
    calls = [
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    ]
    assert [call for call in calls if f"<code>{call}</code>" not in text] == []


def test_a_link_signs_in_goes_to_the_first_page_and_does_so_once(server: Server) -> None:
    number = server.client.get("/api/v1/users").json()["items"][0]["id"]
    token = server.client.post(f"/api/v1/users/{number}/link").json()["token"]
    client = server.anonymous()
    response = client.get("/login", params={"token": token}, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert client.get("/api/v1/me").json()["is_admin"] is True
    again = server.anonymous().get("/login", params={"token": token})
    assert again.status_code == 401
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("query", ["next=https://evil.example", "token=x&next=//evil.example"])
def test_signing_in_leads_to_no_other_site(server: Server, query: str) -> None:
    response = server.anonymous().get(f"/login?{query}", follow_redirects=False)
    assert response.status_code in (401, 422)
    assert "location" not in response.headers


def test_no_other_site_may_read_answers(server: Server) -> None:
    response = server.client.get("/api/v1/me", headers={"Origin": "https://evil.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]
    asked = server.anonymous().options(
        "/api/v1/me",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
    )
    assert not [name for name in asked.headers if name.startswith("access-control")]


def test_links_never_follow_the_host_that_a_request_claims(server: Server) -> None:
    number = server.client.get("/api/v1/users").json()["items"][0]["id"]
    response = server.client.post(f"/api/v1/users/{number}/link", headers={"Host": "evil.example"})
    assert response.json()["url"].startswith("http://")


def test_the_server_says_how_one_gets_in(server: Server) -> None:
    anonymous = server.anonymous().get("/api/v1/about").json()
    assert anonymous["sign_up"] == "invitation"
    assert anonymous["signed_in"] is False
    assert server.client.get("/api/v1/about").json()["signed_in"] is True
