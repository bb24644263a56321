"""The two drivers of a client's steps: one blocks, one awaits. They are twins, line by line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from tinsmith.client.sending import Patience, persistently
from tinsmith.client.steps import (
    Answer,
    Close,
    Exchange,
    Item,
    ItemSteps,
    Pause,
    Read,
    Request,
    Send,
    Step,
    Steps,
    Together,
)

T = TypeVar("T")
API = "/api/v1"


class Mode:
    """How results come."""


class Blocking(Mode):
    """Marks what returns its results."""


class Awaiting(Mode):
    """Marks what returns awaitables of its results."""


M = TypeVar("M", bound=Mode)


class Driver(Generic[M]):
    """Carries out steps."""


@dataclass(frozen=True)
class _Stream:
    """A body that is read piece by piece."""

    response: httpx.Response
    pieces: Any


class BlockingDriver(Driver[Blocking]):
    """Carries out steps in the caller's thread."""

    def __init__(self, http: httpx.Client, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    def run(self, steps: Steps[T]) -> T:
        """The result of the steps."""
        running = iter(steps)
        with ExitStack() as streams:
            streams.callback(running.close)
            step = _advance(running, None, None)
            while not isinstance(step, _Result):
                answer, failure = self._attempt(step, streams)
                step = _advance(running, answer, failure)
        found: T = step.value
        return found

    def iterate(self, steps: ItemSteps[T]) -> Iterator[T]:
        """The items of the steps, each when it is asked for."""
        running = iter(steps)
        with ExitStack() as streams:
            streams.callback(running.close)
            step = _advance(running, None, None)
            while not isinstance(step, _Result):
                if isinstance(step, Item):
                    yield step.value
                    answer, failure = None, None
                else:
                    answer, failure = self._attempt(step, streams)
                step = _advance(running, answer, failure)

    def close(self) -> None:
        """Ends all connections."""
        self._http.close()

    def _attempt(self, step: Step, streams: ExitStack) -> tuple[Any, Exception | None]:
        try:
            return self._do(step, streams), None
        except Exception as error:  # noqa: BLE001 - raised inside the steps
            return None, error

    def _do(self, step: Step, streams: ExitStack) -> Any:
        match step:
            case Send():
                return self._send(step, streams)
            case Exchange():
                return self._exchange(step, streams)
            case Read():
                return next(step.answer.stream.pieces, b"")
            case Close():
                return step.answer.stream.response.close()
            case Pause():
                return time.sleep(step.seconds)
            case Together():
                return self._together(step.parts, step.at_once)

    def _send(self, step: Send, streams: ExitStack) -> Answer:
        """Sends until there is an answer; its stream stays open for the steps around."""
        running = persistently(step, self._patience)
        inner = _advance(running, None, None)
        while not isinstance(inner, _Result):
            inner = _advance(running, *self._attempt(inner, streams))
        answer: Answer = inner.value
        return answer

    def _exchange(self, step: Exchange, streams: ExitStack) -> Answer:
        with ExitStack() as files:
            request = self._http.build_request(**_arguments(step.request, files))
            response = self._http.send(request, stream=step.streamed)
        if not step.streamed:
            return _answer(response, response.content)
        streams.callback(response.close)
        return _answer(response, b"", _Stream(response, response.iter_bytes()))

    def _together(self, parts: Sequence[Callable[[], Steps[Any]]], at_once: int) -> list[Any]:
        with ThreadPoolExecutor(max_workers=max(1, at_once)) as pool:
            running = [pool.submit(self._begin, part) for part in parts]
            try:
                return [item.result() for item in running]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _begin(self, part: Callable[[], Steps[T]]) -> T:
        return self.run(part())


class AwaitingDriver(Driver[Awaiting]):
    """Carries out steps in an event loop."""

    def __init__(self, http: httpx.AsyncClient, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    async def run(self, steps: Steps[T]) -> T:
        """The result of the steps."""
        running = iter(steps)
        streams: list[httpx.Response] = []
        try:
            step = _advance(running, None, None)
            while not isinstance(step, _Result):
                answer, failure = await self._attempt(step, streams)
                step = _advance(running, answer, failure)
        finally:
            await _close(running, streams)
        found: T = step.value
        return found

    async def iterate(self, steps: ItemSteps[T]) -> AsyncIterator[T]:
        """The items of the steps, each when it is asked for."""
        running = iter(steps)
        streams: list[httpx.Response] = []
        try:
            step = _advance(running, None, None)
            while not isinstance(step, _Result):
                if isinstance(step, Item):
                    yield step.value
                    answer, failure = None, None
                else:
                    answer, failure = await self._attempt(step, streams)
                step = _advance(running, answer, failure)
        finally:
            await _close(running, streams)

    async def close(self) -> None:
        """Ends all connections."""
        await self._http.aclose()

    async def _attempt(
        self, step: Step, streams: list[httpx.Response]
    ) -> tuple[Any, Exception | None]:
        try:
            return await self._do(step, streams), None
        except Exception as error:  # noqa: BLE001 - raised inside the steps
            return None, error

    async def _do(self, step: Step, streams: list[httpx.Response]) -> Any:
        match step:
            case Send():
                return await self._send(step, streams)
            case Exchange():
                return await self._exchange(step, streams)
            case Read():
                return await anext(step.answer.stream.pieces, b"")
            case Close():
                return await step.answer.stream.response.aclose()
            case Pause():
                return await asyncio.sleep(step.seconds)
            case Together():
                return await self._together(step.parts, step.at_once)

    async def _send(self, step: Send, streams: list[httpx.Response]) -> Answer:
        """Sends until there is an answer; its stream stays open for the steps around."""
        running = persistently(step, self._patience)
        inner = _advance(running, None, None)
        while not isinstance(inner, _Result):
            inner = _advance(running, *await self._attempt(inner, streams))
        answer: Answer = inner.value
        return answer

    async def _exchange(self, step: Exchange, streams: list[httpx.Response]) -> Answer:
        with ExitStack() as files:
            request = self._http.build_request(**_arguments(step.request, files))
            response = await self._http.send(request, stream=step.streamed)
        if not step.streamed:
            return _answer(response, response.content)
        streams.append(response)
        return _answer(response, b"", _Stream(response, response.aiter_bytes()))

    async def _together(self, parts: Sequence[Callable[[], Steps[Any]]], at_once: int) -> list[Any]:
        free = asyncio.Semaphore(max(1, at_once))

        async def begin(part: Callable[[], Steps[Any]]) -> Any:
            async with free:
                return await self.run(part())

        running = [asyncio.ensure_future(begin(part)) for part in parts]
        try:
            return await asyncio.gather(*running)
        finally:
            for item in running:
                item.cancel()
            await asyncio.gather(*running, return_exceptions=True)


@dataclass(frozen=True)
class _Result:
    """What steps ended in."""

    value: Any


def _advance(
    running: Generator[Any, Any, Any], answer: Any, failure: BaseException | None
) -> Any | _Result:
    """The next step, or the result."""
    try:
        return running.send(answer) if failure is None else running.throw(failure)
    except StopIteration as end:
        return _Result(end.value)


async def _close(running: Generator[Any, Any, Any], streams: list[httpx.Response]) -> None:
    running.close()
    for response in streams:
        await response.aclose()


def _arguments(request: Request, files: ExitStack) -> dict[str, Any]:
    """A request as httpx takes it; files it opens are closed with the stack."""
    found: dict[str, Any] = {
        "method": request.method,
        "url": API + request.path,
        "params": {name: value for name, value in request.query.items() if value is not None},
        "headers": dict(request.headers),
    }
    if request.json is not None:
        found["json"] = request.json
    if request.form or request.files:
        found["data"] = dict(request.form)
        found["files"] = [
            ("files", (part.name, _content(part.content, files), "application/octet-stream"))
            for part in request.files
        ]
    if request.body is not None:
        found["content"] = request.body
    return found


def _content(content: bytes | Path, files: ExitStack) -> Any:
    return content if isinstance(content, bytes) else files.enter_context(content.open("rb"))


def _answer(response: httpx.Response, content: bytes, stream: _Stream | None = None) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, content, str(response.url), stream)
