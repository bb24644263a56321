"""Which samples train and which test: by hash, by metadata, by list; and folds for evaluation.

Every split here depends only on the samples' content and metadata and on the arguments, never on
chance or on the order of the samples. Recordings that belong together (of one person, of one
device) must not stand on both sides, or the result on new people looks better than it is: split
by metadata where there is any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.hashing import hash_bytes
from tinsmith.datasets.agreement import group_names
from tinsmith.datasets.sample import Category, Sample

FoldRule = Literal["hash", "label", "group"]


@dataclass(frozen=True)
class Fold:
    """One round of a cross-validation: positions of the samples on either side."""

    name: str
    training: tuple[int, ...]
    testing: tuple[int, ...]


def hash_share(text: str, salt: str = "") -> float:
    """A number in [0, 1) that depends only on the text and the salt, evenly spread."""
    return int(hash_bytes(f"{salt}\0{text}".encode())[:13], 16) / 16**13


def split_by_hash(
    samples: Sequence[Sample],
    *,
    testing: float = 0.2,
    salt: str = "",
    only_undecided: bool = False,
) -> tuple[Sample, ...]:
    """Each sample goes where the hash of its content says; others coming or going change nothing.

    Args:
        samples: Samples of any kind.
        testing: Share that tests, on average.
        salt: Another text gives another split.
        only_undecided: Leave samples that already belong to a part where they are.

    Raises:
        DesignError: The share is not between 0 and 1.
    """
    _check_share(testing)
    return _assign(
        samples,
        lambda sample: hash_share(sample.content_hash, salt) < testing,
        only_undecided=only_undecided,
    )


def split_by_metadata(
    samples: Sequence[Sample],
    key: str,
    *,
    testing: float | Collection[str] = 0.2,
    salt: str = "",
    only_undecided: bool = False,
) -> tuple[Sample, ...]:
    """Samples with one metadata value stay together.

    Args:
        samples: Samples that all have the key.
        key: Metadata key such as `subject`.
        testing: The values that test, or the share of the values, chosen by their hash (at least
            one on each side).
        salt: Another text gives another choice.
        only_undecided: Leave samples that already belong to a part where they are.

    Raises:
        DatasetError: A sample lacks the key, a named value does not occur, or there is only one
            value.
        DesignError: The share is not between 0 and 1.
    """
    groups = group_names(samples, key)
    values = sorted(set(groups))
    if isinstance(testing, float | int):
        chosen = _share_of_values(values, key, float(testing), salt)
    else:
        chosen = _named_values(values, key, testing)
    by_id = dict(zip((id(sample) for sample in samples), groups, strict=True))
    return _assign(
        samples, lambda sample: by_id[id(sample)] in chosen, only_undecided=only_undecided
    )


def split_by_list(samples: Sequence[Sample], parts: Mapping[str, Category]) -> tuple[Sample, ...]:
    """Explicit parts by sample name or id; samples that are not listed keep theirs.

    Raises:
        DatasetError: A listed name does not exist.
    """
    known = {sample.name for sample in samples} | {sample.id for sample in samples}
    unknown = sorted(set(parts) - known)
    if unknown:
        raise DatasetError(
            f"{len(unknown)} listed samples do not exist: {', '.join(unknown[:5])}",
            hint="use the names that `inspect` shows, without file extension",
        )
    return tuple(
        replace(s, category=parts.get(s.id, parts.get(s.name, s.category))) for s in samples
    )


def _assign(
    samples: Sequence[Sample], tests: Callable[[Sample], bool], *, only_undecided: bool
) -> tuple[Sample, ...]:
    result = []
    for sample in samples:
        if only_undecided and sample.category:
            result.append(sample)
            continue
        result.append(replace(sample, category="testing" if tests(sample) else "training"))
    return tuple(result)


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise DesignError(f"the testing share is {share}; expected a number from 0 to 1")


def _share_of_values(values: list[str], key: str, share: float, salt: str) -> set[str]:
    _check_share(share)
    if len(values) < 2 and 0 < share < 1:
        raise DatasetError(
            f"all samples have {key} = {values[0] if values else 'nothing'}; "
            "expected at least two values to split by"
        )
    ranked = sorted(values, key=lambda value: hash_share(value, salt))
    chosen = {value for value in ranked if hash_share(value, salt) < share}
    if 0 < share < 1 and not chosen:
        chosen = {ranked[0]}
    if 0 < share < 1 and len(chosen) == len(values):
        chosen.discard(ranked[-1])
    return chosen


def _named_values(values: list[str], key: str, named: Collection[str]) -> set[str]:
    chosen = {named} if isinstance(named, str) else set(named)
    if unknown := sorted(chosen - set(values)):
        raise DatasetError(
            f"no sample has {key} = {', '.join(unknown)}",
            hint=f"values that occur: {', '.join(values[:20])}",
        )
    return chosen


def folds(
    samples: Sequence[Sample],
    count: int | None = None,
    *,
    by: FoldRule = "label",
    key: str | None = None,
    salt: str = "",
) -> tuple[Fold, ...]:
    """Folds for cross-validation; every sample tests exactly once.

    By "hash" and "label", samples cut from one recording stay together.

    Args:
        samples: Samples of any kind.
        count: Number of folds; None is 5, or one fold per group.
        by: "hash" by content alone; "label" the same with every label spread evenly; "group" keeps
            samples with one metadata value together and the folds about equally large.
        key: The metadata key for "group".
        salt: Another text gives other folds.

    Raises:
        DatasetError: A sample lacks the key, or there are fewer recordings or groups than folds.
        DesignError: Fewer than two folds, or "group" without a key.
    """
    if by == "group":
        if key is None:
            raise DesignError("folds by group need a metadata key, such as subject")
        return _group_folds(group_names(samples, key), count)
    number = 5 if count is None else count
    _check_count(number, len({sample.content_hash for sample in samples}), "samples")
    ranked = sorted(range(len(samples)), key=lambda i: _rank(samples[i], by, salt))
    # Dealing out in turns keeps each run of equal labels evenly spread.
    turns: dict[str, int] = {}
    for position in ranked:
        turns.setdefault(samples[position].content_hash, len(turns))
    return _as_folds(
        {i: str(turns[samples[i].content_hash] % number + 1) for i in ranked},
        [str(fold + 1) for fold in range(number)],
    )


def _rank(sample: Sample, by: FoldRule, salt: str) -> tuple[str, float, str]:
    label = sample.label if by == "label" else ""
    return label, hash_share(sample.content_hash, salt), sample.id


def _group_folds(groups: Sequence[str], count: int | None) -> tuple[Fold, ...]:
    sizes: dict[str, int] = defaultdict(int)
    for group in groups:
        sizes[group] += 1
    names = sorted(sizes)
    number = len(names) if count is None else count
    _check_count(number, len(names), "groups")
    if number == len(names):
        return _as_folds(dict(enumerate(groups)), names)
    # Largest group first, always into the fold that is smallest so far.
    filled = [0] * number
    fold_of: dict[str, str] = {}
    for group in sorted(names, key=lambda name: (-sizes[name], name)):
        smallest = filled.index(min(filled))
        filled[smallest] += sizes[group]
        fold_of[group] = str(smallest + 1)
    return _as_folds(
        {position: fold_of[group] for position, group in enumerate(groups)},
        [str(fold + 1) for fold in range(number)],
    )


def _check_count(count: int, available: int, what: str) -> None:
    if count < 2:
        raise DesignError(f"{count} folds were asked for; expected at least 2")
    if available < count:
        raise DatasetError(
            f"there are {available} {what} for {count} folds; expected at least as many",
            hint="use fewer folds or add data",
        )


def _as_folds(fold_of: Mapping[int, str], names: Iterable[str]) -> tuple[Fold, ...]:
    positions = sorted(fold_of)
    return tuple(
        Fold(
            name,
            tuple(p for p in positions if fold_of[p] != name),
            tuple(p for p in positions if fold_of[p] == name),
        )
        for name in names
    )
