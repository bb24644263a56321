"""What a client does, apart from how: steps that a driver carries out, waiting or not.

A method of the client is written once, as a generator that yields steps and gets back what came of
them. `driving.py` has the two drivers: one blocks, one awaits. A generator that also yields `Item`s
becomes an iterator, or an asynchronous one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class FilePart:
    """A file of an upload: its name, and its bytes or where they are."""

    name: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


@dataclass(frozen=True)
class Request:
    """One HTTP request below the API's root; can be sent any number of times.

    Args:
        method, path: What is asked.
        query: Parameters; those that are None are left out.
        headers: Further headers.
        json: Body as a document.
        form: Fields of a form, beside its files.
        files: Files of the form field `files`.
        body: Body as it is.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[FilePart] = ()
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: all of it, or its head if the body is streamed.

    Args:
        status: HTTP status.
        headers: With names in lower case.
        content: The body; empty if it is streamed.
        url: What was asked.
        stream: Gives the body piece by piece, if it is streamed.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    stream: Any = None


@dataclass(frozen=True)
class Send:
    """Sends a request, again after a failure if it may be, and reads the answer → `Answer`.

    Args:
        request: What to send.
        repeatable: Whether sending it twice has the effect of sending it once.
        streamed: Whether only the head is read; `Read` gives the body.
    """

    request: Request
    repeatable: bool = True
    streamed: bool = False


@dataclass(frozen=True)
class Exchange:
    """Sends a request once → `Answer`; what `Send` is made of."""

    request: Request
    streamed: bool = False


@dataclass(frozen=True)
class Read:
    """The next piece of a streamed body → bytes, empty at the end."""

    answer: Answer


@dataclass(frozen=True)
class Close:
    """Ends a streamed answer before its end; drivers also do it at the end of the steps."""

    answer: Answer


@dataclass(frozen=True)
class Pause:
    """Waits."""

    seconds: float


@dataclass(frozen=True)
class Together:
    """Carries out several sequences of steps at the same time → their results, in order."""

    parts: Sequence[Callable[[], Steps[Any]]]
    at_once: int


@dataclass(frozen=True)
class Item(Generic[T_co]):
    """Hands one thing to whoever iterates."""

    value: T_co


Step = Send | Exchange | Read | Close | Pause | Together


class Steps(Protocol[T_co]):
    """Steps that end in a result."""

    def __iter__(self) -> Generator[Step, Any, T_co]: ...


class ItemSteps(Protocol[T_co]):
    """Steps that hand out items on the way."""

    def __iter__(self) -> Generator[Step | Item[T_co], Any, None]: ...


def visit(steps: ItemSteps[T], take: Callable[[T], None]) -> Generator[Step, Any, None]:
    """The same steps, with the items given to a function."""
    running = iter(steps)
    answer: Any = None
    failure: BaseException | None = None
    while True:
        try:
            step = running.send(answer) if failure is None else running.throw(failure)
        except StopIteration:
            return
        answer, failure = None, None
        if isinstance(step, Item):
            take(step.value)
            continue
        try:
            answer = yield step
        except Exception as error:  # noqa: BLE001 - what went wrong is the inner steps' to handle
            failure = error
