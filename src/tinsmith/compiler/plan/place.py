"""Offsets for buffers: those needed at once lie apart, or over each other where that is allowed.

Two buffers a, b that meet are placed such that b - a >= need(a, b) or a - b >= need(b, a), where
need(a, b) is the size of a, or less where a is a step's output over its dying input b.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tinsmith.compiler.plan.buffers import ALIGNMENT, Buffer, Overlap

_SEED = 1
# Orders tried after the first ones; a bound on work, not on time, so that results never differ.
_ROUNDS = 600

_Rivals = list[list[tuple[int, int, int]]]
"""For each buffer: (other, need(other, this), need(this, other)) of those it meets."""

_FIRST_ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.size, b.first),
    lambda b: (-b.size * (b.last - b.first + 1), b.first),
    lambda b: (b.first - b.last, -b.size),
    lambda b: (b.first, -b.size),
    lambda b: (-b.last, -b.size),
)


def round_up(value: int, multiple: int) -> int:
    """The next multiple that is not smaller."""
    return -(-value // multiple) * multiple


def place(
    buffers: Sequence[Buffer], overlaps: Sequence[Overlap] = (), *, enough: int = 0
) -> list[int]:
    """Offsets, in the order of `buffers`, with a small end.

    One buffer after the other goes to the lowest place where it fits. Which order is best is
    searched: by size and lifetime first, then by moving what ends highest to the front.

    Args:
        enough: Stops at an end of at most so many bytes.
    """
    if not buffers:
        return []
    rivals = _rivals(buffers, overlaps)
    best: list[int] = []
    best_order: list[int] = []
    for key in _FIRST_ORDERS:
        order = sorted(range(len(buffers)), key=lambda i: (key(buffers[i]), i))
        offsets = _place_in_order(rivals, order)
        if not best or end_of(buffers, offsets) < end_of(buffers, best):
            best, best_order = offsets, order
    enough = max(enough, peak_bytes(buffers, overlaps))
    return _improve(buffers, rivals, best_order, enough)


def end_of(buffers: Sequence[Buffer], offsets: Sequence[int]) -> int:
    """Where the last buffer ends."""
    return max((o + b.size for o, b in zip(offsets, buffers, strict=True)), default=0)


def peak_bytes(buffers: Sequence[Buffer], overlaps: Sequence[Overlap]) -> int:
    """Bytes that no placement can do without: the most that any step needs."""
    last = max((buffer.last for buffer in buffers), default=-1)
    return max((step_bytes(buffers, overlaps, step) for step in range(-1, last + 1)), default=0)


def step_bytes(buffers: Sequence[Buffer], overlaps: Sequence[Overlap], step: int) -> int:
    """Bytes that the buffers of one step need, with outputs over inputs as far as allowed."""
    live = sum(b.size for b in buffers if b.first <= step <= b.last)
    mine = [o for o in overlaps if buffers[o.output].first == step == buffers[o.input].last]
    saved = 0
    for output in {overlap.output for overlap in mine}:
        shared = sum(_shared(buffers, o) for o in mine if o.output == output)
        saved += min(buffers[output].size, shared)
    return live - saved


def _shared(buffers: Sequence[Buffer], overlap: Overlap) -> int:
    """The most bytes that output and input can have in common."""
    output, source = buffers[overlap.output].size, buffers[overlap.input].size
    apart = max(overlap.distance, 0)
    return max(output + source - max(output, source + apart), 0)


def _rivals(buffers: Sequence[Buffer], overlaps: Sequence[Overlap]) -> _Rivals:
    distances = {(o.output, o.input): o.distance for o in overlaps}
    rivals: _Rivals = [[] for _ in buffers]
    for i, first in enumerate(buffers):
        for j, second in enumerate(buffers[:i]):
            if first.meets(second):
                above = min(second.size, distances.get((j, i), second.size))
                below = min(first.size, distances.get((i, j), first.size))
                above, below = round_up(above, ALIGNMENT), round_up(below, ALIGNMENT)
                rivals[i].append((j, above, below))
                rivals[j].append((i, below, above))
    return rivals


def _place_in_order(rivals: _Rivals, order: Sequence[int]) -> list[int]:
    offsets = [-1] * len(rivals)
    for index in order:
        offsets[index] = _lowest(rivals[index], offsets)
    return offsets


def _lowest(rivals: Sequence[tuple[int, int, int]], offsets: Sequence[int]) -> int:
    """The lowest place beside the rivals that have one; others' offsets are negative."""
    taken = []
    for other, above, below in rivals:
        start = offsets[other]
        if start >= 0:
            taken.append((start - below, start + above))
    taken.sort()
    offset = 0
    for low, high in taken:
        if offset <= low:
            break
        if offset < high:
            offset = high
    return offset


def _improve(
    buffers: Sequence[Buffer], rivals: _Rivals, order: list[int], enough: int
) -> list[int]:
    """Moves buffers that end highest, or lie in their way, to earlier turns."""
    chance = random.Random(_SEED)
    offsets = _place_in_order(rivals, order)
    end = end_of(buffers, offsets)
    best, best_end = offsets, end
    for _ in range(_ROUNDS):
        if best_end <= enough:
            break
        trial, kept = _moved(buffers, rivals, order, offsets, chance)
        begun = [-1] * len(order)
        for index in order[:kept]:
            begun[index] = offsets[index]
        placed = _place_below(buffers, rivals, trial[kept:], begun, end)
        if placed is None:
            if chance.random() >= 0.02:
                continue
            placed = _place_in_order(rivals, trial)
        order, offsets, end = trial, placed, end_of(buffers, placed)
        if end < best_end:
            best, best_end = offsets, end
    return best


def _place_below(
    buffers: Sequence[Buffer],
    rivals: _Rivals,
    order: Sequence[int],
    offsets: list[int],
    limit: int,
) -> list[int] | None:
    """Places what has no offset yet, in this order; None once something ends above the limit."""
    for index in order:
        offset = offsets[index] = _lowest(rivals[index], offsets)
        if offset + buffers[index].size > limit:
            return None
    return offsets


def _moved(
    buffers: Sequence[Buffer],
    rivals: _Rivals,
    order: list[int],
    offsets: Sequence[int],
    chance: random.Random,
) -> tuple[list[int], int]:
    """(an order in which one buffer has another turn, how many before it keep theirs)."""
    end = end_of(buffers, offsets)
    highest = [i for i, b in enumerate(buffers) if offsets[i] + b.size == end]
    chosen = chance.choice(highest)
    if chance.random() < 0.5 and rivals[chosen]:
        chosen = chance.choice(rivals[chosen])[0]
    before = order.index(chosen)
    trial = order[:before] + order[before + 1 :]
    turn = chance.randrange(len(order))
    trial.insert(turn, chosen)
    return trial, min(before, turn)
