"""Pages of long lists, by cursor: stable while rows come and go."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.text import clean_values

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Part of a list."""

    model_config = ConfigDict(extra="forbid")

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="Ask with this `cursor` for what follows; null at the end."
    )


Limit = Annotated[int, Query(ge=1, le=1000, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="`next_cursor` of the page before.")
]


def encode_cursor(*position: Any) -> str:
    """A position in a list as opaque text."""
    text = json.dumps(position, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type | tuple[type, ...]) -> tuple[Any, ...]:
    """The position of a cursor, checked.

    Raises:
        UnusableError: It is not one that this list gave out.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error, RecursionError):
        position = None
    fits = (
        isinstance(position, list)
        and len(position) == len(kinds)
        and all(
            isinstance(item, kind) and not isinstance(item, bool)
            for item, kind in zip(position, kinds, strict=True)
        )
    )
    if not fits or not _is_storable(position):
        raise UnusableError(
            "the cursor is not one of this list",
            hint="ask without a cursor for the first page",
            fields=[FieldProblem(path="query.cursor", message="not a cursor of this list")],
        )
    return tuple(position)


def _is_storable(position: list[Any]) -> bool:
    try:
        clean_values({"position": position})
    except ValueError:
        return False
    return True
