"""Processes that take large uploads in.

To read files and to store rows holds Python's lock most of the time, and requests would wait for
it. And a file that breaks a decoder takes down the process that reads it, which had better not be
the server. So a body goes, as it arrives, through shared memory to another process, which does all
the rest (see `receiver`); here it is only passed on.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import threading
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

from tinsmith.core.cores import cores
from tinsmith.core.errors import DecodeError, EnvironmentError_
from tinsmith.server.samples.reading import clean_name
from tinsmith.server.samples.receiver import NOTE_BYTES, Delivery, Places, Received, serve

# What bodies are handed over in. Whoever waits for a space has not read more of its body than that.
SPACE_BYTES = 1 << 20
_SPACES = 8


class Receivers:
    """Passes uploads on; the processes start when needed and end with this one.

    Args:
        places: Where uploads go.
        count: Processes at most; 0 means one for every two cores, and at least two: one goes on
            while another one stores.
    """

    def __init__(self, places: Places, count: int = 0) -> None:
        self._places = places
        self._count = count or max(2, cores() // 2)
        self._running: list[_Process] = []
        self._starting = threading.Lock()

    async def take(self, delivery: Delivery, body: AsyncIterator[bytes]) -> Received:
        """Stores what is delivered, as its body arrives.

        Raises:
            TinsmithError: It is refused; nothing of it was stored.
            DecodeError: Reading a file of it ended the process.
            EnvironmentError_: Another upload ended the process.
        """
        process, number, answer = self._opened(delivery)
        try:
            # Should the process end, the answer says so, and whose fault it was.
            with contextlib.suppress(_Ended):
                async for pieces in _gathered(body):
                    if answer.done():
                        break  # It was refused before its end.
                    await process.hand_over(number, pieces)
                process.tell("end", number)
            return await asyncio.wrap_future(answer)
        finally:
            process.forget(number)

    def close(self) -> None:
        """Ends the processes once they are done."""
        with self._starting:
            for process in self._running:
                process.stop()
            self._running.clear()

    def _opened(self, delivery: Delivery) -> tuple[_Process, int, Future[Received]]:
        """A process that has been told of the delivery, its number there, and what comes of it."""
        while True:
            process = self._least_busy()
            with contextlib.suppress(_Ended):
                return process, *process.open(delivery)

    def _least_busy(self) -> _Process:
        with self._starting:
            self._running = [process for process in self._running if process.is_alive]
            found = min(self._running, key=lambda process: process.load, default=None)
            if found is None or (found.load and len(self._running) < self._count):
                found = _Process(self._places)
                self._running.append(found)
            return found


async def _gathered(body: AsyncIterator[bytes]) -> AsyncIterator[list[memoryview]]:
    """A body in pieces that together fill a space."""
    pieces: list[memoryview] = []
    size = 0
    async for data in body:
        rest = memoryview(data)
        while rest:
            piece = rest[: SPACE_BYTES - size]
            pieces.append(piece)
            rest, size = rest[len(piece) :], size + len(piece)
            if size == SPACE_BYTES:
                yield pieces
                pieces, size = [], 0
    if pieces:
        yield pieces


class _Process:
    """One process, and what it has been told."""

    def __init__(self, places: Places) -> None:
        # A copy of this process would hold its locks and connections.
        context = multiprocessing.get_context("spawn")
        memory = context.RawArray("B", _SPACES * SPACE_BYTES)
        self._memory = memoryview(memory).cast("B")
        self._note = context.RawArray("c", NOTE_BYTES)
        self._lock = threading.Lock()
        self._free = list(range(0, len(self._memory), SPACE_BYTES))
        self._waiting: deque[Future[int]] = deque()
        self._answers: dict[int, Future[Received]] = {}
        self._last = 0
        self._connection, theirs = context.Pipe()
        arguments = (theirs, memory, self._note, places)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self.is_alive = True
        threading.Thread(target=self._listen, daemon=True, name="receiver").start()

    @property
    def load(self) -> int:
        """Uploads it takes in now."""
        return len(self._answers)

    def open(self, delivery: Delivery) -> tuple[int, Future[Received]]:
        """Begins an upload: its number, and what becomes of it."""
        answer: Future[Received] = Future()
        answer.set_running_or_notify_cancel()  # so that nobody can cancel it
        with self._lock:
            self._last += 1
            number = self._last
            self._answers[number] = answer
        try:
            self.tell("open", number, delivery)
        except _Ended:
            self.forget(number)
            raise
        return number, answer

    def tell(self, kind: str, number: int, value: Any = None) -> None:
        """Sends word.

        Raises:
            _Ended: The process has ended.
        """
        try:
            with self._lock:
                self._connection.send((kind, number, value))
        except OSError:
            self.is_alive = False
            raise _Ended from None

    async def hand_over(self, number: int, pieces: list[memoryview]) -> None:
        """Hands over some of a body, once there is space."""
        start = position = await self._space()
        for piece in pieces:
            end = position + len(piece)
            self._memory[position:end] = piece
            position = end
        self.tell("data", number, (start, position - start))

    def forget(self, number: int) -> None:
        """Ends an upload, whether it was stored or not."""
        with self._lock:
            answer = self._answers.pop(number, None)
        if answer is not None and not answer.done():
            with contextlib.suppress(_Ended):
                self.tell("drop", number)

    def stop(self) -> None:
        """Ends the process once it is done."""
        with contextlib.suppress(OSError), self._lock:
            self._connection.send(None)

    async def _space(self) -> int:
        with self._lock:
            if not self.is_alive:
                raise _Ended
            if self._free:
                return self._free.pop()
            waiting: Future[int] = Future()
            self._waiting.append(waiting)
        try:
            return await asyncio.wrap_future(waiting)
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self._give(waiting.result())  # it came in the same moment
            raise

    def _give(self, start: int) -> None:
        """Gives a space to whoever waits for one longest."""
        with self._lock:
            while self._waiting:
                waiting = self._waiting.popleft()
                if waiting.set_running_or_notify_cancel():
                    waiting.set_result(start)
                    return
            self._free.append(start)

    def _listen(self) -> None:
        """Hears the process until it ends."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                kind, number, value = self._connection.recv()
                if kind == "free":
                    self._give(number)
                elif answer := self._answers.get(number):
                    _settle(answer, value)
        self._process.join()
        self._explain()

    def _explain(self) -> None:
        """Tells all who wait that nothing will come."""
        said = self._note.value.decode("utf-8", "replace")
        reading, _, name = said.partition(" ")
        with self._lock:
            self.is_alive = False
            answers, waiting = dict(self._answers), list(self._waiting)
            self._waiting.clear()
        for number, answer in answers.items():
            if not answer.done():
                _settle(answer, _broken(clean_name(name)) if str(number) == reading else _Ended())
        for future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(_Ended())


def _settle(answer: Future[Received], value: Received | BaseException) -> None:
    if isinstance(value, BaseException):
        answer.set_exception(value)
    else:
        answer.set_result(value)


class _Ended(EnvironmentError_):
    """A process is there no more."""

    def __init__(self) -> None:
        message = "the process that took the upload in ended abruptly"
        super().__init__(message, hint="send it once more")


def _broken(name: str) -> DecodeError:
    return DecodeError(
        "what reads such files ended abruptly on this one, perhaps for want of memory",
        path=name,
        hint="check that the file is whole, or convert it to another form",
    )
