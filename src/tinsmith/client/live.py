"""Server-sent events of a job, read from the bytes as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tinsmith.client.errors import BrokenServerError
from tinsmith.client.types import JobEvent

_EVENT: TypeAdapter[Any] = TypeAdapter(JobEvent)
# An event is cut off by the server at a small part of this.
_LONGEST = 4 * 1024 * 1024


class EventReader:
    """Turns pieces of a stream into events, each once, even if it is sent again.

    Args:
        after: Number of the last event that is known already.
    """

    def __init__(self, after: int = 0) -> None:
        self.last = after
        self.ended = False
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[JobEvent]:
        """The events that are complete with this piece.

        Raises:
            BrokenServerError: It is no stream of a job's events.
        """
        *blocks, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(self._rest) > _LONGEST:
            raise BrokenServerError("the stream of the job's events has an event without an end")
        for block in blocks:
            fields = _fields(block)
            if fields.get("event") == "end":
                self.ended = True
            elif "data" in fields:
                event = _event(fields["data"])
                if event.number > self.last:
                    self.last = event.number
                    yield event

    def restart(self) -> None:
        """Forgets the half event at which a connection broke."""
        self._rest = b""


def _fields(block: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        name, _, value = line.partition(":")
        if name:
            value = value.removeprefix(" ")
            found[name] = f"{found[name]}\n{value}" if name == "data" and name in found else value
    return found


def _event(text: str) -> JobEvent:
    try:
        found: JobEvent = _EVENT.validate_json(text)
    except ValidationError as error:
        raise BrokenServerError(
            f"an event of the job is not understood: {error.errors()[0]['msg']}",
            hint="client and server may be of different versions; update the older one",
        ) from error
    return found
