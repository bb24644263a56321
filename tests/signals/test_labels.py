"""Labels over time: overlaps, runs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tinsmith.signals import Segment, flatten_overlaps
from tinsmith.signals.labels import runs

segments = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 8), st.sampled_from("abc")).map(
        lambda part: Segment(part[0], part[0] + part[1], part[2])
    ),
    max_size=12,
)


def painted(parts: list[Segment]) -> list[str]:
    frames = [""] * 40
    for part in parts:
        for index in range(part.start_index, part.end_index + 1):
            frames[index] = part.label
    return frames


@given(segments)
def test_later_segments_win_as_when_painting_over(parts: list[Segment]) -> None:
    flat = flatten_overlaps(parts)
    assert painted(list(flat)) == painted(parts)
    assert all(part.start_index <= part.end_index for part in flat)
    assert all(before.end_index < after.start_index for before, after in pairwise(flat))


@given(st.lists(st.sampled_from(["", "a", "b"]), max_size=40))
def test_runs_describe_every_labelled_frame(frames: list[str]) -> None:
    found = list(runs(frames))
    assert painted(found)[: len(frames)] == frames
    assert all(before != after for before, after in pairwise(found))
