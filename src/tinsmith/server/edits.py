"""Editing what several people may edit: revisions as ETags."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response

from tinsmith.server.errors import StaleError

IfMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="The ETag that was read; if the thing has changed since, nothing is done.",
    ),
]


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def set_etag(response: Response, revision: int) -> None:
    """Tells the revision of what is sent."""
    response.headers["ETag"] = etag(revision)


def require_current(revision: int, if_match: str | None) -> None:
    """Refuses an edit of something that was changed since it was read.

    Raises:
        StaleError: It was.
    """
    if if_match is None or if_match.strip() == "*":
        return
    given = {part.strip().removeprefix("W/") for part in if_match.split(",")}
    if etag(revision) not in given:
        raise StaleError(
            f"it is at revision {revision} now, not at {if_match} any more",
            hint="read it again, apply the change to what is there now, and send it once more",
        )
