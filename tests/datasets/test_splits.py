"""Splits and folds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.hashing import hash_bytes
from tinsmith.datasets.agreement import group_names
from tinsmith.datasets.events import split
from tinsmith.datasets.sample import Facts, MemorySource, Sample
from tinsmith.datasets.splits import (
    FoldRule,
    folds,
    split_by_hash,
    split_by_list,
    split_by_metadata,
)

_SOURCE = MemorySource(None)  # type: ignore[arg-type]


def _sample(number: int, label: str = "a", **metadata: str) -> Sample:
    content = hash_bytes(str(number).encode())
    return Sample(
        content[:16], f"s{number}", content, "csv", label, "", metadata, (), (), Facts("signal"),
        _SOURCE,
    )  # fmt: skip


_MANY = [_sample(n, "ab"[n % 2], who=f"p{n % 7}") for n in range(1000)]


def test_hash_split_has_about_the_asked_share() -> None:
    testing = [s for s in split_by_hash(_MANY) if s.category == "testing"]
    assert 160 < len(testing) < 240


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 999), unique=True, min_size=1), st.floats(0, 1))
def test_hash_split_of_a_sample_depends_on_nothing_else(chosen: list[int], share: float) -> None:
    whole = {s.id: s.category for s in split_by_hash(_MANY, testing=share)}
    part = split_by_hash([_MANY[n] for n in chosen], testing=share)
    assert {s.id: s.category for s in part} == {s.id: whole[s.id] for s in part}


def test_a_larger_share_only_adds_testing_samples() -> None:
    small = {s.id for s in split_by_hash(_MANY, testing=0.1) if s.category == "testing"}
    large = {s.id for s in split_by_hash(_MANY, testing=0.3) if s.category == "testing"}
    assert small < large


def test_decided_samples_can_stay() -> None:
    decided = [s.with_(category="testing") for s in _MANY[:10]] + _MANY[10:20]
    result = split_by_hash(decided, testing=0.0, only_undecided=True)
    assert [s.category for s in result] == ["testing"] * 10 + ["training"] * 10


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.95])
def test_metadata_split_never_separates_a_person(share: float) -> None:
    result = split_by_metadata(_MANY, "who", testing=share)
    sides = {}
    for sample in result:
        sides.setdefault(sample.metadata["who"], set()).add(sample.category)
    assert all(len(side) == 1 for side in sides.values())
    assert {s.category for s in result} == {"training", "testing"}


def test_metadata_split_by_named_values() -> None:
    result = split_by_metadata(_MANY, "who", testing=["p1", "p3"])
    assert {s.metadata["who"] for s in result if s.category == "testing"} == {"p1", "p3"}
    with pytest.raises(DatasetError, match="who = p9") as caught:
        split_by_metadata(_MANY, "who", testing=["p9"])
    assert "p0" in str(caught.value.hint)


def test_metadata_split_needs_two_values_and_the_key() -> None:
    with pytest.raises(DatasetError, match="at least two values"):
        split_by_metadata([_sample(1, who="x"), _sample(2, who="x")], "who")
    with pytest.raises(DatasetError, match="no metadata 'who'"):
        split_by_metadata([_sample(1)], "who")


def test_listed_samples_move_and_unknown_names_are_an_error() -> None:
    result = split_by_list(_MANY[:3], {"s1": "testing", _MANY[2].id: "validation"})
    assert [s.category for s in result] == ["", "testing", "validation"]
    with pytest.raises(DatasetError, match="nobody"):
        split_by_list(_MANY[:3], {"nobody": "testing"})


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_share_outside_zero_to_one(share: float) -> None:
    with pytest.raises(DesignError, match="share"):
        split_by_hash(_MANY, testing=share)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), min_size=6, max_size=60),
    st.integers(2, 6),
    st.sampled_from(["hash", "label"]),
)
def test_every_sample_tests_exactly_once(kinds: list[tuple[str, int]], count: int, by: str) -> None:
    samples = [_sample(n, label, who=str(who)) for n, (label, who) in enumerate(kinds)]
    made = folds(samples, count, by=by)  # type: ignore[arg-type]
    assert sorted(p for fold in made for p in fold.testing) == list(range(len(samples)))
    for fold in made:
        assert sorted(fold.training + fold.testing) == list(range(len(samples)))
    sizes = [len(fold.testing) for fold in made]
    assert max(sizes) - min(sizes) <= 1
    if by == "label":
        for label in "abc":
            own = [sum(samples[p].label == label for p in fold.testing) for fold in made]
            assert max(own) - min(own) <= 1


def test_folds_do_not_depend_on_order() -> None:
    forward = folds(_MANY[:50], 5)
    backward = folds(_MANY[:50][::-1], 5)
    for one, other in zip(forward, backward, strict=True):
        ids = {_MANY[p].id for p in one.testing}
        assert ids == {_MANY[:50][::-1][p].id for p in other.testing}


@pytest.mark.parametrize("count", [None, 2, 3])
def test_group_folds_keep_groups_together(count: int | None) -> None:
    made = folds(_MANY, count, by="group", key="who")
    assert len(made) == (count or 7)
    for fold in made:
        ours = {_MANY[p].metadata["who"] for p in fold.testing}
        assert not ours & {_MANY[p].metadata["who"] for p in fold.training}
    sizes = [len(fold.testing) for fold in made]
    assert max(sizes) - min(sizes) <= 143


def test_one_fold_per_group_is_named_after_it() -> None:
    made = folds(_MANY[:14], by="group", key="who")
    assert [fold.name for fold in made] == [f"p{n}" for n in range(7)]


def test_impossible_folds() -> None:
    with pytest.raises(DatasetError, match="3 samples for 5 folds"):
        folds(_MANY[:3], 5)
    with pytest.raises(DesignError, match="at least 2"):
        folds(_MANY, 1)
    with pytest.raises(DesignError, match="metadata key"):
        folds(_MANY, by="group")
    with pytest.raises(DatasetError, match="7 groups for 8 folds"):
        folds(_MANY, 8, by="group", key="who")


@pytest.mark.parametrize("by", ["hash", "label"])
def test_parts_of_a_recording_are_in_one_fold(by: FoldRule) -> None:
    whole = replace(_MANY[0], facts=Facts("signal", frames=30, interval_ms=1.0))
    parts = [
        replace(part, id=f"{sample.id}-{n}", content_hash=sample.content_hash, name=f"{n}")
        for sample in _MANY[:20]
        for n, part in enumerate(split(whole, [(0, 20), (10, 30)]))
    ]
    for fold in folds(parts, 5, by=by):
        assert len(fold.testing) == 8
        testing = {parts[i].content_hash for i in fold.testing}
        assert testing.isdisjoint(parts[i].content_hash for i in fold.training)
    assert len(set(group_names(parts, None))) == 20
    with pytest.raises(DatasetError, match="there are 1 samples for 5 folds"):
        folds(parts[:2], by=by)
