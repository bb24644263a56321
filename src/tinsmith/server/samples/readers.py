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
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from tinsmith.core.cores import cores
from tinsmith.core.errors import DecodeError
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.reading import FileRules, IncomingFile, Outcome, read_files
from tinsmith.store.blobs import BlobStore, open_blobs


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

    async def read(self, files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
        """Reads files and stores their bytes, as `reading.read_files` does.

        A file that ends the process that reads it is one that cannot be used.
        """
        pool = self._running()
        try:
            return await asyncio.wrap_future(pool.submit(_read, files, rules))
        except BrokenProcessPool:
            self._give_up(pool)
        # Somebody's file was at fault, perhaps not one of these.
        return await run_in_threadpool(self._one_by_one, files, rules)

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

    def _one_by_one(self, files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
        """What each file gives if its process reads no other at the same time."""
        outcomes: list[Outcome] = []
        pool = self._start(1)
        for file in files:
            try:
                outcomes += pool.submit(_read, [file], rules).result()
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


# Of this process: where bytes and levels of detail are kept.
_places: tuple[BlobStore, Levels]


def _open(blobs: str, levels: Path) -> None:
    """Makes a process ready."""
    global _places
    # Ctrl-C is meant for the server, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _places = open_blobs(blobs), Levels(levels)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _read(files: Sequence[IncomingFile], rules: FileRules) -> list[Outcome]:
    return read_files(files, rules, *_places)
