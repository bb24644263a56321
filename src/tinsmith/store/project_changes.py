"""What differs between two lists of samples, in one pass over both."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tinsmith.store.project_state import Document, line_key


@dataclass(frozen=True)
class SampleChange:
    """A sample that is not the same in two states; None where it is not there."""

    key: str
    before: Document | None
    after: Document | None

    @property
    def fields(self) -> tuple[str, ...]:
        """What is different about a sample that is in both."""
        if self.before is None or self.after is None:
            return ()
        return tuple(
            name for name in sorted(self.after) if self.before.get(name) != self.after[name]
        )


def sample_changes(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[SampleChange]:
    """The samples that differ, by key; both lists are sorted by it."""
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if old == new:
            old, new = next(before, None), next(after, None)
            continue
        first, second = _key(old), _key(new)
        key = min(item for item in (first, second) if item is not None)
        yield SampleChange(
            key, _parsed(old) if first == key else None, _parsed(new) if second == key else None
        )
        if first == key:
            old = next(before, None)
        if second == key:
            new = next(after, None)


def value_changes(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two documents differ: path, the value of before, the value of after."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from value_changes(before.get(name), after.get(name), f"{path}.{name}".strip("."))
    elif isinstance(before, list) and isinstance(after, list) and _are_documents(before + after):
        pairs = itertools.zip_longest(before, after)
        for number, (old, new) in enumerate(pairs):
            yield from value_changes(old, new, f"{path}.{number}")
    elif before != after:
        yield path, before, after


def _are_documents(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _key(line: bytes | None) -> str | None:
    return None if line is None else line_key(line)


def _parsed(line: bytes | None) -> Document | None:
    return None if line is None else json.loads(line)
