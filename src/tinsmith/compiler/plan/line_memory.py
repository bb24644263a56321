"""Places for the rows of a stream: many short-lived pieces in a small memory."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

_ALIGNMENT = 4


@dataclass(frozen=True)
class Line:
    """A row of `size` bytes that is needed from turn `first` to turn `last`, both included."""

    size: int
    first: int
    last: int


def place_lines(lines: Sequence[Line], *, thorough: bool = True) -> tuple[list[int], int]:
    """(offsets in the order of `lines`, end of the last).

    Rows are placed in the order in which they are made, at the lowest gap. Rows that live longer
    than `patience` turns go to the low end, the others to the high end below a ceiling, so that the
    short-lived ones do not tear holes; the best of a few pairs is kept.

    Args:
        thorough: Tries more than one.
    """
    best: tuple[list[int], int] = ([], 0)
    lowest = peak_bytes(lines)
    spans = sorted({line.last - line.first for line in lines})
    for patience in (-1, *spans[:_MOST_TRIED]):
        for slack in _SLACKS if patience >= 0 else (0,):
            ceiling = lowest + lowest * slack // 100 // _ALIGNMENT * _ALIGNMENT
            offsets, end = _place(lines, patience, ceiling)
            if not best[0] or end < best[1]:
                best = offsets, end
            if best[1] <= lowest or not thorough or len(lines) > _MOST_LINES:
                return best
    return best


_MOST_TRIED = 4
_MOST_LINES = 4096  # that are placed more than once
_SLACKS = (0, 4, 8, 15, 25)


def peak_bytes(lines: Sequence[Line]) -> int:
    """The most bytes that are needed at one turn."""
    changes: dict[int, int] = {}
    for line in lines:
        size = _aligned(line.size)
        changes[line.first] = changes.get(line.first, 0) + size
        changes[line.last + 1] = changes.get(line.last + 1, 0) - size
    total = peak = 0
    for turn in sorted(changes):
        total += changes[turn]
        peak = max(peak, total)
    return peak


def _place(lines: Sequence[Line], patience: int, ceiling: int) -> tuple[list[int], int]:
    offsets = [0] * len(lines)
    live: list[tuple[int, int, int]] = []  # (start, end, last turn), by start
    highest = 0
    for index in sorted(range(len(lines)), key=lambda i: (lines[i].first, -lines[i].size)):
        line = lines[index]
        size = _aligned(line.size)
        live = [item for item in live if item[2] >= line.first]
        is_short = line.last - line.first <= patience
        start = _high_gap(live, size, ceiling) if is_short else None
        if start is None:
            start = _low_gap(live, size)
        bisect.insort(live, (start, start + size, line.last))
        offsets[index] = start
        highest = max(highest, start + size)
    return offsets, highest


def _low_gap(live: Sequence[tuple[int, int, int]], size: int) -> int:
    start = 0
    for low, high, _ in live:
        if start + size <= low:
            break
        start = max(start, high)
    return start


def _high_gap(live: Sequence[tuple[int, int, int]], size: int, ceiling: int) -> int | None:
    end = ceiling
    for low, high, _ in reversed(live):
        if end - size >= high:
            break
        end = min(end, low)
    return end - size if end >= size else None


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
