"""Files that appear whole or not at all.

A file is written under a temporary name in a folder of the same file system and moved to its place.
A process killed at any moment leaves a whole file or none, besides a temporary that is removed a
day later. A power cut is another matter: without `durable`, what was written in the last half
minute or so may be missing or cut short afterwards, because the system had not yet sent it to the
disk. With `durable`, a file stays from the moment that `write` returns, at the price of waiting for
the disk each time.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import time
from pathlib import Path

from tinsmith.store.blobs.errors import BlobError

ABANDONED_S = 24 * 3600.0
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
# Content is never changed, so nobody gets the right to.
_READ_ONLY = 0o444


class Drafts:
    """Writes files through temporaries in one folder.

    Args:
        folder: Where temporaries live; on the file system of the places they are moved to.
        durable: Whether a written file survives a power cut.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.durable = durable
        # Unique without asking the file system: random for this object, then counted. A forked
        # child inherits both, so the process is named too.
        self._stem = f"{folder}/{secrets.token_hex(8)}"
        self._numbers = itertools.count()

    def prepare(self) -> None:
        """Makes the folder and removes what killed processes left in it.

        Raises:
            BlobError: The folder cannot be made or written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "it cannot be written to")
            self.remove_abandoned()
        except OSError as error:
            raise explained(error, self.folder.parent) from error

    def write(self, place: str, data: bytes) -> None:
        """Writes a file, replacing what is in its place.

        Raises:
            BlobError: The disk is full or refuses.
        """
        with self.open() as draft:
            draft.write(data)
            draft.publish(place)

    def open(self) -> Draft:
        """A new temporary, removed at the end unless it was published.

        Raises:
            BlobError: The disk is full or refuses.
        """
        return Draft(self.name(), durable=self.durable)

    def name(self) -> str:
        """A name in the folder that nobody else uses."""
        return f"{self._stem}-{os.getpid()}-{next(self._numbers)}"

    def remove_abandoned(self, older_than_s: float = ABANDONED_S) -> int:
        """Removes temporaries not written to for a while; returns how many."""
        before = time.time() - older_than_s
        removed = 0
        for file in self.folder.iterdir():
            # Another process may be cleaning at the same moment.
            with contextlib.suppress(FileNotFoundError):
                if file.lstat().st_mtime < before:
                    file.unlink()
                    removed += 1
        return removed


class Draft:
    """One file being written; a context, at whose end it is gone unless it was published."""

    __slots__ = ("_durable", "_handle", "_published", "name")

    def __init__(self, name: str, *, durable: bool) -> None:
        self.name = name
        self._durable = durable
        self._published = False
        try:
            self._handle = os.open(name, _CREATE, _READ_ONLY)
        except OSError as error:
            raise explained(error, Path(name).parent.parent) from error

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
        if not self._published:
            with contextlib.suppress(FileNotFoundError):
                Path(self.name).unlink()

    def write(self, data: bytes) -> None:
        """Appends bytes."""
        try:
            written = os.write(self._handle, data)
            if written < len(data):
                rest = memoryview(data)
                while written < len(data):
                    written += os.write(self._handle, rest[written:])
        except OSError as error:
            raise explained(error, Path(self.name).parent.parent) from error

    def publish(self, place: str) -> None:
        """Moves the file to its place, whole; what was there is replaced."""
        try:
            if self._durable:
                os.fsync(self._handle)
            self._move(place)
            self._published = True
            if self._durable:
                _sync_folder(Path(place).parent)
        except OSError as error:
            raise explained(error, Path(self.name).parent.parent) from error

    def _move(self, place: str) -> None:
        try:
            os.rename(self.name, place)  # noqa: PTH104 - a Path for each file costs more than this
        except FileNotFoundError:
            parent = Path(place).parent
            parent.mkdir(parents=True, exist_ok=True)
            os.rename(self.name, place)  # noqa: PTH104
            if self._durable:
                _sync_folder(parent.parent)


def explained(error: OSError, folder: Path) -> BlobError:
    """What a failure of the system means for a folder of content."""
    return BlobError(
        f"the folder for content does not work: {error.strerror}",
        path=folder,
        hint="check that the disk has room and that the folder can be read and written",
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
