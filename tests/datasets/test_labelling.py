"""Labels over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.datasets.labelling import (
    LabelPolicy,
    cut_segments,
    label_codes,
    normalise,
    replace_segments,
    window_labels,
)
from tinsmith.signals import Segment

_SEGMENTS = st.lists(
    st.builds(Segment, st.integers(-5, 45), st.integers(-5, 45), st.sampled_from(["a", "b", "c"])),
    max_size=6,
)


def test_later_segments_win_and_neighbours_join() -> None:
    tidy, notes = normalise([Segment(0, 9, "a"), Segment(5, 6, "b"), Segment(10, 12, "a")], 20)
    assert tidy == (
        Segment(0, 4, "a"),
        Segment(5, 6, "b"),
        Segment(7, 12, "a"),
    )
    assert notes == ()


def test_segments_outside_the_recording_are_said() -> None:
    tidy, notes = normalise([Segment(5, 30, "a"), Segment(40, 50, "b")], 20)
    assert tidy == (Segment(5, 19, "a"),)
    assert "was cut" in notes[0]
    assert "was dropped" in notes[1]


@given(_SEGMENTS)
def test_normalised_segments_say_the_same_about_every_frame(segments: list[Segment]) -> None:
    frames = 40
    expected = [""] * frames
    for segment in segments:
        if segment.start_index < 0 or segment.end_index < segment.start_index:
            continue
        for frame in range(segment.start_index, min(segment.end_index, frames - 1) + 1):
            expected[frame] = segment.label
    tidy, _ = normalise(segments, frames)
    names, codes = label_codes(tidy, "", frames)
    assert [names[code] for code in codes] == expected
    ends = [segment.end_index for segment in tidy]
    starts = [segment.start_index for segment in tidy]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


@pytest.mark.parametrize(
    ("policy", "label"),
    [
        (LabelPolicy("majority"), "walk"),
        (LabelPolicy("last"), "idle"),
        (LabelPolicy("share", share=0.6), "walk"),
        (LabelPolicy("share", share=0.7), ""),
        (LabelPolicy("any", priority=("fall",)), "fall"),
        (LabelPolicy("any", priority=("jump",)), "idle"),
        (LabelPolicy("any", priority=("fall", "walk")), "walk"),
    ],
)
def test_rules(policy: LabelPolicy, label: str) -> None:
    names, codes = label_codes(
        [Segment(0, 5, "walk"), Segment(6, 6, "fall"), Segment(7, 9, "idle")], "", 10
    )
    assert window_labels(names, codes, np.array([0]), 10, policy) == [label]


def test_padding_does_not_vote() -> None:
    names, codes = label_codes([Segment(0, 2, "walk")], "", 4)
    policy = LabelPolicy("share", share=0.75)
    assert window_labels(names, codes, np.array([0]), 100, policy) == ["walk"]


@given(
    codes=st.lists(st.integers(0, 2), min_size=1, max_size=60),
    size=st.integers(1, 20),
    stride=st.integers(1, 10),
)
def test_majority_agrees_with_counting(codes: list[int], size: int, stride: int) -> None:
    names = ("", "a", "b")
    starts = np.arange(0, len(codes), stride)
    found = window_labels(names, np.array(codes, np.int32), starts, size, LabelPolicy())
    for start, label in zip(starts, found, strict=True):
        part = codes[start : start + size]
        assert part.count(names.index(label)) == max(part.count(code) for code in range(3))


def test_the_inside_of_a_recording_is_relabelled_alone() -> None:
    whole = (Segment(0, 9, "a"), Segment(12, 30, "b"))
    assert replace_segments(whole, 5, 10, [Segment(0, 4, "a"), Segment(9, 9, "b")]) == (
        Segment(0, 9, "a"),
        Segment(14, 30, "b"),
    )
    assert replace_segments(whole, 14, 5, []) == (
        Segment(0, 9, "a"),
        Segment(12, 13, "b"),
        Segment(19, 30, "b"),
    )
    assert cut_segments(whole, 9, 13) == (Segment(0, 0, "a"), Segment(3, 3, "b"))
    assert cut_segments(whole, 10, 12) == ()
