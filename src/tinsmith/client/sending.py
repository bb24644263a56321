"""Requests: which endpoint, how its answer is read, and when it is asked again."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from tinsmith.client.errors import BrokenServerError, UnavailableError, error_of
from tinsmith.client.steps import (
    Answer,
    Close,
    Exchange,
    FilePart,
    Item,
    Pause,
    Read,
    Request,
    Send,
    Step,
)

T = TypeVar("T")

# Answers that may be different a moment later.
_PASSING = (429, 502, 503, 504)
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 8.0
# A server that asks for more patience than this has its refusal told at once.
_MOST_PATIENCE_S = 30.0
_IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Part of a list, and where it goes on."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class Endpoint(Generic[T]):
    """One operation of the API.

    Args:
        name: The operation's id in the OpenAPI document.
        method, path: What is asked; the path has its parameters in braces.
        result: What the answer's JSON is read as.
    """

    name: str
    method: str
    path: str
    result: type[T]

    def __call__(
        self,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Sequence[FilePart] = (),
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        **path: Any,
    ) -> Generator[Step, Any, T]:
        """Asks; not again after a failure unless the operation is repeatable.

        Raises:
            RefusedError: The server refuses.
            UnavailableError: It does not answer.
            BrokenServerError: It fails, or its answer is not understood.
        """
        request = Request(
            method=self.method,
            path=self.path.format_map(path),
            query=query or {},
            headers=headers or {},
            json=body,
            form=form or {},
            files=files,
        )
        may_repeat = self.method in _IDEMPOTENT if repeatable is None else repeatable
        answer: Answer = yield Send(request, may_repeat)
        return self.read(answer)

    def read(self, answer: Answer) -> T:
        """What an answer says.

        Raises:
            TinsmithError: It is an error, or something else than expected.
        """
        refuse_errors(answer)
        content = answer.content or b"null"
        try:
            return self._reader.validate_json(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BrokenServerError(
                f"the answer to {self.name} is not understood: {where}: {first['msg']}",
                hint="client and server may be of different versions; update the older one",
            ) from error

    @functools.cached_property
    def _reader(self) -> TypeAdapter[T]:
        return TypeAdapter(self.result)


def refuse_errors(answer: Answer) -> None:
    """Raises what an answer that is no success stands for.

    Raises:
        TinsmithError: It is none.
    """
    if 200 <= answer.status < 300:
        return
    try:
        document = json.loads(answer.content)
    except ValueError:
        document = None
    raise error_of(answer.status, document, answer.url)


def stream(request: Request) -> Generator[Step, Any, Answer]:
    """The head of a success; `Read` gives the rest.

    Raises:
        TinsmithError: It is an error.
    """
    answer: Answer = yield Send(request, streamed=True)
    if not 200 <= answer.status < 300:
        content = b""
        while piece := (yield Read(answer)):
            content += piece
        yield Close(answer)
        refuse_errors(Answer(answer.status, answer.headers, content, answer.url))
    return answer


def paged(
    endpoint: Endpoint[Page[T]], query: Mapping[str, Any] | None = None, **path: Any
) -> Generator[Step | Item[T], Any, None]:
    """All items of a list, page by page as they are asked for."""
    cursor: str | None = None
    while True:
        page = yield from endpoint(query={**(query or {}), "cursor": cursor}, **path)
        for item in page.items:
            yield Item(item)
        cursor = page.next_cursor
        if cursor is None:
            return


def listed(
    endpoint: Endpoint[tuple[T, ...]], query: Mapping[str, Any] | None = None, **path: Any
) -> Generator[Step | Item[T], Any, None]:
    """All items of a list that comes in one piece."""
    for item in (yield from endpoint(query=query, **path)):
        yield Item(item)


@dataclass(frozen=True)
class Patience:
    """How often a request is sent again, and how long a client waits before.

    Args:
        retries: Times a request is sent again; 0 for never.
        first_pause_s: The first wait; each further one is twice as long.
    """

    retries: int = 5
    first_pause_s: float = field(default=_FIRST_PAUSE_S)

    def pause_s(self, number: int) -> float:
        """The wait before the retry of this number, from 0; a little random, so that many clients
        that lost a server do not come back as one."""
        longest = min(self.first_pause_s * 2**number, _LONGEST_PAUSE_S)
        return float(longest * random.uniform(0.75, 1.0))


def persistently(step: Send, patience: Patience) -> Generator[Step, Any, Answer]:
    """Sends a request until it is answered, or until patience ends.

    Raises:
        UnavailableError: The server does not answer.
    """
    number = 0
    while True:
        is_last = not step.repeatable or number >= patience.retries
        try:
            answer: Answer = yield Exchange(step.request, step.streamed)
        except httpx.TransportError as error:
            if is_last:
                raise unreachable(error) from error
            wait_s: float | None = None
        else:
            wait_s = _asked_wait_s(answer)
            is_final = answer.status not in _PASSING or (wait_s or 0) > _MOST_PATIENCE_S
            if is_final or is_last:
                return answer
            if step.streamed:
                yield Close(answer)
        yield Pause(patience.pause_s(number) if wait_s is None else wait_s)
        number += 1


def _asked_wait_s(answer: Answer) -> float | None:
    """How long the server asks to be left alone, if it says."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


def unreachable(error: httpx.TransportError) -> UnavailableError:
    """The connection's failure as an error that says what to do."""
    try:
        url = error.request.url
        where = f"{url.scheme}://{url.netloc.decode('ascii')}"
    except RuntimeError:
        where = "the server"
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        reason = "it took too long to answer"
    return UnavailableError(
        f"{where} cannot be reached: {reason}",
        hint="check the address and that the server runs: `tinsmith up` starts one",
    )
