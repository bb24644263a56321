"""Models: what the API says of them, their files, which one is in use."""

from __future__ import annotations

from typing import Any

import pytest

from tinsmith.core.hashing import hash_bytes

pytestmark = pytest.mark.slow


def _model(trained: Any) -> dict[str, Any]:
    found: dict[str, Any] = trained.get("models", impulse_id=trained.impulse)["items"][-1]
    return found


def test_a_model_tells_its_state_and_how_its_variants_were_tested(trained: Any) -> None:
    model = _model(trained)
    assert model["in_use"]
    assert not model["data_changed"]
    assert not model["design_changed"]
    assert set(model["tested"]) == {"float32", "int8"}
    assert all(item["value"] > 0.5 for item in model["tested"].values())
    assert sorted(model["classes"]) == ["idle", "rattling", "turning"]


def test_a_model_comes_with_history_design_and_files(trained: Any) -> None:
    detail = trained.get(f"models/{_model(trained)['id']}")
    assert len(detail["history"]) == 6
    assert detail["design"]["name"] == "Movements"
    names = {item["name"] for item in detail["files"]}
    assert names == {"fitted.json", "float32.tflite", "impulse.toml", "int8.tflite"}


def test_files_of_a_model_are_downloaded_with_their_hash(trained: Any) -> None:
    detail = trained.get(f"models/{_model(trained)['id']}")
    for file in detail["files"]:
        url = trained.url(f"models/{detail['id']}/files/{file['name']}")
        response = trained.server.client.get(url)
        assert hash_bytes(response.content) == file["hash"]
        assert len(response.content) == file["size_bytes"]
        again = trained.server.client.get(url, headers={"if-none-match": response.headers["etag"]})
        assert again.status_code == 304
        assert not again.content


def test_a_file_that_a_model_does_not_have_is_not_found(trained: Any) -> None:
    url = trained.url(f"models/{_model(trained)['id']}/files/..%2Ffitted.json")
    response = trained.server.client.get(url)
    assert response.status_code == 404


def test_a_model_in_use_is_not_deleted(trained: Any) -> None:
    response = trained.server.client.delete(trained.url(f"models/{_model(trained)['id']}"))
    assert response.status_code == 409
    assert "another model" in response.json()["error"]["hint"]


def test_an_older_model_is_used_again_and_the_newer_one_deleted(trained: Any) -> None:
    client = trained.server.client
    copy = client.post(
        trained.url(f"impulses/{trained.impulse}/clone"), json={"with_model": True}
    ).json()
    older = copy["model_id"]
    assert copy["metrics"] == {}
    newer = trained.finish("train", impulse_id=copy["id"])["model_id"]
    listed = trained.get("models", impulse_id=copy["id"])["items"]
    assert [(item["id"], item["in_use"]) for item in listed] == [(newer, True), (older, False)]
    url = trained.url(f"impulses/{copy['id']}/model")
    assert client.put(url, json={"model_id": older}).json()["model_id"] == older
    assert client.delete(trained.url(f"models/{newer}")).status_code == 204
    assert client.get(trained.url(f"models/{newer}")).status_code == 404
    assert client.put(url, json={"model_id": newer}).status_code == 404
    assert client.put(url, json={"model_id": None}).json()["model_id"] is None


def test_a_model_of_another_project_is_not_found(trained: Any) -> None:
    other = trained.server.project("Other")
    number = _model(trained)["id"]
    for path in (f"models/{number}", f"models/{number}/files/int8.tflite"):
        assert trained.server.client.get(f"/api/v1/projects/{other}/{path}").status_code == 404


def test_a_profile_says_whether_it_fits_the_target_as_it_is_now(trained: Any) -> None:
    client, target = trained.server.client, trained.url("target")
    number = trained.finish("profile", target="cortex-m4f")["profile_id"]
    client.put(target, json={"board": "generic-cortex-m4f"})
    roomy = trained.get(f"profiles/{number}")
    assert roomy["budget"]["fits"] is True
    assert roomy["document"]["stages"]
    own = {"core": "cortex-m4f", "clock_mhz": 64, "ram_bytes": 512, "flash_bytes": 10**6}
    client.put(target, json=own)
    tight = trained.get("profiles", model_id=roomy["model_id"])["items"][0]["budget"]
    assert tight["fits"] is False
    assert [item["path"] for item in tight["findings"]] == ["ram_bytes"]
    assert trained.get(f"models/{roomy['model_id']}")["budget"] == [tight]
    client.put(target, json={**own, "core": "cortex-m0plus"})
    assert trained.get(f"profiles/{number}")["budget"]["fits"] is None
    client.put(target, json={"board": "generic-cortex-m4f"})
