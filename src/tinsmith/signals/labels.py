"""Labels over time: checked, in order, without overlaps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tinsmith.core.errors import DecodeError
from tinsmith.signals.types import Segment


def parse_segments(raw: Any, frames: int) -> tuple[Segment, ...]:
    """Segments from `[{"startIndex": .., "endIndex": .., "label": ..}, ...]` or its JSON text.

    Overlaps are resolved: the entry that comes later in the list wins.

    Args:
        raw: The list, or JSON text of it.
        frames: Number of frames of the signal; every segment must lie inside.

    Raises:
        DecodeError: Not such a list, an index outside the signal, or end before start.
    """
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise DecodeError("the structured labels are no readable JSON") from None
    if not isinstance(raw, list):
        raise DecodeError(f"the structured labels are {type(raw).__name__}; expected a list")
    return flatten_overlaps([_segment(entry, frames, index) for index, entry in enumerate(raw)])


def _segment(entry: Any, frames: int, index: int) -> Segment:
    where = f"structured label {index}"
    if not isinstance(entry, dict):
        raise DecodeError(
            f"{where} is {type(entry).__name__}; expected startIndex, endIndex, label"
        )
    start: Any = entry.get("startIndex")
    end: Any = entry.get("endIndex")
    label: Any = entry.get("label")
    if not (_is_index(start) and _is_index(end) and isinstance(label, str)):
        raise DecodeError(
            f"{where} has startIndex {start!r}, endIndex {end!r}, label {label!r}; "
            "expected two whole numbers and a text"
        )
    if not 0 <= start <= end < frames:
        raise DecodeError(
            f"{where} ({label!r}) covers {start} to {end}; the signal has frames 0 to {frames - 1}",
            hint="indexes count frames from 0, and endIndex is included",
        )
    return Segment(start, end, label)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def flatten_overlaps(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Segments in order of time; where two overlap, the later in the list wins."""
    free: list[Segment] = []
    for new in segments:
        free = [part for old in free for part in _without(old, new)]
        free.append(new)
    return tuple(sorted(free, key=lambda segment: segment.start_index))


def _without(old: Segment, new: Segment) -> list[Segment]:
    """What is left of `old` outside `new`."""
    parts = []
    if old.start_index < new.start_index:
        parts.append(Segment(old.start_index, min(old.end_index, new.start_index - 1), old.label))
    if old.end_index > new.end_index:
        parts.append(Segment(max(old.start_index, new.end_index + 1), old.end_index, old.label))
    return parts


def runs(labels: Sequence[str]) -> tuple[Segment, ...]:
    """One label a frame as segments; frames with an empty label belong to none."""
    found: list[Segment] = []
    start = 0
    for index in range(1, len(labels) + 1):
        if index < len(labels) and labels[index] == labels[start]:
            continue
        if labels[start]:
            found.append(Segment(start, index - 1, labels[start]))
        start = index
    return tuple(found)
