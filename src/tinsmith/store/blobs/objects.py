"""Results under names: made once, never changed, worth computing again when lost.

An object carries the hash of its content. One that does not agree with it (a disk or an upload cut
short) counts as absent and is removed, so the next `put` replaces it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Protocol

from tinsmith.core.errors import InputError
from tinsmith.impulse.cache import Cache
from tinsmith.store.blobs.bucket import Bucket
from tinsmith.store.blobs.drafts import Drafts, explained

_SEAL_BYTES = 32
_SEGMENT = r"[a-zA-Z0-9_-][a-zA-Z0-9._-]*"
_KEY = re.compile(rf"(?=.{{1,500}}\Z){_SEGMENT}(?:/{_SEGMENT})*")


class Objects(Protocol):
    """Named bytes; the first value put under a key stays."""

    def get(self, key: str) -> bytes | None:
        """The bytes, or None when absent or damaged.

        Raises:
            InputError: The key cannot be one.
            BlobError: The folder or bucket does not work.
        """

    def put(self, key: str, data: bytes) -> None:
        """Stores bytes unless there are some under the key.

        Args:
            key: Letters, digits, `.`, `_` and `-`, with `/` between parts; at most 500 characters.
            data: The bytes.

        Raises:
            InputError: The key cannot be one.
            BlobError: The folder or bucket does not work.
        """


class FolderObjects:
    """`Objects` in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        # A leading dot, which no key has.
        self._drafts = Drafts(self.root / ".tmp")
        self._drafts.prepare()

    def get(self, key: str) -> bytes | None:
        """The bytes, or None; see `Objects`."""
        place = self.root / _checked(key)
        try:
            sealed = place.read_bytes()
            data = _opened(sealed)
            if data is None:
                place.unlink(missing_ok=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explained(error, self.root) from error
        return data

    def put(self, key: str, data: bytes) -> None:
        """Stores bytes; see `Objects`."""
        place = self.root / _checked(key)
        if not place.exists():
            self._drafts.write(str(place), _sealed(data))


class BucketObjects:
    """`Objects` in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def get(self, key: str) -> bytes | None:
        """The bytes, or None; see `Objects`."""
        sealed = self.bucket.get(_checked(key))
        data = None if sealed is None else _opened(sealed)
        if sealed is not None and data is None:
            self.bucket.delete(key)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Stores bytes; see `Objects`."""
        self.bucket.create(_checked(key), _sealed(data))


class SharedCache(Cache):
    """A cache of this machine in front of `Objects` that several machines share.

    Found here, a result costs no request; found there, it is kept here as well. What is computed
    goes to both, first here, so a network that fails loses no work.
    """

    def __init__(self, root: Path | None, shared: Objects) -> None:
        super().__init__(root)
        self.shared = shared

    def get(self, kind: str, key: str) -> bytes | None:
        """The stored bytes, from here or there, or None."""
        found = super().get(kind, key)
        if found is not None:
            return found
        found = self.shared.get(f"{kind}/{key}")
        if found is not None:
            super().put(kind, key, found)
            # What was missing here only is a hit of the whole.
            self.misses -= 1
            self.hits += 1
        return found

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Stores `data` here and there; the same key always stands for the same data."""
        super().put(kind, key, data)
        self.shared.put(f"{kind}/{key}", data)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise InputError(
            f"{key[:80]!r} cannot be the key of a stored result",
            hint="use letters, digits, '.', '_' and '-', with '/' between parts, at most 500",
        )
    return key


def _sealed(data: bytes) -> bytes:
    return hashlib.sha256(data).digest() + data


def _opened(sealed: bytes) -> bytes | None:
    data = sealed[_SEAL_BYTES:]
    return data if hashlib.sha256(data).digest() == sealed[:_SEAL_BYTES] else None
