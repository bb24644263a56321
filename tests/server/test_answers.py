"""Every answer has a number, rules for caches and browsers, and the same form when it fails."""

from __future__ import annotations

import gzip
import logging
from typing import Any

import pytest
from fastapi import FastAPI

from tinsmith.server import answers

API = "/api/v1"


def test_an_answer_has_a_number_which_the_caller_may_choose(server: Any) -> None:
    first = server.client.get(f"{API}/about")
    assert len(first.headers["x-request-id"]) == 16
    chosen = server.client.get(f"{API}/about", headers={"x-request-id": "abc-1.2_3"})
    assert chosen.headers["x-request-id"] == "abc-1.2_3"
    odd = server.client.get(f"{API}/about", headers={"x-request-id": "a b\t" + "c" * 100})
    assert len(odd.headers["x-request-id"]) == 16


@pytest.mark.parametrize("path", ["about", "nothing", "projects/1", "projects?limit=0"])
def test_nothing_of_the_api_is_cached_framed_or_guessed_at(server: Any, path: str) -> None:
    headers = server.client.get(f"{API}/{path}").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_what_has_an_etag_is_asked_for_again_and_not_sent_again(server: Any) -> None:
    project = f"{API}/projects/{server.project()}"
    first = server.client.get(project)
    assert first.headers["cache-control"] == "private, no-cache"
    again = server.client.get(project, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    server.client.patch(project, json={"name": "Other"})
    changed = server.client.get(project, headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "Other")


def test_an_edit_is_not_mistaken_for_a_read(server: Any) -> None:
    project = f"{API}/projects/{server.project()}"
    headers = {"if-none-match": "*"}
    response = server.client.patch(project, json={"name": "Other"}, headers=headers)
    assert response.status_code == 200


def test_long_answers_are_compressed_and_short_ones_are_not(server: Any) -> None:
    for number in range(20):
        server.project(f"Project {number}")
    plain = {"accept-encoding": "identity"}
    long = server.client.get(f"{API}/projects")
    assert long.headers["content-encoding"] == "gzip"
    assert long.json() == server.client.get(f"{API}/projects", headers=plain).json()
    assert int(long.headers["content-length"]) < len(long.content) / 3
    assert "content-encoding" not in server.client.get(f"{API}/about").headers
    assert gzip.decompress(gzip.compress(long.content)) == long.content


def test_head_answers_as_get_without_the_body(server: Any) -> None:
    get, head = server.client.get(f"{API}/about"), server.client.head(f"{API}/about")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
    assert server.client.head(f"{API}/nothing").status_code == 404


@pytest.mark.slow
def test_head_does_not_wait_for_the_end_of_a_stream(stocked: Any) -> None:
    response = stocked.client.head(f"{API}/projects/1/deployments/1/download")
    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) > 1000


def test_a_method_that_is_not_possible_is_told_which_are(server: Any) -> None:
    project = f"{API}/projects/{server.project()}"
    for method, path, allowed in (
        ("PUT", project, "GET, HEAD, PATCH, DELETE"),
        ("OPTIONS", f"{API}/projects", "GET, HEAD, POST"),
        ("GET", f"{project}/jobs/train", "POST"),
    ):
        response = server.client.request(method, path)
        assert response.status_code == 405
        assert response.headers["allow"] == allowed
        assert response.json()["error"]["code"] == "method_not_allowed"


def test_a_request_is_logged_without_its_query(
    server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tinsmith.access"):
        response = server.client.get(f"{API}/projects?cursor=secret")
    line = caplog.records[-1].getMessage()
    assert f'user 1 "GET {API}/projects" {response.status_code}' in line
    assert line.endswith(response.headers["x-request-id"])
    assert "secret" not in line


async def _fails_first(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError("cause")


def test_a_bug_is_logged_under_the_number_that_the_caller_sees(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from starlette.testclient import TestClient

    response = TestClient(answers.Answers(_fails_first, API)).get(f"{API}/x")
    assert response.status_code == 500
    number = response.headers["x-request-id"]
    assert number in response.json()["error"]["hint"]
    assert "cause" not in response.text
    assert number in caplog.text
    assert "RuntimeError: cause" in caplog.text


def test_an_answer_that_breaks_off_is_not_made_to_look_whole() -> None:
    from fastapi.responses import StreamingResponse
    from starlette.testclient import TestClient

    app = FastAPI()

    async def broken() -> Any:
        yield b"half"
        raise RuntimeError("cause")

    @app.get("/x")
    async def stream() -> StreamingResponse:
        return StreamingResponse(broken())

    with pytest.raises(RuntimeError, match="cause"):
        TestClient(answers.Answers(app, API)).get("/x")
