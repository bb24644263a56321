"""Callers whose keys were checked a moment ago.

A device that sends hundreds of recordings a second is the same device each time. What was found out
about a key is used again for a second, and not at all once anything was written but samples: a key
that is revoked, or a person who loses access, is refused at once by the server that did it.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

_SECONDS = 1.0
_MOST = 1000


@dataclass
class Known(Generic[T]):
    """What was found out, by what was asked; forgotten after a second or a change."""

    _found: dict[Hashable, tuple[float, int, T]] = field(default_factory=dict)

    def get(self, key: Hashable, changes: int) -> T | None:
        """What is known, if it still counts; `changes` is the database's count of changes."""
        found = self._found.get(key)
        if found is None or found[1] != changes or time.monotonic() - found[0] > _SECONDS:
            return None
        return found[2]

    def put(self, key: Hashable, changes: int, value: T) -> None:
        """Remembers something found out while the count of changes was `changes`."""
        if len(self._found) >= _MOST:
            self._found.clear()
        self._found[key] = (time.monotonic(), changes, value)
