"""Content in pieces: bounded, checked, read from files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tinsmith.core.errors import InputError
from tinsmith.store.blobs.errors import BlobDamagedError, BlobMissingError, BlobTooLargeError


def limited(chunks: Iterable[bytes], limit: int | None) -> Iterator[bytes]:
    """The chunks, until they are more than `limit` bytes.

    Raises:
        BlobTooLargeError: They are.
    """
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if limit is not None and total > limit:
            raise BlobTooLargeError(
                f"more than {limit} bytes were sent", hint=f"send at most {limit} bytes"
            )
        yield chunk


def file_chunks(path: Path, chunk: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a user's file.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            while data := file.read(chunk):
                yield data
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", path=path, hint="give a file that can be read"
        ) from error


def verified(chunks: Iterable[bytes], hash: str) -> Iterator[bytes]:
    """The chunks, the last one only when all of them have the hash.

    Raises:
        BlobDamagedError: They have another.
    """
    sha = hashlib.sha256()
    size = 0
    held: bytes | None = None
    for chunk in chunks:
        if held is not None:
            yield held
        sha.update(chunk)
        size += len(chunk)
        held = chunk
    if sha.hexdigest() != hash:
        raise BlobDamagedError(hash, sha.hexdigest(), size)
    if held is not None:
        yield held


def cut(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of at most `size`."""
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def check_range(start: int, length: int) -> None:
    """Checks what is asked of `BlobStore.read`.

    Raises:
        InputError: A number is negative.
    """
    if start < 0 or length < 0:
        raise InputError(
            f"cannot read {length} bytes from byte {start} on", hint="give numbers from 0 on"
        )


def damaged(hashes: Iterable[str], stream: Callable[[str], Iterator[bytes]]) -> Iterator[str]:
    """The hashes whose stream turns out damaged; what was deleted meanwhile is fine."""
    for hash in hashes:
        try:
            for _ in stream(hash):
                pass
        except BlobDamagedError:
            yield hash
        except BlobMissingError:
            continue
