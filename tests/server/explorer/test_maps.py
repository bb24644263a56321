"""Maps of windows, importance of features, and features as files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

_WINDOWS = 18 * 7


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_a_map_shows_every_window_with_what_the_test_decided(trained: Any, method: str) -> None:
    assert not trained.finish("explorer", method=method)["is_cached"]
    found = trained.get(f"impulses/{trained.impulse}/map", method=method)
    assert found["total"] == found["shown"] == len(found["points"]) == _WINDOWS
    assert not found["is_stale"]
    samples = {*trained.training, *trained.testing}
    assert {point["sample_id"] for point in found["points"]} == samples
    assert all(len(point["point"]) == 2 for point in found["points"])
    tested = trained.get(f"test-results/{found['test_result_id']}")["rescored"]
    decided = [point for point in found["points"] if point["decision"] is not None]
    assert {point["category"] for point in decided} == {"testing"}
    assert len(decided) == tested["count"]
    right = sum(point["is_right"] for point in decided)
    assert right / len(decided) == tested["accuracy"]


def test_a_map_of_the_same_data_is_not_made_twice(trained: Any) -> None:
    first = trained.finish("explorer", dims=3)
    second = trained.finish("explorer", dims=3)
    assert second == {"artifact_id": first["artifact_id"], "is_cached": True}
    point = trained.get(f"impulses/{trained.impulse}/map", dims=3)["points"][0]
    assert len(point["point"]) == 3


def test_an_embedding_can_be_mapped(trained: Any) -> None:
    trained.finish("explorer", source="embedding")
    found = trained.get(f"impulses/{trained.impulse}/map", source="embedding")
    assert found["source"] == "embedding"
    assert found["shown"] == _WINDOWS


def test_a_map_is_stale_once_blocks_change(trained: Any) -> None:
    client = trained.server.client
    copy = client.post(trained.url(f"impulses/{trained.impulse}/clone"), json={}).json()
    url = trained.url(f"impulses/{copy['id']}")
    assert client.get(f"{url}/map").status_code == 404
    trained.finish("explorer", impulse_id=copy["id"])
    design = copy["design"]
    design["learning"][0]["training"] = {"epochs": 3}
    client.put(url, json={"design": design})
    assert not client.get(f"{url}/map").json()["is_stale"]
    design["input"]["stride_ms"] = 500
    client.put(url, json={"design": design})
    assert client.get(f"{url}/map").json()["is_stale"]


def test_features_are_ranked_by_what_they_say(trained: Any) -> None:
    url = trained.url(f"impulses/{trained.impulse}/importance")
    assert trained.server.client.get(url).status_code == 404
    trained.finish("importance")
    found = trained.server.client.get(url).json()
    values = [item["value"] for item in found["features"]]
    assert values == sorted(values, reverse=True)
    # The machines differ by how fast they turn, which gravity's axis does not tell at all.
    assert values[0] > 0.5
    assert {item["name"] for item in found["axes"]} == {"accX", "accY", "accZ"}
    assert not found["is_stale"]


def test_features_are_handed_out_as_files(trained: Any) -> None:
    assert trained.finish("feature-files")["windows"] == _WINDOWS
    base = f"impulses/{trained.impulse}/features"
    files = {item["name"]: item for item in trained.get(base)}
    response = trained.server.client.get(trained.url(f"{base}/features.npy"))
    matrix = np.load(io.BytesIO(response.content), allow_pickle=False)
    index = trained.get(f"{base}/windows.json")
    assert matrix.shape == (_WINDOWS, len(index["features"]))
    assert matrix.dtype == np.float32
    assert len(index["windows"]) == _WINDOWS
    assert files["features.npy"]["size_bytes"] == len(response.content)
    assert trained.server.client.get(trained.url(f"{base}/secrets.txt")).status_code == 404
