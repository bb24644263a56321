"""Large answers straight to text, without checking each of their numbers once more."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from pydantic import TypeAdapter

_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


def plain_json(value: dict[str, Any]) -> Response:
    """Plain values as a response, several times as fast as the standard library writes them."""
    return Response(_PLAIN.dump_json(value), media_type="application/json")
