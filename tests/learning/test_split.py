from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.learning.split import split


def chance() -> np.random.Generator:
    return np.random.default_rng(1)


def test_people_stay_together() -> None:
    people = np.repeat(["ann", "bob", "cleo", "dan", "eve"], 20)
    strata = np.tile(np.arange(4), 25)
    parts = split(strata, people.tolist(), 0.2, chance())
    assert not set(people[parts.training]) & set(people[parts.validation])
    assert len(set(people[parts.validation])) == 1
    assert not parts.warning


def test_recordings_of_one_class_are_shared_out_per_class() -> None:
    recordings = np.repeat([f"r{index}" for index in range(30)], 8)
    strata = np.repeat(np.arange(30) % 3, 8)
    parts = split(strata, recordings.tolist(), 0.2, chance())
    kept = np.bincount(strata[parts.validation], minlength=3)
    assert kept.min() >= 8
    assert not set(recordings[parts.training]) & set(recordings[parts.validation])


def test_nothing_is_kept_aside_when_nothing_is_wanted() -> None:
    parts = split(np.zeros(9, np.int64), (), 0.0, chance())
    assert len(parts.training) == 9
    assert len(parts.validation) == 0


@given(
    strata=st.lists(st.integers(0, 3), min_size=4, max_size=60),
    groups=st.integers(1, 12),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 99),
)
def test_every_window_is_used_once_and_no_class_leaves_training(
    strata: list[int], groups: int, share: float, seed: int
) -> None:
    classes = np.array(strata)
    names = [f"g{index % groups}" for index in range(len(strata))]
    parts = split(classes, names, share, np.random.default_rng(seed))
    together = np.sort(np.concatenate([parts.training, parts.validation]))
    assert together.tolist() == list(range(len(strata)))
    assert set(classes[parts.training]) == set(strata)
    if not parts.warning:
        training = {names[index] for index in parts.training}
        assert not training & {names[index] for index in parts.validation}
