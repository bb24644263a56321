"""A process that takes uploads in: from bodies, piece by piece, to rows.

Only `receivers` starts it, and tells it through a pipe what to do:

open, number, Delivery      an upload begins
data, number, (start, size) some of its body lies in the shared memory
end, number                 that was all of it
drop, number                nobody sends the rest

It answers with `free, start` once it has taken a piece out of the memory, and with `done, number,
Received` (or the error) once an upload is stored or refused.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from tinsmith.core.errors import InputError, TinsmithError
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.form import Form
from tinsmith.server.samples.group import UploadGroup
from tinsmith.server.samples.multipart import FormReader
from tinsmith.server.samples.reading import (
    Decoded,
    FileRules,
    IncomingFile,
    Outcome,
    read_files,
    reported,
)
from tinsmith.server.samples.schemas import Uploaded
from tinsmith.server.samples.service import Addition, rules_for
from tinsmith.server.settle import settle
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import open_database

log = logging.getLogger("tinsmith.server")

# How many messages an upload that is whole waits for at most.
_PATIENCE = 8
# How much of the number and name of the file that is being read is noted.
NOTE_BYTES = 1024


@dataclass(frozen=True)
class Places:
    """Where uploads go.

    Args:
        database: Address of the database.
        blobs: Address of the folder of blobs.
        levels: Folder for the levels of detail of long recordings.
        lock: File of the lock that those who add samples hold.
    """

    database: str
    blobs: str
    levels: Path
    lock: Path


@dataclass(frozen=True)
class Delivery:
    """One upload, without its body.

    Args:
        addition: Where files go, without the files; of a form also without the choices.
        name: The file's name, if the body is a file.
        content_type: Of the body, if it is a form; empty: it is a file.
        max_files, max_file_bytes: What a form may hold.
    """

    addition: Addition
    name: str = ""
    content_type: str = ""
    max_files: int = 1
    max_file_bytes: int = 0

    def form(self) -> Form:
        """The form, of which nothing has arrived yet.

        Raises:
            ApiError: The body is no form.
        """
        return Form(
            FormReader(
                self.content_type, max_files=self.max_files, max_file_bytes=self.max_file_bytes
            )
        )


@dataclass(frozen=True)
class Received:
    """What became of an upload.

    Args:
        report: The report (`schemas.UploadReport`) as JSON.
        sample_id: The first sample it speaks of, if any.
    """

    report: bytes
    sample_id: int | None


class _Arriving(Protocol):
    """An upload that is on its way."""

    def feed(self, data: memoryview) -> None:
        """Takes a piece out of the memory."""

    def read(self) -> None:
        """Reads what has arrived whole."""

    def finish(self) -> Received: ...


class _FormArriving:
    """Reads files while the next ones arrive."""

    def __init__(self, receiver: _Receiver, number: int, delivery: Delivery) -> None:
        self._receiver, self._number = receiver, number
        self._addition = delivery.addition
        self._form = delivery.form()
        self._files: list[IncomingFile] = []
        self._found: list[Decoded | Uploaded] = []

    def feed(self, data: memoryview) -> None:
        self._files = self._form.feed(data)

    def read(self) -> None:
        files, self._files = self._files, []
        outcomes = self._receiver.read(self._number, self._addition.project_id, files)
        self._found += reported(files, outcomes)

    def finish(self) -> Received:
        addition = replace(self._addition, choices=self._form.close(), found=self._found)
        return self._receiver.store(addition)


class _FileArriving:
    """A file that is all of a body."""

    def __init__(self, receiver: _Receiver, number: int, delivery: Delivery) -> None:
        self._receiver, self._number = receiver, number
        self._addition = delivery.addition
        self._name = delivery.name
        self._parts: list[bytes] = []

    def feed(self, data: memoryview) -> None:
        self._parts.append(bytes(data))

    def read(self) -> None:
        pass  # not before all of it is there

    def finish(self) -> Received:
        file = IncomingFile(self._name, b"".join(self._parts))
        self._parts.clear()
        (outcome,) = self._receiver.read(self._number, self._addition.project_id, [file])
        if isinstance(outcome, InputError):
            raise outcome
        return self._receiver.store(replace(self._addition, found=outcome))


class _Receiver:
    """The process's own work."""

    def __init__(self, places: Places, note: Any) -> None:
        self._database = open_database(places.database)
        self._blobs = open_blobs(places.blobs)
        self._levels = Levels(places.levels)
        self._group = UploadGroup(places.lock)
        self._note = note

    def begin(self, number: int, delivery: Delivery) -> _Arriving:
        kind = _FormArriving if delivery.content_type else _FileArriving
        return kind(self, number, delivery)

    def read(self, number: int, project_id: int, files: list[IncomingFile]) -> list[Outcome]:
        rules = rules_for(self._database, project_id, files)
        return [self._outcome(number, file, rules) for file in files]

    @property
    def is_busy(self) -> bool:
        """Whether others store at this moment, so that storing would mean to wait."""
        return self._group.is_busy

    def store(self, addition: Addition) -> Received:
        report = self._group.add(self._database, addition)
        return Received(report.model_dump_json().encode(), report.first_sample_id)

    def _outcome(self, number: int, file: IncomingFile, rules: FileRules) -> Outcome:
        # Noted for those who find the process ended.
        note = f"{number} {file.name}".encode("utf-8", "replace")
        self._note.value = note[: NOTE_BYTES - 1]
        (outcome,) = read_files([file], rules, self._blobs, self._levels)
        self._note.value = b""
        return outcome


class _Desk:
    """Does what it is told, upload by upload.

    While others store, an upload that is whole waits, and what has arrived of others is read.
    """

    def __init__(self, connection: Connection, view: memoryview, receiver: _Receiver) -> None:
        self._connection, self._view, self._receiver = connection, view, receiver
        self._arriving: dict[int, _Arriving] = {}
        self._whole: deque[int] = deque()
        self._patience = _PATIENCE

    def work(self) -> bool:
        """Does one thing; False once it is told to stop."""
        if self._whole and not self._should_wait():
            self._store(self._whole.popleft())
            self._patience = _PATIENCE
            return True
        message = self._connection.recv()
        if message is None:
            for number in self._whole:
                self._store(number)
            return False
        self._patience -= len(self._whole) > 0
        kind, number, value = message
        with self._telling(number):
            if kind == "open":
                self._arriving[number] = self._receiver.begin(number, value)
            elif kind == "data":
                self._take(number, *value)
            elif kind == "drop":
                self._arriving.pop(number, None)
            else:
                self._whole.append(number)
        return True

    def _should_wait(self) -> bool:
        return self._patience > 0 and self._connection.poll() and self._receiver.is_busy

    def _take(self, number: int, start: int, size: int) -> None:
        try:
            # What was refused may still be on its way.
            if number in self._arriving:
                self._arriving[number].feed(self._view[start : start + size])
        finally:
            self._connection.send(("free", start, None))
        if number in self._arriving:
            self._arriving[number].read()

    def _store(self, number: int) -> None:
        with self._telling(number):
            if number in self._arriving:
                received = self._arriving.pop(number).finish()
                self._connection.send(("done", number, received))

    @contextlib.contextmanager
    def _telling(self, number: int) -> Iterator[None]:
        """Tells whoever sends an upload what is wrong with it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._arriving.pop(number, None)
            self._connection.send(("done", number, sendable(error)))


def serve(connection: Connection, memory: Any, note: Any, places: Places) -> None:
    """Takes uploads in until told to stop. All that a process of `receivers` does."""
    # Ctrl-C is meant for the server, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    desk = _Desk(connection, memoryview(memory).cast("B"), _Receiver(places, note))
    settle()
    while desk.work():
        pass


def sendable(error: Exception) -> Exception:
    """The error, or one that says as much, if it cannot be sent."""
    if not isinstance(error, TinsmithError):
        log.error("taking an upload in failed", exc_info=error)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever the error's own class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
