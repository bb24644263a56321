"""A data folder of the first server opens with today's; `make.py` says how it was made."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinsmith.store.database import open_database, revision

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
PROJECT = "/api/v1/projects/1"


def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "first.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def server(first_data: Path, open_server: Callable[..., Any]) -> Any:
    """Today's server on it."""
    return open_server(data=first_data)


def test_the_tables_are_brought_up_to_date_and_a_copy_of_the_old_ones_is_kept(
    first_data: Path, server: Any
) -> None:
    copies = list((first_data / "backups").glob("before-*.sqlite"))
    assert len(copies) == 1
    old = open_database(f"sqlite:///{copies[0]}")
    assert revision(old) == "0001"
    assert revision(server.context.database) != "0001"
    old.close()


def test_everything_is_listed_as_it_was(server: Any) -> None:
    def get(path: str) -> Any:
        response = server.client.get(PROJECT + path)
        assert response.status_code == 200, response.text
        return response.json()

    def items(path: str) -> list[Any]:
        # What was a plain list at first may come in pages now.
        found = get(path)
        rows: list[Any] = found["items"] if isinstance(found, dict) else found
        return rows

    assert get("")["name"] == "Tones"
    samples = items("/samples")
    assert len(samples) == 20
    assert {item["metadata"]["site"] for item in samples} == {"yard"}
    assert {(item["label"], item["category"]) for item in samples} == {
        (label, category) for label in ("loud", "quiet") for category in ("training", "testing")
    }
    assert [item["name"] for item in items("/impulses")] == ["Tones"]
    assert [item["classes"] for item in items("/models")] == [["loud", "quiet"]]
    assert {item["variant"] for item in items("/test-results")} == {"float32", "int8"}
    assert [job["state"] for job in items("/jobs")] == ["succeeded"] * 3
    assert [item["name"] for item in items("/api-keys")] == ["board"]


def test_the_old_package_is_downloaded_byte_for_byte(server: Any) -> None:
    row = server.client.get(f"{PROJECT}/deployments/1").json()
    content = server.client.get(f"{PROJECT}/deployments/1/download").content
    assert len(content) == row["size_bytes"]
    assert base64.b64encode(content).decode() in kept()["blobs"].values()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert "verification.json" in package.namelist()


def test_a_device_sends_on_with_its_old_key(server: Any) -> None:
    device = server.anonymous(**{"x-api-key": kept()["api_key"]})
    body = "\n".join(["timestamp,level", *(f"{10 * i},{i % 7}" for i in range(40)), ""])
    headers = {"x-file-name": "loud.9.csv", "content-type": "application/octet-stream"}
    response = device.post(f"{PROJECT}/samples/file", content=body, headers=headers)
    assert response.status_code == 201, response.text
    assert response.json()["added"] == 1


def test_the_old_model_is_tested_and_the_old_samples_train_a_new_one(server: Any) -> None:
    for kind in ("test", "train"):
        job = server.client.post(f"{PROJECT}/jobs/{kind}", json={"impulse_id": 1}).json()
        server.client.get(f"{PROJECT}/jobs/{job['id']}/stream")
        done = server.client.get(f"{PROJECT}/jobs/{job['id']}").json()
        assert done["state"] == "succeeded", done
    assert server.client.get(f"{PROJECT}/impulses/1").json()["model_id"] != 1
