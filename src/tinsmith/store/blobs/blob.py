"""What a store of blobs promises, and the form of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from tinsmith.core.errors import InputError

HASH = re.compile(r"[0-9a-f]{64}")
# A bucket's content that is put again is sent again once it is older than this.
FRESH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored content.

    Args:
        hash: SHA-256 of the bytes, 64 lowercase hex characters.
        size: Number of bytes.
    """

    hash: str
    size: int


class BlobStore(Protocol):
    """Bytes under the hash of themselves: never changed, stored once, whole or not at all.

    Every method may be called from several threads and several processes at once. Those that take a
    hash raise `InputError` for text that is none, and those that give content raise
    `BlobMissingError` where it is not stored. What fails on the way raises `BlobError`.
    """

    def put(self, data: bytes) -> Blob:
        """Stores bytes; content that is there already is left alone."""

    def put_stream(self, chunks: Iterable[bytes], limit: int | None = None) -> Blob:
        """Stores what arrives in pieces, with bounded memory.

        Args:
            chunks: The content, in order.
            limit: The most bytes accepted.

        Raises:
            BlobTooLargeError: There are more than `limit` bytes; nothing was kept.
        """

    def put_file(self, path: Path) -> Blob:
        """Stores a copy of a file.

        Raises:
            InputError: The file cannot be read.
        """

    def get(self, hash: str) -> bytes:
        """All bytes, checked against their hash.

        Raises:
            BlobDamagedError: They are not what was stored.
        """

    def read(self, hash: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start` on, fewer at the end; a part cannot be checked."""

    def stream(self, hash: str, chunk: int = 1 << 20) -> Iterator[bytes]:
        """All bytes in pieces of at most `chunk`.

        The last piece is held back until the hash agrees, so damaged content never looks complete.
        Errors, also of absent content, come when a piece is asked for.

        Raises:
            BlobDamagedError: They are not what was stored.
        """

    def size(self, hash: str) -> int | None:
        """Number of bytes, or None where it is not stored."""

    def exists(self, hash: str) -> bool:
        """Whether it is stored."""

    def delete(self, hash: str) -> None:
        """Removes content; what is not there is no error.

        A `put` of the same content at the same moment may find it and leave it alone, so whoever
        deletes makes sure first that nobody is about to need it.
        """

    def delete_unused(self, hash: str, before: datetime) -> bool:
        """Removes content that nobody has put since a moment; returns whether it did.

        A `put` of content that is there already counts: it is as good as new. A store on this
        machine never removes what is being put at the same moment. In a bucket, content that lies
        there for `FRESH` or longer is sent again by a `put`, so `before` must be further back.
        """

    def hashes(self) -> Iterator[str]:
        """The hash of everything stored, in no promised order."""

    def path(self, hash: str) -> Path:
        """A local file with the content, for libraries that want one; it is not to be written.

        A store on this machine gives its own file. Any other gives a copy that stays for at least
        a minute after the last call for it; open it at once.
        """

    def url(self, hash: str, filename: str | None, seconds: int) -> str | None:
        """An address from which anyone can download for a while, saved under a name.

        Args:
            hash: The content.
            filename: What a browser calls the file; None for any name.
            seconds: How long the address works, up to a week.

        Returns:
            None where the store cannot do that; then stream the content.
        """

    def verify(self) -> Iterator[str]:
        """Reads everything and gives the hashes whose content is damaged."""


def checked(hash: str) -> str:
    """The hash, if it is one; what becomes part of a path goes through here.

    Raises:
        InputError: It is not 64 lowercase hex characters.
    """
    if not HASH.fullmatch(hash):
        raise InputError(
            f"{hash[:80]!r} is not the hash of a blob",
            hint="a hash is 64 characters of 0-9 and a-f",
        )
    return hash


def blob_key(hash: str) -> str:
    """Where a blob lies below the root of its store: `4f/4f81…`."""
    return f"{checked(hash)[:2]}/{hash}"
