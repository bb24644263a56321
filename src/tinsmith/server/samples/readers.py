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
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from tinsmith.core.cores import cores
from tinsmith.core.errors import DecodeError
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.reading import FileRules, IncomingFile, Outcome, read_files
from tinsmith.store.blobs import BlobStore, open_blobs

# What files are handed over in: memory of both sides, so that nothing is copied into a pipe and out
# of it. Larger ones, which take long to read, go through the pipe.
SPACE_BYTES = 4 << 20
_SPACES = 8
# Of each file, its name and the bytes it has.
_Files = list[tuple[str, int]]


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
        self._pool: _Pool | None = None
        self._starting = threading.Lock()

    async def read(self, files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
        """Reads files and stores their bytes, as `reading.read_files` does.

        A file that ends the process that reads it is one that cannot be used.
        """
        pool = self._running()
        try:
            return await pool.read(files, rules)
        except BrokenProcessPool:
            self._give_up(pool)
        # Somebody's file was at fault, perhaps not one of these.
        return await run_in_threadpool(self._one_by_one, files, rules)

    def close(self) -> None:
        """Ends the processes once they are done."""
        with self._starting:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _running(self) -> _Pool:
        with self._starting:
            if self._pool is None:
                self._pool = _Pool(self._count, self._places)
            return self._pool

    def _give_up(self, broken: _Pool) -> None:
        with self._starting:
            if self._pool is broken:
                self._pool = None

    def _one_by_one(self, files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
        """What each file gives if its process reads no other at the same time."""
        outcomes: list[Outcome] = []
        pool = _Pool(1, self._places)
        for file in files:
            try:
                outcomes += pool.submit([file], rules).result()
            except BrokenProcessPool:
                outcomes.append(_explained())
                pool = _Pool(1, self._places)
        pool.close()
        return outcomes


class _Pool:
    """Processes and the memory they share with this one."""

    def __init__(self, count: int, places: tuple[str, Path]) -> None:
        # A copy of this process would hold its locks and connections.
        context = multiprocessing.get_context("spawn")
        memory = context.RawArray("B", _SPACES * SPACE_BYTES)
        self._memory = memoryview(memory).cast("B")
        self._free = list(range(0, len(self._memory), SPACE_BYTES))
        self._processes = ProcessPoolExecutor(count, context, _open, (*places, memory))

    async def read(self, files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
        """What files give. Used from the event loop only.

        Raises:
            BrokenProcessPool: A process ended.
        """
        if not self._free or sum(len(file.data) for file in files) > SPACE_BYTES:
            return await asyncio.wrap_future(self.submit(files, rules))
        start = position = self._free.pop()
        for file in files:
            end = position + len(file.data)
            self._memory[position:end] = file.data
            position = end
        told = [(file.name, len(file.data)) for file in files]
        running = self._processes.submit(_read_from, start, told, rules)
        # Not before it has been read, even if nobody waits for it any more.
        running.add_done_callback(lambda _: self._free.append(start))
        return await asyncio.wrap_future(running)

    def submit(self, files: Sequence[IncomingFile], rules: FileRules) -> Future[list[Outcome]]:
        """Hands files over through a pipe."""
        return self._processes.submit(_read, files, rules)

    def close(self) -> None:
        """Ends the processes once they are done."""
        self._processes.shutdown(wait=False, cancel_futures=True)


def _explained() -> DecodeError:
    return DecodeError(
        "what reads such files ended abruptly on this one, perhaps for want of memory",
        hint="check that the file is whole, or convert it to another form",
    )


# Of this process: where bytes and levels of detail are kept, and where files are handed over.
_places: tuple[BlobStore, Levels]
_memory: memoryview


def _open(blobs: str, levels: Path, memory: Any) -> None:
    """Makes a process ready."""
    global _places, _memory
    # Ctrl-C is meant for the server, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _places = open_blobs(blobs), Levels(levels)
    _memory = memoryview(memory).cast("B")


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _read(files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
    return read_files(files, rules, *_places)


def _read_from(start: int, told: _Files, rules: FileRules) -> list[Outcome]:
    """Reads files that lie in the memory, one after the other."""
    files = []
    for name, size in told:
        files.append(IncomingFile(name, bytes(_memory[start : start + size])))
        start += size
    return _read(files, rules)
