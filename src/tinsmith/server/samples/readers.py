"""Processes that read what is uploaded in bulk.

Reading holds Python's lock most of the time, and requests would wait for it. And a file that breaks
a decoder takes down the process that reads it, which had better not be the server.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from tinsmith.core.cores import cores
from tinsmith.core.errors import DecodeError, InputError
from tinsmith.server.samples import reading
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.reading import Decoded, FileRules, IncomingFile, failed
from tinsmith.server.samples.schemas import Uploaded
from tinsmith.store.blobs import BlobStore, open_blobs

_Found = list[Decoded | Uploaded]


class Readers:
    """Reads files elsewhere; the processes start when first needed and end with this one.

    Args:
        blobs: Address of the folder the bytes are stored in.
        levels: Folder for the levels of detail of long recordings.
        count: Processes; 0 means one for every two cores: the others are for requests.
    """

    def __init__(self, blobs: str, levels: Path, count: int = 0) -> None:
        self._places = (blobs, levels)
        self._count = count or max(1, cores() // 2)
        self._pool: ProcessPoolExecutor | None = None
        self._starting = threading.Lock()

    async def read(self, files: Sequence[IncomingFile], rules: FileRules) -> _Found:
        """Reads files and stores their bytes, as `reading.read_files` does.

        A file that ends the process that reads it is reported on as one that cannot be read.
        """
        pool = self._running()
        try:
            return await asyncio.wrap_future(pool.submit(_read_files, files, rules))
        except BrokenProcessPool:
            self._give_up(pool)
        # Somebody's file was at fault, perhaps not one of these.
        found: _Found = []
        outcomes = await run_in_threadpool(self._one_by_one, files, rules)
        for file, outcome in zip(files, outcomes, strict=True):
            found += [failed(file.name, outcome)] if isinstance(outcome, InputError) else outcome
        return found

    async def read_one(self, file: IncomingFile, rules: FileRules) -> list[Decoded]:
        """Reads one file and stores its bytes, as `reading.read_file` does.

        Raises:
            InputError: It is not what it claims to be, or ends the process that reads it.
        """
        pool = self._running()
        try:
            return await asyncio.wrap_future(pool.submit(_read_file, file, rules))
        except BrokenProcessPool:
            self._give_up(pool)
        (outcome,) = await run_in_threadpool(self._one_by_one, [file], rules)
        if isinstance(outcome, InputError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Ends the processes once they are done."""
        with self._starting:
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None

    def _running(self) -> ProcessPoolExecutor:
        with self._starting:
            if self._pool is None:
                self._pool = self._start(self._count)
            return self._pool

    def _give_up(self, broken: ProcessPoolExecutor) -> None:
        with self._starting:
            if self._pool is broken:
                self._pool = None

    def _start(self, count: int) -> ProcessPoolExecutor:
        # A copy of this process would hold its locks and connections.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(count, context, _open, self._places)

    def _one_by_one(
        self, files: Sequence[IncomingFile], rules: FileRules
    ) -> list[list[Decoded] | InputError]:
        """What each file gives if its process reads no other at the same time."""
        outcomes: list[list[Decoded] | InputError] = []
        pool = self._start(1)
        for file in files:
            try:
                outcomes.append(pool.submit(_read_file, file, rules).result())
            except InputError as error:
                outcomes.append(error)
            except BrokenProcessPool:
                outcomes.append(_explained())
                pool = self._start(1)
        pool.shutdown(wait=False)
        return outcomes


def _explained() -> DecodeError:
    return DecodeError(
        "what reads such files ended abruptly on this one, perhaps for want of memory",
        hint="check that the file is whole, or convert it to another form",
    )


@dataclass(frozen=True)
class _Places:
    blobs: BlobStore
    levels: Levels


_places: _Places


def _open(blobs: str, levels: Path) -> None:
    """Makes a process ready."""
    global _places
    # Ctrl-C is meant for the server, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _places = _Places(open_blobs(blobs), Levels(levels))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _read_files(files: Sequence[IncomingFile], rules: FileRules) -> _Found:
    return reading.read_files(files, rules, _places.blobs, _places.levels)


def _read_file(file: IncomingFile, rules: FileRules) -> list[Decoded]:
    return reading.read_file(file, rules, _places.blobs, _places.levels)
