"""Which training windows are kept aside for validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Indices of windows; `warning` says when groups had to be torn apart."""

    training: Indices
    validation: Indices
    warning: str = ""


def split(
    strata: Indices, groups: Sequence[str], share: float, generator: np.random.Generator
) -> Split:
    """Keeps about `share` of the windows of each stratum aside, whole groups where possible.

    Args:
        strata: [n] class of each window (all 0 for a regression).
        groups: [n] what must stay together, or empty.
        share: Wanted share, 0 to 0.5.
        generator: Decides which groups.
    """
    everything = np.arange(len(strata))
    if share <= 0:
        return Split(everything, everything[:0])
    if not groups:
        return _stratified(strata, share, generator)
    chosen = _choose_groups(strata, np.asarray(groups), share, generator)
    if chosen is None:
        plain = _stratified(strata, share, generator)
        warning = (
            f"{len(set(groups))} groups are too few to keep whole ones aside: neighbouring "
            "windows lie on both sides and the validation scores flatter"
        )
        return Split(plain.training, plain.validation, warning)
    return Split(everything[~chosen], everything[chosen])


def _choose_groups(
    strata: Indices, groups: npt.NDArray[np.str_], share: float, generator: np.random.Generator
) -> npt.NDArray[np.bool_] | None:
    """Greedy: a group goes aside while no stratum gives away clearly more than its share."""
    names, group_of = np.unique(groups, return_inverse=True)
    table = np.zeros((len(names), int(strata.max()) + 1), dtype=np.int64)
    np.add.at(table, (group_of, strata), 1)
    total = table.sum(axis=0)
    for slack in (1.25, 2.0):
        limit = np.minimum(np.ceil(share * slack * total), total - 1)
        taken = np.zeros(len(names), dtype=np.bool_)
        kept_aside = np.zeros_like(total)
        for index in generator.permutation(len(names)):
            fits = np.all(kept_aside + table[index] <= np.maximum(limit, 0))
            if fits and kept_aside.sum() < share * total.sum():
                taken[index] = True
                kept_aside += table[index]
        if kept_aside.sum() >= 0.4 * share * total.sum():
            return np.asarray(taken[group_of])
    return None


def _stratified(strata: Indices, share: float, generator: np.random.Generator) -> Split:
    chosen = np.zeros(len(strata), dtype=np.bool_)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        count = min(max(1, round(share * len(members))), len(members) - 1)
        chosen[generator.permutation(members)[:count]] = True
    return Split(np.flatnonzero(~chosen), np.flatnonzero(chosen))
