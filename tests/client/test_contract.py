"""The client asks for what the server has, and reads it as what the server says it is."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin
from unittest.mock import Mock

import pytest

import tinsmith.client
from tinsmith.client import types
from tinsmith.client.sending import Endpoint, Page

ROOT = Path(__file__).resolve().parents[2]


def all_endpoints() -> list[Endpoint[Any]]:
    """Every endpoint that a module of the client names."""
    found: dict[str, Endpoint[Any]] = {}
    for module in pkgutil.walk_packages(tinsmith.client.__path__, "tinsmith.client."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Endpoint):
                found[value.name] = value
    return list(found.values())


ENDPOINTS = all_endpoints()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document of the server as it is."""
    from tinsmith.server.app import create_app

    found: dict[str, Any] = create_app(Mock()).openapi()
    return found


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """`tools/client_types.py`, which writes the types."""
    spec = importlib.util.spec_from_file_location("client_types", ROOT / "tools/client_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_client_covers_each_kind_of_thing() -> None:
    paths = " ".join(endpoint.path for endpoint in ENDPOINTS)
    assert len(ENDPOINTS) > 35
    for word in (
        "samples",
        "impulses",
        "jobs",
        "models",
        "test-results",
        "deployments",
        "devices",
        "versions",
    ):
        assert f"/{word}" in paths


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_the_server_has_the_endpoint(
    endpoint: Endpoint[Any], document: dict[str, Any], generator: ModuleType
) -> None:
    operation = document["paths"][f"/api/v1{endpoint.path}"][endpoint.method.lower()]
    assert operation["operationId"] == endpoint.name
    good = next(value for status, value in operation["responses"].items() if status[0] == "2")
    schema = good.get("content", {}).get("application/json", {}).get("schema", {})
    assert said(schema, document, generator) == read(endpoint.result)


def said(schema: dict[str, Any], document: dict[str, Any], generator: ModuleType) -> str:
    """What the server says an answer is, in a word."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name.startswith("Page_"):
        items = document["components"]["schemas"][name]["properties"]["items"]["items"]
        return f"page of {said(items, document, generator)}"
    if schema.get("type") == "array":
        return f"list of {said(schema['items'], document, generator)}"
    return str(generator.client_name(name)) or "nothing"


def read(result: Any) -> str:
    """What the client reads an answer as, in the same words."""
    if get_origin(result) is Page:
        return f"page of {read(get_args(result)[0])}"
    if get_origin(result) is tuple:
        return f"list of {read(get_args(result)[0])}"
    return "nothing" if result is type(None) else str(result.__name__)


def test_types_are_what_the_server_sends(generator: ModuleType, document: dict[str, Any]) -> None:
    wanted = generator.schemas(document)
    found = {
        name: item
        for name, item in inspect.getmembers(types, dataclasses.is_dataclass)
        if item.__module__ == types.__name__
    }
    assert set(found) == set(wanted), "run python tools/client_types.py"
    for name, schema in wanted.items():
        fields = {field.name for field in dataclasses.fields(found[name])}
        assert fields == set(schema["properties"]), f"{name}: run python tools/client_types.py"


@pytest.mark.slow
def test_the_generator_writes_the_file_there_is(generator: ModuleType) -> None:
    pytest.importorskip("datamodel_code_generator", reason="a tool of developers")
    assert generator.written() == (ROOT / "src/tinsmith/client/types.py").read_text("utf-8")
