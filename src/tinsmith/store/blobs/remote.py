"""Blobs in a bucket, with local copies for libraries that want files."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tinsmith.core.hashing import hash_bytes
from tinsmith.store.blobs.blob import FRESH, HASH, Blob, blob_key
from tinsmith.store.blobs.bucket import Bucket
from tinsmith.store.blobs.copies import Copies
from tinsmith.store.blobs.errors import BlobDamagedError, BlobMissingError
from tinsmith.store.blobs.pieces import check_range, cut, damaged, file_chunks, limited, verified

# A stream up to this size waits in memory for its hash, a longer one in a temporary file.
IN_MEMORY_BYTES = 8 << 20


class RemoteBlobs:
    """A `BlobStore` in a bucket.

    Content is hashed here before it is sent, so the bucket never holds a temporary. `path` fills
    the folder of copies; `get`, `read` and `stream` use what is there.

    Args:
        bucket: Where content lies.
        copies: Local files for `path`.
    """

    def __init__(self, bucket: Bucket, copies: Copies) -> None:
        self.bucket = bucket
        self.copies = copies

    def put(self, data: bytes) -> Blob:
        """Stores bytes; content that is there already is not sent."""
        blob = Blob(hash_bytes(data), len(data))
        key = blob_key(blob.hash)
        if not self._is_there(key, blob.size):
            self.bucket.put(key, data)
        return blob

    def put_stream(self, chunks: Iterable[bytes], limit: int | None = None) -> Blob:
        """Stores what arrives in pieces; see `BlobStore`."""
        sha = hashlib.sha256()
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as spool:
            for chunk in limited(chunks, limit):
                sha.update(chunk)
                spool.write(chunk)
            blob = Blob(sha.hexdigest(), spool.tell())
            key = blob_key(blob.hash)
            if not self._is_there(key, blob.size):
                spool.seek(0)
                self.bucket.put(key, spool)
        return blob

    def put_file(self, path: Path) -> Blob:
        """Stores a copy of a file; see `BlobStore`."""
        return self.put_stream(file_chunks(path))

    def get(self, hash: str) -> bytes:
        """All bytes, checked against their hash; see `BlobStore`."""
        if self.copies.find(hash):
            try:
                return self.copies.folder.get(hash)
            except (BlobDamagedError, BlobMissingError):
                # Only the copy suffered; the bucket has the original.
                self.copies.drop(hash)
        data = self.bucket.get(blob_key(hash))
        if data is None:
            raise BlobMissingError(hash)
        seen = hash_bytes(data)
        if seen != hash:
            raise BlobDamagedError(hash, seen, len(data))
        return data

    def read(self, hash: str, start: int, length: int) -> bytes:
        """A part of the bytes; see `BlobStore`."""
        check_range(start, length)
        key = blob_key(hash)
        if self.copies.find(hash):
            return self.copies.folder.read(hash, start, length)
        data = self.bucket.read(key, start, length)
        if data is None:
            raise BlobMissingError(hash)
        return data

    def stream(self, hash: str, chunk: int = 1 << 20) -> Iterator[bytes]:
        """All bytes in pieces; see `BlobStore`."""
        if self.copies.find(hash):
            yield from self.copies.folder.stream(hash, chunk)
            return
        yield from self._fetched(hash, chunk)

    def size(self, hash: str) -> int | None:
        """Number of bytes, or None where it is not stored."""
        return self.bucket.size(blob_key(hash))

    def exists(self, hash: str) -> bool:
        """Whether it is stored."""
        return self.size(hash) is not None

    def delete(self, hash: str) -> None:
        """Removes content and its copy here; other machines may keep theirs for a while."""
        self.bucket.delete(blob_key(hash))
        self.copies.drop(hash)

    def delete_unused(self, hash: str, before: datetime) -> bool:
        """Removes content that nobody has put since a moment; see `BlobStore`."""
        stored_at = self.bucket.stored_at(blob_key(hash))
        if stored_at is None or stored_at >= before:
            return False
        self.delete(hash)
        return True

    def hashes(self) -> Iterator[str]:
        """The hash of everything stored, in no promised order."""
        for key in self.bucket.list_keys():
            shard, _, name = key.partition("/")
            if HASH.fullmatch(name) and name.startswith(shard):
                yield name

    def path(self, hash: str) -> Path:
        """A copy in the cache folder; see `BlobStore`."""
        return self.copies.find(hash) or self.copies.add(self._fetched(hash))

    def url(self, hash: str, filename: str | None, seconds: int) -> str | None:
        """A download address; see `BlobStore`."""
        return self.bucket.url(blob_key(hash), filename, seconds)

    def verify(self) -> Iterator[str]:
        """Reads everything from the bucket and gives the hashes whose content is damaged."""
        return damaged(self.hashes(), self._fetched)

    def _is_there(self, key: str, size: int) -> bool:
        """Whether content is stored and so new that nobody is about to remove it."""
        if self.bucket.size(key) != size:
            return False
        stored_at = self.bucket.stored_at(key)
        return stored_at is not None and datetime.now(UTC) - stored_at < FRESH

    def _fetched(self, hash: str, chunk: int = 1 << 20) -> Iterator[bytes]:
        found = self.bucket.stream(blob_key(hash), chunk)
        if found is None:
            raise BlobMissingError(hash)
        yield from verified(cut(found, chunk), hash)
