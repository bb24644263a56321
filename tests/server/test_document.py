"""The OpenAPI document tells all there is to know of every operation."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tinsmith.server.permissions import ACCESS

_METHODS = {"get", "put", "post", "patch", "delete"}
# Answers without a body.
_EMPTY = {"204", "304"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    from unittest.mock import Mock

    from tinsmith.server.app import create_app

    found: dict[str, Any] = create_app(Mock()).openapi()
    return found


@pytest.fixture(scope="module")
def found(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of every endpoint."""
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]


@pytest.mark.slow
def test_every_operation_is_described(found: list[Any]) -> None:
    poor = [
        (method, path)
        for method, path, operation in found
        if not operation.get("summary")
        or len(operation["summary"]) > 100
        or not operation.get("description", "").startswith(operation["summary"])
        or len(operation.get("tags", [])) != 1
    ]
    assert poor == []


def test_names_of_operations_are_unique_and_those_of_the_table(found: list[Any]) -> None:
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names))
    assert set(names) <= ACCESS.keys()
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name)] == []


def test_every_operation_names_its_permission_and_how_to_show_who_asks(found: list[Any]) -> None:
    for _, path, operation in found:
        permission = operation["x-permission"]
        assert permission == ACCESS[operation["operationId"]].value, path
        assert bool(operation["security"]) == (permission != "public"), path


def test_every_error_is_an_envelope(found: list[Any]) -> None:
    for method, path, operation in found:
        responses = operation["responses"]
        assert {"401", "422", "503"} <= responses.keys(), (method, path)
        assert any(status.startswith("2") for status in responses), (method, path)
        for status, response in responses.items():
            if status >= "400":
                schema = response["content"]["application/json"]["schema"]
                assert schema["$ref"].endswith("/ErrorEnvelope"), (method, path, status)
            elif method == "get" and status not in _EMPTY:
                assert response["content"], (method, path, status)


def test_numbers_and_texts_have_bounds(found: list[Any]) -> None:
    """Of parameters: an unbounded one reaches the database as it is."""
    loose = []
    for _, path, operation in found:
        for item in operation.get("parameters", []):
            for schema in item["schema"].get("anyOf", [item["schema"]]):
                kind = schema.get("type")
                if kind == "integer" and not {"minimum", "maximum"} <= _bounds(schema):
                    loose.append((path, item["name"]))
                # The web server itself bounds headers.
                if kind == "string" and item["in"] != "header" and not _is_bounded(schema):
                    loose.append((path, item["name"]))
    assert loose == []


def _bounds(schema: dict[str, Any]) -> set[str]:
    names = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
    return {names.get(name, name) for name in schema}


def _is_bounded(schema: dict[str, Any]) -> bool:
    exact = re.search(r"\{\d+\}\$$", schema.get("pattern", ""))
    return bool(exact or {"maxLength", "enum", "const", "format"} & schema.keys())


def test_bodies_refuse_fields_that_they_do_not_know(
    document: dict[str, Any], found: list[Any]
) -> None:
    schemas = document["components"]["schemas"]
    open_ = []
    for _, path, operation in found:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body and "$ref" in body["schema"]:
            name = body["schema"]["$ref"].rpartition("/")[2]
            if schemas[name].get("additionalProperties") is not False:
                open_.append((path, name))
    assert open_ == []


def test_no_bound_of_a_whole_number_is_a_float(document: dict[str, Any]) -> None:
    text = str(document)
    assert "e+18" not in text
    assert "9223372036854775807" in text
