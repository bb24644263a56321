"""A lock between threads and processes of one machine."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def held(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Holds a file's lock, which is free again when its holder ends, however.

    Those who wait sleep until it is their turn; a database they would wait for otherwise has them
    look again and again.

    Args:
        path: A file that all of them can open; made when absent, never removed.
        kind: `LOCK_EX` excludes all others, `LOCK_SH` those who hold it with `LOCK_EX`.
    """
    # Opened each time: whoever opens it by themselves, a thread too, is somebody else to the lock.
    with path.open("ab") as file:
        fcntl.flock(file, kind)
        yield


def is_held(path: Path) -> bool:
    """Whether somebody holds a file's lock at this moment."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
