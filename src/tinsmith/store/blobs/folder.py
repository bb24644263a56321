"""Blobs in a folder of this machine.

4f/4f81…c2     the content, read-only
tmp/           files being written
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from tinsmith.core.hashing import hash_bytes
from tinsmith.store.blobs.blob import HASH, Blob, blob_key, checked
from tinsmith.store.blobs.drafts import Draft, Drafts, explained
from tinsmith.store.blobs.errors import BlobDamagedError, BlobMissingError
from tinsmith.store.blobs.pieces import check_range, damaged, file_chunks, limited, verified

_LARGE_BYTES = 1 << 20
_SHARD = re.compile(r"[0-9a-f]{2}")


class FolderBlobs:
    """A `BlobStore` in a folder; see `Drafts` for what survives a kill and a power cut.

    Content cut short by a power cut is noticed by its size and written anew by the next `put` of
    the same bytes; `get`, `stream` and `verify` notice any damage.

    Args:
        root: The folder; made when absent.
        durable: Whether each `put` waits until the disk has the content.

    Raises:
        BlobError: The folder cannot be made or written to.
    """

    def __init__(self, root: Path, *, durable: bool = False) -> None:
        self.root = root.absolute()
        self._prefix = f"{self.root}/"
        self._drafts = Drafts(self.root / "tmp", durable=durable)
        self._drafts.prepare()

    def put(self, data: bytes) -> Blob:
        """Stores bytes; content that is there already is left alone."""
        blob = Blob(hash_bytes(data), len(data))
        # Nearly all that is put is new: to ask first takes longer than to write what is small.
        if blob.size < _LARGE_BYTES or not _is_there(self._place(blob.hash), blob.size):
            with self._drafts.open() as draft:
                draft.write(data)
                self._publish(draft, blob)
        return blob

    def put_stream(self, chunks: Iterable[bytes], limit: int | None = None) -> Blob:
        """Stores what arrives in pieces; see `BlobStore`."""
        sha = hashlib.sha256()
        size = 0
        with self._drafts.open() as draft:
            for chunk in limited(chunks, limit):
                sha.update(chunk)
                size += len(chunk)
                draft.write(chunk)
            blob = Blob(sha.hexdigest(), size)
            self._publish(draft, blob)
        return blob

    def put_file(self, path: Path) -> Blob:
        """Stores a copy of a file; see `BlobStore`."""
        return self.put_stream(file_chunks(path))

    def get(self, hash: str) -> bytes:
        """All bytes, checked against their hash; see `BlobStore`."""
        file = self._file(hash)
        with _reading(file):
            data = file.read_bytes()
        seen = hash_bytes(data)
        if seen != hash:
            raise BlobDamagedError(hash, seen, len(data))
        return data

    def read(self, hash: str, start: int, length: int) -> bytes:
        """A part of the bytes; see `BlobStore`."""
        check_range(start, length)
        place = self._file(hash)
        with _reading(place), place.open("rb") as file:
            file.seek(start)
            # Python reserves what is asked for, however little is there.
            return file.read(min(length, max(os.fstat(file.fileno()).st_size - start, 0)))

    def stream(self, hash: str, chunk: int = 1 << 20) -> Iterator[bytes]:
        """All bytes in pieces; see `BlobStore`."""
        place = self._file(hash)
        with _reading(place), place.open("rb") as file:
            yield from verified(iter(lambda: file.read(chunk), b""), hash)

    def size(self, hash: str) -> int | None:
        """Number of bytes, or None where it is not stored."""
        return _size(self._place(checked(hash)))

    def exists(self, hash: str) -> bool:
        """Whether it is stored."""
        return self.size(hash) is not None

    def delete(self, hash: str) -> None:
        """Removes content; what is not there is no error."""
        place = self._file(hash)
        with _reading(place):
            place.unlink(missing_ok=True)

    def delete_unused(self, hash: str, before: datetime) -> bool:
        """Removes content that nobody has put since a moment; see `BlobStore`."""
        place, limit = self._file(hash), before.timestamp()
        aside = Path(self._drafts.name())
        try:
            if place.stat().st_mtime >= limit:
                return False
            # Out of the way first: a `put` finds it before this, and then its time tells, or not at
            # all, and then it writes it anew.
            place.rename(aside)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise explained(error, self.root) from error
        if aside.stat().st_mtime >= limit:
            aside.rename(place)
            return False
        aside.unlink()
        return True

    def hashes(self) -> Iterator[str]:
        """The hash of everything stored, sorted."""
        shards = (entry.name for entry in self.root.iterdir())
        for shard in sorted(name for name in shards if _SHARD.fullmatch(name)):
            names = (entry.name for entry in (self.root / shard).iterdir())
            yield from sorted(name for name in names if HASH.fullmatch(name))

    def path(self, hash: str) -> Path:
        """The file itself, which is not to be written."""
        file = self._file(hash)
        if not file.is_file():
            raise BlobMissingError(hash)
        return file

    def url(self, hash: str, filename: str | None, seconds: int) -> None:  # noqa: ARG002 - a folder has none
        """None: a folder has no address."""
        checked(hash)

    def verify(self) -> Iterator[str]:
        """Reads everything and gives the hashes whose content is damaged."""
        return damaged(self.hashes(), self.stream)

    def _publish(self, draft: Draft, blob: Blob) -> None:
        place = self._place(blob.hash)
        if not draft.add(place) and not _is_there(place, blob.size):
            draft.publish(place)

    def _file(self, hash: str) -> Path:
        return self.root / blob_key(hash)

    def _place(self, hash: str) -> str:
        return f"{self._prefix}{hash[:2]}/{hash}"


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissingError(file.name) from error
    except OSError as error:
        raise explained(error, file.parent.parent) from error


def _size(place: str) -> int | None:
    try:
        return os.stat(place).st_size  # noqa: PTH116 - a Path for each blob costs more than this
    except FileNotFoundError:
        return None


def _is_there(place: str, size: int) -> bool:
    """Whether content is stored whole; if so, it counts as stored just now."""
    if _size(place) != size:
        return False
    try:
        os.utime(place)
    except OSError:
        # Removed a moment ago, or another user's: it is written anew.
        return False
    return True
