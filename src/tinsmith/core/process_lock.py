"""A lock between threads and processes of one machine."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType


class ProcessLock:
    """Held by one thread of one process at a time; free again when its holder ends, however.

    Those who wait sleep until it is their turn; a database they would wait for otherwise has them
    look again and again.

    Args:
        path: A file that all of them can open; made when absent, never removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = threading.Lock()
        self._handle = -1

    def __enter__(self) -> None:
        self._thread.acquire()
        try:
            if self._handle < 0:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except BaseException:
            self._thread.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._thread.release()

    def __del__(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
