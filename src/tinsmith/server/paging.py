"""Pages of long lists, by cursor: stable while rows come and go."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.text import clean_values

T = TypeVar("T")
Row = TypeVar("Row")


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


def after_number(cursor: str | None) -> int | None:
    """The number that the page before ended with; None for the first page.

    Raises:
        UnusableError: The cursor is not one of a list in the order of a number.
    """
    return decode_cursor(cursor, int)[0] if cursor else None


def after_count(cursor: str | None) -> int:
    """How many items the pages before held, of a list that does not change.

    Raises:
        UnusableError: The cursor is not one of a list in the order of a number.
    """
    return max(0, after_number(cursor) or 0)


def cut(
    found: Sequence[Row], limit: int, key: Callable[[Row], Any] = attrgetter("id")
) -> tuple[Sequence[Row], str | None]:
    """The rows of a page, and the cursor of the next one if there is any.

    Args:
        found: What was found when asked for one more than `limit`.
        limit: How many rows a page holds.
        key: What the list is ordered by, of a row.
    """
    more = encode_cursor(key(found[limit - 1])) if len(found) > limit else None
    return found[:limit], more


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
