"""Packages: what can be made, numbers that never repeat, downloads, what deletion leaves."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tinsmith.core.hashing import hash_bytes
from tinsmith.jobs.tasks.deploy import next_number
from tinsmith.store.tables import Deployment


@pytest.mark.slow
def test_options_say_why_a_target_is_not_possible(untrained: Any) -> None:
    options = untrained.get("deployment-options")
    assert [item["name"] for item in options["forms"]] == ["cpp-library"]
    targets = {item["name"]: item for item in options["targets"]}
    assert targets["cortex-m4f"]["is_supported"]
    assert targets["cortex-m4f"]["is_recommended"]
    assert not targets["linux-armv7"]["is_supported"]
    assert "cannot be run here" in targets["linux-armv7"]["reason"]


@pytest.mark.slow
def test_what_a_job_could_only_fail_at_is_refused(untrained: Any) -> None:
    client, url = untrained.server.client, untrained.url("deployments")
    body = {"impulse_id": untrained.impulse}
    assert client.post(url, json=body).status_code == 409
    for field, value in (("form", "magic"), ("target", "abacus"), ("target", "linux-armv7")):
        response = client.post(url, json={**body, field: value})
        assert response.status_code == 422
        assert response.json()["error"]["fields"][0]["path"] == f"body.{field}"
        if field == "target":
            refused = client.post(untrained.url("jobs/profile"), json={**body, field: value})
            assert refused.status_code == 422
    assert client.get(untrained.url("jobs")).json()["items"] == []


@pytest.mark.slow
def test_a_package_is_verified_downloaded_and_deleted_while_its_record_stays(trained: Any) -> None:
    client = trained.server.client
    number = trained.finish("deploy", target="host")["deployment_id"]
    found = trained.get(f"deployments/{number}")
    assert found["report"]["values_bit_identical"]
    assert not found["impulse_changed"]
    assert not found["data_changed"]
    url = trained.url(f"deployments/{number}/download")
    head = client.head(url)
    package = client.get(url)
    assert hash_bytes(package.content) == found["hash"]
    assert head.headers["etag"] == package.headers["etag"] == f'"{found["hash"]}"'
    assert int(head.headers["content-length"]) == len(package.content) == found["size_bytes"]
    assert not head.content
    assert "verification.json" in " ".join(zipfile.ZipFile(io.BytesIO(package.content)).namelist())
    assert client.get(url, headers={"if-none-match": head.headers["etag"]}).status_code == 304
    assert client.delete(trained.url(f"deployments/{number}")).status_code == 204
    assert client.get(url).status_code == 404
    assert client.head(url).status_code == 404
    assert trained.get(f"deployments/{number}")["deleted_at"] is not None
    again = trained.finish("deploy", target="host")["deployment_id"]
    assert trained.get(f"deployments/{again}")["number"] == found["number"] + 1


@pytest.mark.slow
def test_a_package_tells_that_its_impulse_has_changed_since(trained: Any) -> None:
    client = trained.server.client
    copy = client.post(
        trained.url(f"impulses/{trained.impulse}/clone"), json={"with_model": True}
    ).json()
    trained.finish("deploy", impulse_id=copy["id"], target="host")
    listed = trained.get("deployments", impulse_id=copy["id"])["items"]
    assert [item["impulse_changed"] for item in listed] == [False]
    client.put(trained.url(f"impulses/{copy['id']}/model"), json={"model_id": None})
    listed = trained.get("deployments", impulse_id=copy["id"])["items"]
    assert [item["impulse_changed"] for item in listed] == [True]


def test_numbers_do_not_repeat_however_many_jobs_end_at_once(
    open_server: Callable[..., Any], database_url: str
) -> None:
    server = open_server(database_url)
    project = server.project()

    def add(index: int) -> int:
        with server.context.database.write() as session:
            number = next_number(session, project)
            row = Deployment(
                project_id=project, number=number, form="cpp-library", target="host",
                variant="int8", memory="balanced", file_name="a.zip", blob_hash="0" * 64,
                size_bytes=1, report={},
            )  # fmt: skip
            session.add(row)
            session.flush()
            if index % 3 == 0:
                # A job that fails in its last moment leaves no row and takes no number.
                session.rollback()
                return 0
            return number

    with ThreadPoolExecutor(8) as pool:
        found = [number for number in pool.map(add, range(30)) if number]
    assert sorted(found) == list(range(1, 21))
