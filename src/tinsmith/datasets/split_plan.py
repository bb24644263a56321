"""Splits to look at before they are applied: who moves where, and what each part then holds.

Both depend only on names, labels, metadata and the arguments. What belongs together is never torn
apart: parts of one recording, and samples that share a metadata value such as the person, if one
is named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.agreement import group_names
from tinsmith.datasets.sample import Category, Sample
from tinsmith.datasets.splits import hash_share

# Samples of each label in each part.
Counts = Mapping[Category, Mapping[str, int]]
# A metadata key, or `LABEL`, by which a split keeps proportions.
LABEL = ""


@dataclass(frozen=True)
class Ratios:
    """Shares of the parts. They are scaled to sum up to 1, so 80, 20 and 0 will do.

    Raises:
        DesignError: A negative share, or none above 0.
    """

    training: float = 0.8
    testing: float = 0.2
    validation: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.training, self.testing, self.validation)
        if not all(0 <= share < float("inf") for share in shares) or not any(shares):
            raise DesignError(
                f"the shares are {', '.join(f'{share:g}' for share in shares)}; "
                "expected numbers of 0 or more, at least one of them above 0"
            )

    @property
    def shares(self) -> dict[Category, float]:
        """The share of each part that gets any, summing up to 1."""
        total = self.training + self.testing + self.validation
        parts: dict[Category, float] = {
            "training": self.training, "testing": self.testing, "validation": self.validation,
        }  # fmt: skip
        return {part: share / total for part, share in parts.items() if share > 0}


@dataclass(frozen=True)
class Move:
    """One sample that changes its part."""

    id: str
    name: str
    before: Category
    after: Category


@dataclass(frozen=True)
class SplitPlan:
    """What a split would do.

    Args:
        moves: The samples that would change their part, in the order given.
        before, after: Samples of each label in each part; "" is undecided, or unlabelled.
        notes: What the user should know, such as a part that stays empty.
    """

    moves: tuple[Move, ...]
    before: Counts
    after: Counts
    notes: tuple[str, ...] = ()

    def apply(self, samples: Iterable[Sample]) -> tuple[Sample, ...]:
        """The samples after the split; those the plan does not know stay where they are.

        Raises:
            DatasetError: A sample that would move is gone, or has been moved since.
        """
        moves = {move.id: move for move in self.moves}
        result = []
        for sample in samples:
            move = moves.pop(sample.id, None)
            if move is not None and sample.category != move.before:
                raise self._outdated(f"{sample.name} is in {sample.category or 'no part'} now")
            result.append(replace(sample, category=move.after) if move else sample)
        if moves:
            raise self._outdated(f"{next(iter(moves.values())).name} is gone")
        return tuple(result)

    def _outdated(self, what: str) -> DatasetError:
        return DatasetError(
            f"the samples have changed since the split was planned: {what}; nothing was moved",
            hint="plan the split again",
        )


def rebalance(
    samples: Sequence[Sample],
    ratios: Ratios | None = None,
    *,
    together: str | None = None,
    salt: str = "",
) -> SplitPlan:
    """Each sample goes where the hash of its name says; others coming or going change nothing.

    Shares hold on average: of few samples they may be off by some.

    Args:
        samples: Samples of any kind.
        ratios: Shares of the parts; None is 80 % training and 20 % testing.
        together: Metadata key whose values must not be torn apart, such as `subject`.
        salt: Another text gives another split.

    Raises:
        DatasetError: A sample lacks the key `together`.
    """
    shares = (ratios or Ratios()).shares
    chosen: dict[str, Category] = {}
    for unit in _units(samples, together):
        part = _by_share(hash_share(unit.name, salt), shares)
        chosen |= {sample.id: part for sample in unit.samples}
    return _plan(samples, chosen, shares)


def stratify(
    samples: Sequence[Sample],
    ratios: Ratios | None = None,
    *,
    by: Sequence[str] = (LABEL,),
    together: str | None = None,
    salt: str = "",
) -> SplitPlan:
    """Every label, or every value of metadata, is spread over the parts by the same shares.

    Without `together`, each combination of values gets its share to within one sample where that
    is possible; the hash of the names decides which samples. Samples that must stay together are
    dealt out largest group first, each to where it brings the counts closest to the shares.

    Args:
        samples: Samples of any kind. Labels over time count as a label of their own.
        ratios: Shares of the parts; None is 80 % training and 20 % testing.
        by: What is spread evenly: `LABEL`, metadata keys, or several of them. A sample without
            the key counts as a value of its own.
        together: Metadata key whose values must not be torn apart, such as `subject`.
        salt: Another text gives another split.

    Raises:
        DatasetError: A sample lacks the key `together`.
        DesignError: `by` names nothing.
    """
    if not by:
        raise DesignError("nothing to spread evenly; expected the label or a metadata key")
    shares = (ratios or Ratios()).shares
    dealer = _Dealer(shares, Counter(_stratum(sample, by) for sample in samples))
    chosen: dict[str, Category] = {}
    units = _units(samples, together)
    for unit in sorted(units, key=lambda unit: unit.rank(salt)):
        part = dealer.deal(Counter(_stratum(sample, by) for sample in unit.samples))
        chosen |= {sample.id: part for sample in unit.samples}
    return _plan(samples, chosen, shares)


@dataclass(frozen=True)
class _Unit:
    """Samples that move together, and the name that decides where."""

    name: str
    samples: tuple[Sample, ...]

    def rank(self, salt: str) -> tuple[int, float, str]:
        """Order of dealing: the largest first, equal ones by hash."""
        return -len(self.samples), hash_share(self.name, salt), self.name


def _units(samples: Sequence[Sample], together: str | None) -> list[_Unit]:
    """Samples joined by content and by the metadata value, directly or through others."""
    groups = group_names(samples, together) if together else None
    leader: dict[Hashable, Hashable] = {}

    def find(key: Hashable) -> Hashable:
        while (up := leader.setdefault(key, key)) != key:
            leader[key] = leader[up]
            key = up
        return key

    for position, sample in enumerate(samples):
        key = find(("content", sample.content_hash))
        if groups is not None:
            leader[key] = find(("group", groups[position]))
    members: dict[Hashable, list[int]] = defaultdict(list)
    for position, sample in enumerate(samples):
        members[find(("content", sample.content_hash))].append(position)
    return [
        _Unit(
            min(groups[i] if groups is not None else samples[i].name for i in positions),
            tuple(samples[i] for i in positions),
        )
        for positions in members.values()
    ]


def _stratum(sample: Sample, by: Sequence[str]) -> tuple[str, ...]:
    own = sample.label or "|".join(sorted({segment.label for segment in sample.segments}))
    return tuple(own if key == LABEL else sample.metadata.get(key, "") for key in by)


def _by_share(share: float, shares: Mapping[Category, float]) -> Category:
    """The part in whose range a number from 0 to 1 falls; testing first, as in `split_by_hash`."""
    ranges: list[Category] = ["testing", "validation", "training"]
    present = [part for part in ranges if part in shares]
    limit = 0.0
    for part in present:
        limit += shares[part]
        if share < limit:
            return part
    return present[-1]


class _Dealer:
    """Deals out groups so that the counts of every stratum, and of all, come close to the shares.

    The cost of a part is how far its counts are from their share, squared, and divided by the
    share, so that parts fill up at the same pace.
    """

    def __init__(self, shares: Mapping[Category, float], totals: Counter[tuple[str, ...]]) -> None:
        # The whole counts as one more stratum: many rare labels must not all be rounded down.
        self._wanted = {
            part: {key: share * count for key, count in totals.items()}
            | {_ALL: share * totals.total()}
            for part, share in shares.items()
        }
        self._shares = shares
        self._have: dict[Category, Counter[Any]] = {part: Counter() for part in shares}

    def deal(self, unit: Counter[tuple[str, ...]]) -> Category:
        """The part a group of samples of these strata goes to."""
        counts: Counter[Any] = Counter(unit)
        counts[_ALL] = unit.total()
        part = min(self._have, key=lambda part: self._cost(part, counts))
        self._have[part].update(counts)
        return part

    def _cost(self, part: Category, counts: Counter[Any]) -> float:
        """How much the error grows if the group goes to a part."""
        have, wanted = self._have[part], self._wanted[part]
        return sum(
            count * (count + 2 * (have[key] - wanted[key])) / self._shares[part]
            for key, count in counts.items()
        )


_ALL = "all"


def _plan(
    samples: Sequence[Sample], chosen: Mapping[str, Category], shares: Mapping[Category, float]
) -> SplitPlan:
    moves = tuple(
        Move(sample.id, sample.name, sample.category, chosen[sample.id])
        for sample in samples
        if sample.category != chosen[sample.id]
    )
    after = _counts(samples, lambda sample: chosen[sample.id])
    empty = [part for part in shares if part not in after]
    notes = [f"no sample is left for {part}; there are too few samples or groups" for part in empty]
    labels = {label for counts in after.values() for label in counts if label}
    for part in (part for part in shares if part in after):
        if missing := sorted(labels - set(after[part])):
            shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            notes.append(f"{part} has no sample of {shown}")
    return SplitPlan(moves, _counts(samples, lambda sample: sample.category), after, tuple(notes))


def _counts(samples: Iterable[Sample], part_of: Callable[[Sample], Category]) -> Counts:
    counts: dict[Category, Counter[str]] = {}
    for sample in samples:
        counts.setdefault(part_of(sample), Counter())[sample.label] += 1
    return {part: dict(sorted(counts[part].items())) for part in sorted(counts)}
