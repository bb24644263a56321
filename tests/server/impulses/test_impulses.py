"""Impulses of a project: several of them, one default, copies, the trash, edits of two people."""

from __future__ import annotations

import copy
from typing import Any


def _impulse(shop: Any, number: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = shop.get(f"impulses/{number or shop.impulse}")
    return found


def _listed(shop: Any, **query: Any) -> list[tuple[int, bool]]:
    return [(item["id"], item["is_default"]) for item in shop.get("impulses", **query)["items"]]


def test_the_first_impulse_is_the_default_until_another_one_is_made_it(untrained: Any) -> None:
    client, first = untrained.server.client, untrained.impulse
    second = client.post(untrained.url(f"impulses/{first}/clone"), json={}).json()["id"]
    assert _listed(untrained) == [(first, True), (second, False)]
    client.patch(untrained.url(f"impulses/{second}"), json={"is_default": True})
    assert _listed(untrained) == [(first, False), (second, True)]


def test_a_copy_has_the_design_and_another_name(untrained: Any) -> None:
    client, url = untrained.server.client, untrained.url(f"impulses/{untrained.impulse}/clone")
    first = _impulse(untrained)
    for body, name in (({}, "Movements (copy)"), ({"name": "Other"}, "Other")):
        twin = client.post(url, json=body).json()
        assert twin["name"] == twin["design"]["name"] == name
        assert {**twin["design"], "name": ""} == {**first["design"], "name": ""}
        assert twin["model_id"] is None


def test_a_deleted_impulse_waits_in_the_trash_and_comes_back(untrained: Any) -> None:
    client, first = untrained.server.client, untrained.impulse
    second = client.post(untrained.url(f"impulses/{first}/clone"), json={}).json()["id"]
    assert client.delete(untrained.url(f"impulses/{first}")).status_code == 204
    assert client.get(untrained.url(f"impulses/{first}")).status_code == 404
    assert _listed(untrained) == [(second, True)]
    assert _listed(untrained, deleted=True) == [(first, False)]
    assert client.post(untrained.url(f"impulses/{first}/restore")).status_code == 200
    assert client.post(untrained.url(f"impulses/{first}/restore")).status_code == 404
    assert _listed(untrained) == [(first, False), (second, True)]


def test_an_impulse_that_somebody_else_changed_is_not_overwritten(untrained: Any) -> None:
    client, url = untrained.server.client, untrained.url(f"impulses/{untrained.impulse}")
    response = client.get(url)
    tag, design = response.headers["etag"], response.json()["design"]
    headers = {"if-match": tag}
    assert client.patch(url, json={"name": "Mine"}, headers=headers).status_code == 200
    assert client.put(url, json={"design": design}, headers=headers).status_code == 412
    assert client.patch(url, json={"name": "Theirs"}, headers=headers).status_code == 412
    assert _impulse(untrained)["name"] == "Mine"


def test_a_design_that_works_on_no_data_is_refused_with_each_field(untrained: Any) -> None:
    client = untrained.server.client
    design = copy.deepcopy(_impulse(untrained)["design"])
    design["processing"][0]["parameters"] = {"fft_length": 7}
    design["processing"][1]["parameters"] = {"mean": True}
    design["learning"][0]["training"] = {"epochs": -1}
    response = client.post(untrained.url("impulses"), json={"design": design})
    assert response.status_code == 422
    paths = {item["path"] for item in response.json()["error"]["fields"]}
    assert paths >= {
        "body.design.processing.0.parameters.fft_length",
        "body.design.processing.1.parameters.mean",
        "body.design.learning.0.training.epochs",
    }
    assert len(_listed(untrained)) == 1


def test_doubts_about_the_data_are_told_but_do_not_keep_a_design_out(untrained: Any) -> None:
    client = untrained.server.client
    design = copy.deepcopy(_impulse(untrained)["design"])
    design["input"]["axes"] = ["accX", "light"]
    response = client.post(untrained.url("impulses"), json={"design": design})
    assert response.status_code == 201
    assert "input.axes.1" in [item["path"] for item in response.json()["findings"]]


def test_an_impulse_of_another_project_is_not_found(untrained: Any) -> None:
    client, other = untrained.server.client, untrained.server.project("Other")
    base = f"/api/v1/projects/{other}/impulses/{untrained.impulse}"
    assert client.get(base).status_code == 404
    assert client.delete(base).status_code == 404
    assert client.post(f"{base}/clone", json={}).status_code == 404
    assert client.put(f"{base}/model", json={"model_id": None}).status_code == 404
    assert client.put(f"{base}/thresholds", json={}).status_code == 404


def test_lists_come_in_pages(untrained: Any) -> None:
    client, url = untrained.server.client, untrained.url(f"impulses/{untrained.impulse}/clone")
    numbers = [untrained.impulse, *(client.post(url, json={}).json()["id"] for _ in range(4))]
    found, cursor = [], None
    while True:
        page = untrained.get("impulses", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == numbers
