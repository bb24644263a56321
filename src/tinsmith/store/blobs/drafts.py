"""Files that appear whole or not at all.

A file is written without a name, where the system knows such files, and gets its name once it is
whole. Elsewhere it is written under a temporary name in a folder of the same file system and moved
to its place. A process killed at any moment leaves a whole file or none, besides, in the second
case, a temporary that is removed a day later. A power cut is another matter: without `durable`,
what was written in the last half minute or so may be missing or cut short afterwards, because the
system had not yet sent it to the disk. With `durable`, a file stays from the moment that `write`
returns, at the price of waiting for the disk each time.
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
_UNNAMED = os.O_WRONLY | os.O_CLOEXEC | getattr(os, "O_TMPFILE", 0)
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
        # Whether files without a name can be written there.
        self.unnamed = False

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
            self.unnamed = self._can_be_unnamed()
        except OSError as error:
            raise explained(error, self.folder.parent) from error

    def _can_be_unnamed(self) -> bool:
        if not hasattr(os, "O_TMPFILE"):
            return False
        # Not all file systems can, and not all containers have what it takes to name them later.
        name = self.name()
        try:
            handle = os.open(self.folder, _UNNAMED, _READ_ONLY)
        except OSError:
            return False
        try:
            _give_name(handle, name)
            Path(name).unlink()
        except OSError:
            return False
        finally:
            os.close(handle)
        return True

    def write(self, place: str, data: bytes) -> None:
        """Writes a file; what is in its place stays.

        Raises:
            BlobError: The disk is full or refuses.
        """
        with self.open() as draft:
            draft.write(data)
            draft.add(place)

    def open(self) -> Draft:
        """A new temporary, removed at the end unless it was published.

        Raises:
            BlobError: The disk is full or refuses.
        """
        return Draft(self)

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

    __slots__ = ("_drafts", "_handle", "_name")

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        # As long as it is not in its place, if it has one.
        self._name = "" if drafts.unnamed else drafts.name()
        try:
            if self._name:
                self._handle = os.open(self._name, _CREATE, _READ_ONLY)
            else:
                self._handle = os.open(drafts.folder, _UNNAMED, _READ_ONLY)
        except OSError as error:
            raise self._explained(error) from error

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
        if self._name:
            with contextlib.suppress(FileNotFoundError):
                Path(self._name).unlink()

    def write(self, data: bytes) -> None:
        """Appends bytes."""
        try:
            written = os.write(self._handle, data)
            if written < len(data):
                rest = memoryview(data)
                while written < len(data):
                    written += os.write(self._handle, rest[written:])
        except OSError as error:
            raise self._explained(error) from error

    def add(self, place: str) -> bool:
        """Puts the file in its place, whole, unless something is there: then it returns False."""
        try:
            if self._name and os.access(place, os.F_OK):
                return False
            self._move(place)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._explained(error) from error
        return True

    def publish(self, place: str) -> None:
        """Puts the file in its place, whole; what was there is replaced."""
        try:
            if not self._name:
                name = self._drafts.name()
                _give_name(self._handle, name)
                self._name = name
            self._move(place)
        except OSError as error:
            raise self._explained(error) from error

    def _move(self, place: str) -> None:
        is_durable = self._drafts.durable
        if is_durable:
            os.fsync(self._handle)
        try:
            self._name_it(place)
        except FileNotFoundError:
            parent = Path(place).parent
            parent.mkdir(parents=True, exist_ok=True)
            self._name_it(place)
            if is_durable:
                _sync_folder(parent.parent)
        self._name = ""
        if is_durable:
            _sync_folder(Path(place).parent)

    def _name_it(self, place: str) -> None:
        if self._name:
            os.rename(self._name, place)  # noqa: PTH104 - a Path for each file costs more than this
        else:
            _give_name(self._handle, place)

    def _explained(self, error: OSError) -> BlobError:
        return explained(error, self._drafts.folder.parent)


def _give_name(handle: int, name: str) -> None:
    """Gives a name to a file without one (the way `open(2)` shows for `O_TMPFILE`)."""
    # Any handle at all makes Python follow the link, which is what names the file itself.
    os.link(f"/proc/self/fd/{handle}", name, src_dir_fd=handle, follow_symlinks=True)


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
