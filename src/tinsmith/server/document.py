"""The OpenAPI document: what every operation needs, taken from where it is decided.

Summaries are the first sentences of the routes' docstrings; who may do what is the table of
permissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from tinsmith.server.errors import ErrorEnvelope
from tinsmith.server.permissions import ACCESS, Permission
from tinsmith.server.security import COOKIE

_METHODS = ("get", "head", "options", "put", "post", "patch", "delete")
_SCHEMES = {
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key, as devices and scripts send it.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The same API key as `Authorization: Bearer KEY`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "A person's session in a browser.",
    },
}


def describe(app: FastAPI) -> None:
    """Completes the app's OpenAPI document when it is first asked for."""
    plain = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            components = document.setdefault("components", {})
            components["securitySchemes"] = _SCHEMES
            components["schemas"] = dict(sorted({**components["schemas"], **_errors()}.items()))
            for operation in operations(document):
                _complete(operation)
            _bound(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _errors() -> dict[str, Any]:
    """Schemas of what every operation may answer, which routes only name."""
    envelope = ErrorEnvelope.model_json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    return {**envelope.pop("$defs"), ErrorEnvelope.__name__: envelope}


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every operation of a document."""
    for item in document["paths"].values():
        yield from (item[method] for method in _METHODS if method in item)


def _complete(operation: dict[str, Any]) -> None:
    permission = ACCESS[operation["operationId"]]
    text = operation["description"].strip()
    operation["summary"] = text.partition("\n")[0].rstrip(".")
    operation["x-permission"] = permission.value
    if permission is Permission.PUBLIC:
        operation["security"] = []
        operation["description"] = f"{text}\n\nAnybody may do this."
    else:
        operation["security"] = [{name: []} for name in _SCHEMES]
        operation["description"] = f"{text}\n\nNeeds the permission `{permission.value}`."


def _bound(value: Any) -> None:
    """Writes bounds of whole numbers as whole numbers: 2^63 as a float is a little more."""
    if isinstance(value, dict):
        if value.get("type") == "integer" and "exclusiveMaximum" in value:
            value["maximum"] = int(value.pop("exclusiveMaximum")) - 1
        for item in value.values():
            _bound(item)
    elif isinstance(value, list):
        for item in value:
            _bound(item)
