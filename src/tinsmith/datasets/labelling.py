"""Labels over time: from segments to a label per frame, and to one label per window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tinsmith.signals import Segment

LabelRule = Literal["majority", "share", "last", "any"]
LABEL_RULES: tuple[LabelRule, ...] = ("majority", "share", "last", "any")


def normalise(
    segments: Sequence[Segment], frames: int
) -> tuple[tuple[Segment, ...], tuple[str, ...]]:
    """Segments in order, without overlaps (the later one in the list wins), inside the recording.

    Neighbouring segments with one label are joined.

    Returns:
        The segments and one sentence for every segment that had to be cut or dropped.
    """
    notes = []
    kept = []
    for segment in segments:
        start, end = segment.start_index, segment.end_index
        if start < 0 or end < start or start >= frames:
            notes.append(
                f"segment {segment.label!r} from {start} to {end} lies outside the recording of "
                f"{frames} frames and was dropped"
            )
            continue
        if end >= frames:
            notes.append(
                f"segment {segment.label!r} ends at {end}, after the last frame {frames - 1}, "
                "and was cut there"
            )
        kept.append(Segment(start, min(end, frames - 1), segment.label))
    names, codes = label_codes(kept, "", frames)
    return _runs(names, codes), tuple(notes)


def cut_segments(segments: Sequence[Segment], start: int, end: int) -> tuple[Segment, ...]:
    """What lies in frames [start, end) of a recording, counted from `start`."""
    return tuple(
        Segment(max(s.start_index, start) - start, min(s.end_index, end - 1) - start, s.label)
        for s in segments
        if s.start_index < end and s.end_index >= start
    )


def replace_segments(
    segments: Sequence[Segment], start: int, frames: int, inside: Sequence[Segment]
) -> tuple[Segment, ...]:
    """The segments of a recording after those within a part of it were edited.

    Args:
        segments: Labels over time of the whole recording.
        start: First frame of the part.
        frames: Length of the part.
        inside: The new labels over time of the part, counted from its start.

    Returns:
        In order; a segment that reached over an edge of the part is cut there, and joined with its
        neighbour again where both have one label.
    """
    end = start + frames
    before = [
        Segment(s.start_index, min(s.end_index, start - 1), s.label)
        for s in segments
        if s.start_index < start
    ]
    after = [
        Segment(max(s.start_index, end), s.end_index, s.label)
        for s in segments
        if s.end_index >= end
    ]
    moved = [Segment(s.start_index + start, s.end_index + start, s.label) for s in inside]
    joined: list[Segment] = []
    for segment in before + moved + after:
        last = joined[-1] if joined else None
        if last and last.label == segment.label and last.end_index + 1 == segment.start_index:
            joined[-1] = Segment(last.start_index, segment.end_index, segment.label)
        else:
            joined.append(segment)
    return tuple(joined)


def label_codes(
    segments: Sequence[Segment], default: str, frames: int
) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """A label per frame.

    Args:
        segments: Labels over time; later ones win where they overlap.
        default: Label of frames that no segment covers.
        frames: Length of the recording.

    Returns:
        The label names, sorted, and int32 [frames], the position of each frame's label in them.
    """
    names = tuple(sorted({default} | {segment.label for segment in segments}))
    position = {name: index for index, name in enumerate(names)}
    codes = np.full(frames, position[default], np.int32)
    for segment in segments:
        codes[segment.start_index : segment.end_index + 1] = position[segment.label]
    return names, codes


@dataclass(frozen=True)
class LabelPolicy:
    """How the labels within a window become one.

    Args:
        rule: "last" takes the label of the window's last frame; "majority" the label with most
            frames (the alphabetically first of equals); "share" the same if it covers enough of
            the window, else "" (unlabelled); "any" the most frequent of `priority` that occurs at
            all, else the label of the last frame.
        share: Smallest share of the frames for rule "share".
        priority: Labels that win wherever they occur, for rule "any".
    """

    rule: LabelRule = "majority"
    share: float = 0.5
    priority: tuple[str, ...] = ()


def window_labels(
    names: Sequence[str],
    codes: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    size: int,
    policy: LabelPolicy,
) -> list[str]:
    """One label for each window.

    Args:
        names: Label names.
        codes: int32 [frames], position of each frame's label in `names`.
        starts: First frame of each window.
        size: Frames of a window. It may reach past the end (zero padding); only real frames count.
        policy: How the frames vote.
    """
    ends = np.minimum(starts + size, len(codes))
    last = codes[ends - 1]
    if policy.rule == "last":
        return [names[code] for code in last]
    counts = _counts(codes, starts, ends, len(names))
    if policy.rule == "any":
        wanted = np.isin(np.array(names), np.array(policy.priority))
        chosen = np.where(wanted, counts, 0)
        best = np.where(chosen.max(axis=1) > 0, chosen.argmax(axis=1), last)
        return [names[code] for code in best]
    best = counts.argmax(axis=1)
    labels = [names[code] for code in best]
    if policy.rule == "majority":
        return labels
    enough = counts.max(axis=1) >= policy.share * (ends - starts)
    return [label if ok else "" for label, ok in zip(labels, enough, strict=True)]


def _counts(
    codes: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    labels: int,
) -> npt.NDArray[np.int64]:
    """int64 [windows, labels]: frames of each label in each window."""
    counts = np.empty((len(starts), labels), np.int64)
    for label in range(labels):
        total = np.concatenate([[0], np.cumsum(codes == label)])
        counts[:, label] = total[ends] - total[starts]
    return counts


def _runs(names: Sequence[str], codes: npt.NDArray[np.int32]) -> tuple[Segment, ...]:
    edges = np.flatnonzero(np.diff(codes)) + 1
    starts = np.concatenate([[0], edges]).astype(int)
    ends = np.concatenate([edges, [len(codes)]]).astype(int)
    return tuple(
        Segment(int(start), int(end) - 1, names[codes[start]])
        for start, end in zip(starts, ends, strict=True)
        if names[codes[start]] != ""
    )
