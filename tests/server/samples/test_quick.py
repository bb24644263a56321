"""The shortcut of uploads answers as FastAPI does, and leaves to it what is unusual."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from tinsmith.server.samples.quick import usual_headers

TYPE = {"content-type": "application/octet-stream"}


def request_of(*headers: tuple[bytes, bytes]) -> Request:
    return Request({"type": "http", "headers": list(headers)})


def test_both_ways_answer_the_same(project: Any, wav: Any) -> None:
    usual = {
        **TYPE, "x-file-name": "on.1.wav", "x-label": "UTF-8''%C3%A9", "x-category": "testing",
        "x-metadata": '{"subject": "7"}',
    }  # fmt: skip
    quick = project.call("POST", "/file", content=wav(1), headers=usual)
    closely = {**usual, "x-allow-duplicates": "false"}
    ordinary = project.call("POST", "/file", content=wav(2), headers=closely)
    assert quick.status_code == ordinary.status_code == 201
    assert quick.headers["content-type"] == ordinary.headers["content-type"]
    numbers = [answer.json()["files"][0].pop("sample_id") for answer in (quick, ordinary)]
    one, two = (project.get(f"/{number}") for number in numbers)
    for name in ("label", "category", "metadata", "name", "length_ms"):
        assert one[name] == two[name]
    assert one["label"] == "é"


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({}, "header.x-file-name"),
        ({"x-file-name": ""}, "header.x-file-name"),
        ({"x-file-name": "a" * 1201}, "header.x-file-name"),
        ({"x-file-name": "a.wav", "x-label": "b" * 601}, "header.x-label"),
        ({"x-file-name": "a.wav", "x-label": "b" * 201}, "header.x-label"),
        ({"x-file-name": "a.wav", "x-category": "train"}, "header.x-category"),
        ({"x-file-name": "a.wav", "x-metadata": "{"}, "metadata"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    project: Any, wav: Any, headers: dict[str, str], field: str
) -> None:
    response = project.call("POST", "/file", content=wav(1), headers={**TYPE, **headers})
    assert response.status_code == 422, response.text
    assert [item["path"] for item in response.json()["error"]["fields"]] == [field]
    assert project.names() == []


def test_the_shortcut_asks_for_permission_too(project: Any, wav: Any) -> None:
    headers = {**TYPE, "x-file-name": "on.wav"}
    key = project.server.key("read-only", project.number)
    refused = project.call("POST", "/file", content=wav(1), headers={**headers, "x-api-key": key})
    unknown = project.call("POST", "/file", content=wav(1), headers={**headers, "x-api-key": "no"})
    assert (refused.status_code, unknown.status_code) == (403, 401)
    assert project.names() == []


def test_only_what_is_usual_is_taken() -> None:
    name = (b"x-file-name", b"on.wav")
    assert usual_headers(request_of((b"host", b"h"), name)) == {"x_file_name": "on.wav"}
    for unusual in (
        (b"x-file-name", b"off.wav"),
        (b"x-allow-duplicates", b"true"),
        (b"x-device", b"kitchen"),
        (b"x-sampling-request", b"0" * 32),
    ):
        assert usual_headers(request_of(name, unusual)) is None
