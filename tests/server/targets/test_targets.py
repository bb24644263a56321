"""Boards, devices of one's own and budgets."""

from __future__ import annotations

from typing import Any

import pytest

OWN = {"core": "cortex-m4f", "clock_mhz": 80, "ram_bytes": 65536, "flash_bytes": 262144}


def _put(server: Any, project: int, body: dict[str, Any], **headers: str) -> Any:
    url = f"/api/v1/projects/{project}/target"
    return server.client.put(url, json=body, headers=headers)


@pytest.mark.slow
def test_every_board_can_be_chosen(server: Any) -> None:
    project = server.project()
    catalogue = server.client.get("/api/v1/boards").json()
    cores = {item["name"] for item in catalogue["cores"]}
    assert len(catalogue["boards"]) >= 5
    for board in catalogue["boards"]:
        assert board["core"] in cores
        found = _put(server, project, {"board": board["name"]}).json()
        assert (found["title"], found["ram_bytes"]) == (board["title"], board["ram_bytes"])


def test_a_common_board_is_the_default(server: Any) -> None:
    found = server.client.get(f"/api/v1/projects/{server.project()}/target").json()
    assert found["is_default"]
    assert found["board"] == "generic-cortex-m4f"
    assert found["latency_ms"] is None


def test_budgets_replace_the_numbers_of_a_board(server: Any) -> None:
    project = server.project()
    body = {"board": "nano-33-ble-sense", "ram_bytes": 100_000, "latency_ms": 20}
    found = _put(server, project, body).json()
    assert (found["ram_bytes"], found["latency_ms"]) == (100_000, 20)
    assert found["flash_bytes"] == 1_048_576


def test_a_device_of_ones_own_is_kept(server: Any) -> None:
    project = server.project()
    found = _put(server, project, {**OWN, "title": "Badge"}).json()
    assert (found["board"], found["title"], found["core"]) == (None, "Badge", "cortex-m4f")
    assert server.client.get(f"/api/v1/projects/{project}/target").json() == found


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"core": "z80"}, "core"),
        ({"core": None}, "core"),
        ({"ram_bytes": 0}, "ram_bytes"),
        ({"clock_mhz": -1}, "clock_mhz"),
        ({"latency_ms": 0}, "latency_ms"),
        ({"board": "breadboard"}, "board"),
        ({"board": "nano-33-ble-sense", "core": "cortex-m3"}, "core"),
        ({"title": ""}, "title"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_with_its_field(
    server: Any, change: dict[str, Any], field: str
) -> None:
    project = server.project()
    response = _put(server, project, {**OWN, **change})
    assert response.status_code == 422
    assert f"body.{field}" in [item["path"] for item in response.json()["error"]["fields"]]
    assert server.client.get(f"/api/v1/projects/{project}/target").json()["is_default"]


def test_a_target_that_somebody_else_changed_is_not_overwritten(server: Any) -> None:
    project = server.project()
    tag = server.client.get(f"/api/v1/projects/{project}/target").headers["etag"]
    assert _put(server, project, OWN, **{"if-match": tag}).status_code == 200
    assert _put(server, project, OWN, **{"if-match": tag}).status_code == 412
