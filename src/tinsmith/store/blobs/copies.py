"""Local copies of what lies in a bucket, bounded in bytes, shared by processes.

The copies used longest ago make room. Each process counts what it added and looks at the whole
folder when that may matter, so several of them together stay near the limit, not exactly at it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tinsmith.core.process_lock import held
from tinsmith.store.blobs.errors import BlobMissingError
from tinsmith.store.blobs.folder import FolderBlobs

GRACE_S = 60.0


class Copies:
    """A folder of copies.

    Args:
        root: The folder; several processes and several stores may share it.
        limit_bytes: How much it may hold.
        grace_s: A copy asked for less than this many seconds ago stays even above the limit,
            because somebody may be about to open it.
    """

    def __init__(self, root: Path, limit_bytes: int, *, grace_s: float = GRACE_S) -> None:
        # Durable: a copy is trusted by its name afterwards, so a power cut must not damage it.
        self.folder = FolderBlobs(root, durable=True)
        self.limit_bytes = limit_bytes
        self.grace_s = grace_s
        self._lock = self.folder.root / "lock"
        # Unknown until the first look: something may be there already.
        self._estimate = limit_bytes
        self._added = 0

    def find(self, hash: str) -> Path | None:
        """The copy, now the one used last, or None."""
        try:
            path = self.folder.path(hash)
            with held(self._lock, fcntl.LOCK_SH):
                os.utime(path)
        except (BlobMissingError, FileNotFoundError):
            return None
        return path

    def add(self, chunks: Iterable[bytes]) -> Path:
        """Keeps a copy of content and makes room for it if needed."""
        blob = self.folder.put_stream(chunks)
        self._estimate += blob.size
        self._added += blob.size
        if self._estimate > self.limit_bytes or self._added > self.limit_bytes // 16:
            self.shrink()
        return self.folder.path(blob.hash)

    def drop(self, hash: str) -> None:
        """Removes a copy, if there is one."""
        self.folder.delete(hash)

    def shrink(self) -> None:
        """Removes the copies used longest ago when there are more bytes than the limit."""
        with held(self._lock, fcntl.LOCK_EX):
            entries = sorted(self._entries())
            total = sum(size for _, size, _ in entries)
            newest = (time.time() - self.grace_s) * 1e9
            if total > self.limit_bytes:
                # A little below the limit, so that not every further copy looks at them all.
                wanted = self.limit_bytes - self.limit_bytes // 8
                for used_ns, size, path in entries:
                    if total <= wanted or used_ns > newest:
                        break
                    path.unlink(missing_ok=True)
                    total -= size
        self._estimate = total
        self._added = 0

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        for hash in self.folder.hashes():
            path = self.folder.root / hash[:2] / hash
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                yield status.st_mtime_ns, status.st_size, path
