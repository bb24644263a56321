"""Unfinished files on disk: what has arrived is kept through any end of the server.

    uploads/ID             the bytes, as many as have arrived
    uploads/ID.checked     while bytes with a checksum arrive: where they begin

A part whose checksum was not compared, because the server was killed, is cut off again.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from tinsmith.server.errors import ApiError

UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Left for the database and everything else when a file is accepted.
_RESERVE_BYTES = 256 * 1024 * 1024
_DAY_S = 24 * 3600.0


class BusyError(ApiError):
    """Another request is writing to the upload."""

    status = 423
    code = "locked"


class DiskFullError(ApiError):
    """There is no room for what was sent."""

    status = 507
    code = "disk_full"


class GoneError(ApiError):
    """The upload is over: it expired, or its bytes are lost."""

    status = 410
    code = "gone"


class UploadFiles:
    """The folder of unfinished files."""

    def __init__(self, data: Path) -> None:
        self.root = data / "uploads"

    def path(self, upload_id: str) -> Path:
        """Where the bytes of an upload lie."""
        if not UPLOAD_ID.fullmatch(upload_id):
            raise GoneError("there is no such upload")
        return self.root / upload_id

    def create(self, upload_id: str) -> None:
        """Makes an empty file.

        Raises:
            DiskFullError: There is no room even for that.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with explained():
            os.close(os.open(self.path(upload_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def has_room(self, size: int) -> bool:
        """Whether a file of this size fits, and some more."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return shutil.disk_usage(self.root).free >= size + _RESERVE_BYTES

    def received(self, upload_id: str) -> int | None:
        """Bytes that have arrived and count; None if the file is not there."""
        try:
            size = self.path(upload_id).stat().st_size
        except FileNotFoundError:
            return None
        return min(size, _checked_from(self._marker(upload_id), size))

    def remove(self, upload_id: str) -> None:
        """Forgets an upload's bytes."""
        self.path(upload_id).unlink(missing_ok=True)
        self._marker(upload_id).unlink(missing_ok=True)
        shutil.rmtree(self.work(upload_id), ignore_errors=True)

    def work(self, upload_id: str) -> Path:
        """A folder in which the finished file is read."""
        return self.path(upload_id).with_suffix(".work")

    def found(self) -> Iterator[str]:
        """Every upload there are files of."""
        names = {path.name.partition(".")[0] for path in self.root.glob("*")}
        yield from sorted(name for name in names if UPLOAD_ID.fullmatch(name))

    def is_old(self, upload_id: str) -> bool:
        """Whether nothing was written for a day."""
        try:
            return time.time() - self.path(upload_id).stat().st_mtime > _DAY_S
        except FileNotFoundError:
            return True

    @contextlib.contextmanager
    def opened(self, upload_id: str) -> Iterator[OpenUpload]:
        """The file for this request alone.

        Raises:
            BusyError: Another one has it.
            GoneError: It is not there.
        """
        try:
            handle = os.open(self.path(upload_id), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            raise GoneError("the upload's bytes are gone", hint="start it again") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            error = BusyError("another request is sending this file", hint="try again in a moment")
            error.headers["Retry-After"] = "1"
            raise error from None
        try:
            yield OpenUpload(handle, self._marker(upload_id))
        finally:
            os.close(handle)

    def _marker(self, upload_id: str) -> Path:
        return self.path(upload_id).with_suffix(".checked")


class OpenUpload:
    """An unfinished file that one request writes to."""

    def __init__(self, handle: int, marker: Path) -> None:
        self._handle, self._marker = handle, marker
        size = os.fstat(handle).st_size
        self.size = min(size, _checked_from(marker, size))
        if self.size < size:
            os.ftruncate(handle, self.size)
        marker.unlink(missing_ok=True)
        os.lseek(handle, self.size, os.SEEK_SET)
        self._start = self.size

    def expect_checksum(self) -> None:
        """What is written from now on counts only once it is accepted."""
        with explained():
            self._marker.write_text(str(self._start))

    def write(self, data: bytes) -> None:
        """Appends bytes.

        Raises:
            DiskFullError: There is no room.
        """
        rest = memoryview(data)
        with explained():
            while rest:
                written = os.write(self._handle, rest)
                rest = rest[written:]
                self.size += written

    def accept(self) -> None:
        """Keeps what was written, also through a power cut."""
        with explained():
            os.fsync(self._handle)
        self._marker.unlink(missing_ok=True)

    def reject(self) -> None:
        """Takes back what was written."""
        os.ftruncate(self._handle, self._start)
        self.size = self._start
        self._marker.unlink(missing_ok=True)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Says it in the API's words when the disk is full.

    Raises:
        DiskFullError: It is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFullError(
            "the server's disk is full", hint="free space on the server, then go on"
        ) from error


def _checked_from(marker: Path, size: int) -> int:
    """Where bytes begin whose checksum was never compared; the size if there are none."""
    try:
        return int(marker.read_text() or "0")
    except FileNotFoundError:
        return size
    except ValueError:
        return 0
