"""The content-addressed cache: a result is stored under the hash of everything it depends on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import InternalError
from tinsmith.core.paths import write_atomic

FloatArray = npt.NDArray[np.float32]


class Cache:
    """A folder of results named by hash; `Cache(None)` remembers only in memory.

    Several processes may share a folder: entries are immutable and written atomically.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._memory: dict[str, bytes] = {}
        self.hits = 0
        self.misses = 0

    def get(self, kind: str, key: str) -> bytes | None:
        """The stored bytes, or None."""
        found = self._read(kind, key)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Stores `data`; the same key always stands for the same data."""
        if self.root is None:
            self._memory[f"{kind}/{key}"] = data
        else:
            write_atomic(self._path(kind, key), data)

    def blob(self, kind: str, key: str, compute: Callable[[], bytes]) -> bytes:
        """The stored bytes, computed and stored when absent."""
        found = self.get(kind, key)
        if found is None:
            found = compute()
            self.put(kind, key, found)
        return found

    def json(self, kind: str, key: str, compute: Callable[[], Any]) -> Any:
        """The stored plain value, computed and stored when absent."""
        return json.loads(self.blob(kind, key, lambda: json.dumps(compute()).encode()))

    def get_array(self, kind: str, key: str) -> FloatArray | None:
        """The stored float32 array, or None when absent or damaged."""
        found = self.get(kind, key)
        if found is None:
            return None
        try:
            array: FloatArray = np.load(io.BytesIO(found), allow_pickle=False)
        except (ValueError, EOFError, OSError):
            return None
        return array

    def put_array(self, kind: str, key: str, array: FloatArray) -> None:
        """Stores a float32 array as .npy."""
        header = io.BytesIO()
        array = np.ascontiguousarray(array)
        np.lib.format.write_array_header_1_0(
            header, np.lib.format.header_data_from_array_1_0(array)
        )
        # `np.save` would copy the values three times.
        self.put(kind, key, b"".join((header.getvalue(), array.data)))

    def array(self, kind: str, key: str, compute: Callable[[], FloatArray]) -> FloatArray:
        """The stored float32 array, computed and stored when absent."""
        found = self.get_array(kind, key)
        if found is None:
            found = compute()
            self.put_array(kind, key, found)
        return found

    def _read(self, kind: str, key: str) -> bytes | None:
        if self.root is None:
            return self._memory.get(f"{kind}/{key}")
        try:
            return self._path(kind, key).read_bytes()
        except FileNotFoundError:
            return None

    def _path(self, kind: str, key: str) -> Path:
        if self.root is None:
            raise InternalError("a cache in memory has no files")
        return self.root / kind / key[:2] / key
