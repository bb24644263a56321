"""The audit log: who sees it, how it is searched, and that no secret is in it."""

from __future__ import annotations

from typing import Any

import pytest

Server = Any
API = "/api/v1"


def test_acts_are_listed_with_who_did_them_newest_first(server: Server) -> None:
    ada = server.person("ada")
    number = ada.post(f"{API}/projects", json={"name": "Hers"}).json()["id"]
    path = f"{API}/projects/{number}"
    key = ada.post(f"{path}/api-keys", json={"name": "robot", "scope": "admin"}).json()
    robot = server.anonymous(**{"x-api-key": key["secret"]})
    robot.patch(path, json={"name": "Robots'"})
    events = ada.get(f"{path}/audit").json()["items"]
    assert [item["action"] for item in events] == [
        "project.update", "api_key.create", "project.create",
    ]  # fmt: skip
    assert [item["api_key_id"] for item in events] == [key["id"], None, None]
    assert {item["user_name"] for item in events} == {"ada"}
    assert events[1]["subject"].startswith("robot (tsk_")


def test_the_log_is_filtered_and_paged(server: Server) -> None:
    path = f"{API}/projects/{server.project()}"
    for number in range(5):
        server.client.post(f"{path}/api-keys", json={"name": str(number)})
    server.client.patch(path, json={"name": "x"})
    query = {"action": "api_key", "limit": 3}
    page = server.client.get(f"{path}/audit", params=query).json()
    rest = server.client.get(f"{path}/audit", params={**query, "cursor": page["next_cursor"]})
    found = page["items"] + rest.json()["items"]
    assert [item["subject"][0] for item in found] == ["4", "3", "2", "1", "0"]
    middle = found[2]["at"]
    newer = server.client.get(f"{path}/audit", params={"action": "api_key", "since": middle})
    older = server.client.get(f"{path}/audit", params={"action": "api_key", "until": middle})
    assert (len(newer.json()["items"]), len(older.json()["items"])) == (3, 2)
    assert server.client.get(f"{path}/audit", params={"action": "api"}).json()["items"] == []
    assert server.client.get(f"{path}/audit", params={"user_id": 999}).json()["items"] == []
    naive = server.client.get(f"{path}/audit", params={"since": "2026-01-01T00:00:00"})
    assert naive.status_code == 422


def test_sign_ins_and_refusals_are_noted_without_a_secret(server: Server) -> None:
    password = "correct horse battery"
    server.person("ada", password=password)
    client = server.anonymous()
    client.post(f"{API}/sessions", json={"email": "ada@example.org", "password": "a wrong one"})
    client.post(f"{API}/sessions", json={"email": "ada@example.org", "password": password})
    text = server.client.get(f"{API}/audit").text
    events = server.client.get(f"{API}/audit", params={"action": "session"}).json()["items"]
    assert [item["action"] for item in events] == [
        "session.create", "session.refuse", "session.create",
    ]  # fmt: skip
    assert events[0]["detail"] == {"how": "password"}
    assert password not in text
    assert "a wrong one" not in text
    assert client.cookies["tinsmith_session"] not in text


@pytest.mark.slow
def test_what_is_deleted_or_brought_back_is_noted(stocked: Server) -> None:
    client, path = stocked.client, f"{API}/projects/1"
    sample, *more = client.get(f"{path}/samples").json()["items"]
    impulse = client.post(f"{path}/impulses/1/clone", json={"name": "Spare"}).json()["id"]
    others = {"select": {"ids": [item["id"] for item in more[:2]]}}
    answers = [
        client.delete(f"{path}/samples/{sample['id']}"),
        client.post(f"{path}/samples/bulk-delete", json=others),
        client.post(f"{path}/samples/restore", json=others),
        client.post(f"{path}/samples/empty-trash"),
        client.delete(f"{path}/impulses/{impulse}"),
        client.post(f"{path}/impulses/{impulse}/restore"),
        client.delete(f"{path}/deployments/1"),
        client.delete(f"{path}/deployments/1"),
    ]
    assert [answer.status_code for answer in answers] == [204, 200, 200, 200, 204, 200, 204, 204]
    events = client.get(f"{path}/audit").json()["items"]
    assert [(item["action"], item["subject"]) for item in reversed(events)] == [
        ("sample.delete", sample["name"]), ("sample.delete", "2 samples"),
        ("sample.restore", "2 samples"), ("sample.erase", "1 sample"),
        ("impulse.delete", "Spare"), ("impulse.restore", "Spare"),
        ("deployment.delete", "version 1"),
    ]  # fmt: skip
