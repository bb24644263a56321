"""Splits that are looked at before they are applied."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.hashing import hash_bytes
from tinsmith.datasets.events import split
from tinsmith.datasets.folder import read_folder
from tinsmith.datasets.library import Library
from tinsmith.datasets.sample import Facts, MemorySource, Sample
from tinsmith.datasets.split_plan import LABEL, Ratios, SplitPlan, rebalance, stratify
from tinsmith.signals import Segment

_SOURCE = MemorySource(None)  # type: ignore[arg-type]
_BOTH = pytest.mark.parametrize("plan", [rebalance, stratify])


def _sample(number: int, label: str = "a", **metadata: str) -> Sample:
    content = hash_bytes(str(number).encode())
    return Sample(
        content[:16], f"s{number}", content, "csv", label, "", metadata, (), (),
        Facts("signal", frames=100, interval_ms=1.0), _SOURCE,
    )  # fmt: skip


_MANY = [_sample(n, "abc"[n % 3], who=f"p{n % 17}", site="xy"[n % 5 // 4]) for n in range(1000)]


def _total(plan: SplitPlan) -> dict[str, int]:
    return {part: sum(labels.values()) for part, labels in plan.after.items()}


@_BOTH
@pytest.mark.parametrize("together", [None, "who"])
def test_a_plan_depends_on_nothing_but_names_labels_and_metadata(plan, together) -> None:
    first = plan(_MANY, together=together)
    again = plan([s.with_(content_hash=s.content_hash[::-1]) for s in _MANY], together=together)
    assert again.moves == first.moves
    backwards = plan(_MANY[::-1], together=together)
    assert set(backwards.moves) == set(first.moves)
    assert plan(_MANY, together=together, salt="2").moves != first.moves


@_BOTH
def test_nothing_moves_before_a_plan_is_applied_and_nothing_after(plan) -> None:
    planned = plan(_MANY)
    assert planned.before == {"": {"a": 334, "b": 333, "c": 333}}
    moved = planned.apply(_MANY)
    counts: dict[str, Counter[str]] = {}
    for sample in moved:
        counts.setdefault(sample.category, Counter())[sample.label] += 1
    assert {part: dict(labels) for part, labels in counts.items()} == planned.after
    second = plan(moved)
    assert second.moves == ()
    assert second.before == second.after == planned.after


@_BOTH
@pytest.mark.parametrize("ratios", [Ratios(), Ratios(0.6, 0.2, 0.2), Ratios(0.05, 0.95)])
def test_people_are_never_torn_apart(plan, ratios: Ratios) -> None:
    parts: dict[str, set[str]] = {}
    for sample in plan(_MANY, ratios, together="who").apply(_MANY):
        parts.setdefault(sample.metadata["who"], set()).add(sample.category)
    assert all(len(found) == 1 for found in parts.values())


@_BOTH
def test_parts_of_a_recording_stay_together(plan) -> None:
    parts = [part for s in _MANY[:60] for part in split(s, [(0, 40), (30, 70), (60, 100)])]
    found: dict[str, set[str]] = {}
    for sample in plan(parts).apply(parts):
        found.setdefault(sample.content_hash, set()).add(sample.category)
    assert all(len(categories) == 1 for categories in found.values())
    assert {category for categories in found.values() for category in categories} == {
        "training", "testing",
    }  # fmt: skip


@_BOTH
def test_parts_of_a_recording_join_the_people_in_them(plan) -> None:
    parts = split(_MANY[0], [(0, 50), (50, 100)])
    joined = [
        parts[0].with_(metadata={"who": "ann"}), parts[1].with_(metadata={"who": "bob"}),
        *(_sample(n, who="ann") for n in range(5000, 5020)),
        *(_sample(n, who="bob") for n in range(6000, 6020)),
    ]  # fmt: skip
    assert len({s.category for s in plan(joined, together="who").apply(joined)}) == 1


def test_a_rebalanced_sample_stays_where_it_is_whoever_comes_or_goes() -> None:
    whole = {s.id: s.category for s in rebalance(_MANY).apply(_MANY)}
    for part in (_MANY[:100], _MANY[::7]):
        assert all(s.category == whole[s.id] for s in rebalance(part).apply(part))
    assert 150 < Counter(whole.values())["testing"] < 250


def test_more_testing_takes_nothing_away_from_it() -> None:
    small = {s.id for s in rebalance(_MANY, Ratios(9, 1)).apply(_MANY) if s.category == "testing"}
    large = {s.id for s in rebalance(_MANY, Ratios(7, 3)).apply(_MANY) if s.category == "testing"}
    assert small < large


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=8),
    st.sampled_from([(0.8, 0.2, 0), (0.6, 0.2, 0.2), (1, 1, 1), (90, 5, 5), (1, 0, 0)]),
)
def test_every_label_gets_its_share(sizes: list[int], shares: tuple[float, float, float]) -> None:
    samples = [
        _sample(100 * label + n, f"l{label}")
        for label, size in enumerate(sizes)
        for n in range(size)
    ]
    ratios = Ratios(*shares)
    plan = stratify(samples, ratios)
    for part, share in ratios.shares.items():
        after = plan.after.get(part, {})
        for label, size in enumerate(sizes):
            # What two parts are short of, less than one each, the third has too many.
            assert abs(after.get(f"l{label}", 0) - share * size) < 2
        assert abs(sum(after.values()) - share * sum(sizes)) < 2


def test_many_rare_labels_are_not_all_rounded_down() -> None:
    rare = [_sample(n, f"l{n // 2}") for n in range(200)]
    assert _total(stratify(rare)) == {"testing": 40, "training": 160}


def test_metadata_is_spread_evenly_too() -> None:
    moved = stratify(_MANY, by=(LABEL, "site")).apply(_MANY)
    sizes = Counter((s.label, s.metadata["site"]) for s in moved)
    testing = Counter((s.label, s.metadata["site"]) for s in moved if s.category == "testing")
    assert all(abs(testing[key] - 0.2 * size) <= 1 for key, size in sizes.items())
    only = stratify(_MANY, by=("site", "absent")).apply(_MANY)
    assert Counter(s.metadata["site"] for s in only if s.category == "testing") == {
        "x": 160, "y": 40,
    }  # fmt: skip


def test_groups_are_dealt_out_close_to_the_shares() -> None:
    uneven = [_sample(n, "ab"[n % 2], who=f"p{int((n / 1000) ** 2 * 40)}") for n in range(1000)]
    plan = stratify(uneven, together="who")
    for label in "ab":
        assert plan.after["testing"][label] == pytest.approx(100, abs=10)


def test_labels_over_time_count_as_labels() -> None:
    samples = [
        _sample(n, "").with_(segments=(Segment(0, 9, "on" if n % 4 else "off"),)) for n in range(40)
    ]
    moved = stratify(samples).apply(samples)
    testing = Counter(s.segments[0].label for s in moved if s.category == "testing")
    assert testing == {"on": 6, "off": 2}


def test_a_plan_says_what_is_missing() -> None:
    one = [_sample(n, who="ann") for n in range(10)]
    assert stratify(one, together="who").notes == (
        "no sample is left for testing; there are too few samples or groups",
    )
    rare = [*one, _sample(99, "rare", who="bob")]
    assert "testing has no sample of rare" in stratify(rare).notes
    assert stratify(_MANY).notes == ()


def test_an_outdated_plan_is_refused() -> None:
    plan = stratify(_MANY)
    with pytest.raises(DatasetError, match="is gone; nothing was moved"):
        plan.apply(_MANY[1:])
    elsewhere = [_MANY[0].with_(category="validation"), *_MANY[1:]]
    with pytest.raises(DatasetError, match="is in validation now"):
        plan.apply(elsewhere)
    new = _sample(9999)
    assert plan.apply([*_MANY, new])[-1] is new


@pytest.mark.parametrize(
    "shares", [(0, 0, 0), (-1, 2, 0), (float("nan"), 1, 0), (1, float("inf"), 0)]
)
def test_shares_without_sense_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(DesignError, match="at least one of them above 0"):
        Ratios(*shares)


def test_nothing_to_spread_by_and_missing_groups_are_refused() -> None:
    with pytest.raises(DesignError, match="nothing to spread"):
        stratify(_MANY, by=())
    with pytest.raises(DatasetError, match="no metadata 'nobody'"):
        stratify(_MANY, together="nobody")


def test_a_stored_data_set_is_split_as_planned(tmp_path: Path, write_csv) -> None:
    for number in range(10):
        write_csv(tmp_path / "in" / f"{'ab'[number % 2]}.{number}.csv", seed=number)
    library = Library(tmp_path / "library")
    library.add(read_folder(tmp_path / "in").samples)
    plan = stratify(library.samples())
    moved = library.apply_split(plan)
    assert len(moved) == len(plan.moves) == 10
    assert Counter(s.category for s in library.samples()) == {"training": 8, "testing": 2}
    assert library.apply_split(stratify(library.samples())) == ()
    with pytest.raises(DatasetError, match="have changed since"):
        library.apply_split(plan)
