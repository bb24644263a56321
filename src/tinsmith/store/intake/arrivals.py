"""Samples that arrive, whatever way they came, and the one place that gives them rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import Sample
from tinsmith.store.samples import BATCH, NewSample, add_samples
from tinsmith.store.tables import SampleRow

# What the columns hold; PostgreSQL refuses more.
_NAME, _LABEL = 400, 200


@dataclass(frozen=True)
class Arrival:
    """A sample whose content is stored or about to be.

    Args:
        path: Where it was in the upload.
        sample: What the library knows of it.
        signature: Whether a device's signature was valid.
    """

    path: str
    sample: Sample
    signature: str = "unsigned"


@dataclass(frozen=True)
class Placed:
    """What became of an arrival: the number of its row, or of the one with the same content."""

    number: int
    is_new: bool


@dataclass(frozen=True)
class PlaceOptions:
    """How arrivals meet what is there.

    Args:
        allow_duplicates: Whether content that the project has is added once more.
        keep_equal: Whether equal content within the arrivals is kept, as in an exported data set
            that lists it twice.
        created_by: The user who adds them.
    """

    allow_duplicates: bool = False
    keep_equal: bool = False
    created_by: int | None = None


def place(
    session: Session,
    project_id: int,
    arrivals: Sequence[Arrival],
    options: PlaceOptions,
    beat: Callable[[int], None] | None = None,
) -> list[Placed]:
    """Gives arrivals rows, in order, all in the caller's transaction.

    Args:
        session: Writes.
        project_id: The project.
        arrivals: Whose content is stored.
        options: How they meet what is there.
        beat: Told how many are done, now and then.
    """
    there: dict[str, int] = {}
    placed: list[Placed] = []
    for batch in batches(arrivals):
        hashes = [item.sample.content_hash for item in batch]
        known = present(session, project_id, hashes)
        used = _used_keys(session, project_id, hashes)
        placed += _place_batch(session, project_id, batch, _Known(known, there, used), options)
        if beat is not None:
            beat(len(placed))
    return placed


@dataclass
class _Known:
    """Contents of the project before, contents added now, and keys that are taken."""

    before: dict[str, int]
    now: dict[str, int]
    keys: set[str]


def _place_batch(
    session: Session,
    project_id: int,
    batch: Sequence[Arrival],
    known: _Known,
    options: PlaceOptions,
) -> list[Placed]:
    # The place of the first equal one in this batch, until rows have numbers.
    first: dict[str, int] = {}
    fresh: list[NewSample] = []
    plan: list[tuple[bool, int]] = []
    for item in batch:
        content = item.sample.content_hash
        same = None if options.allow_duplicates else known.before.get(content)
        if same is None and not (options.allow_duplicates or options.keep_equal):
            same = known.now.get(content)
            if same is None and content in first:
                plan.append((False, -1 - first[content]))
                continue
        if same is not None:
            plan.append((False, same))
            continue
        first.setdefault(content, len(fresh))
        plan.append((True, len(fresh)))
        sample = item.sample.with_(id=_free_key(item.sample.id, known.keys))
        known.keys.add(sample.id)
        fresh.append(NewSample(sample, item.signature, created_by=options.created_by))
    numbers = add_samples(session, project_id, fresh)
    known.now.update({content: numbers[index] for content, index in first.items()})
    return [
        Placed(numbers[value] if is_new else numbers[-1 - value] if value < 0 else value, is_new)
        for is_new, value in plan
    ]


def present(session: Session, project_id: int, hashes: Sequence[str]) -> dict[str, int]:
    """Row numbers of the samples with these contents, those in the trash left out."""
    statement = select(SampleRow.content_hash, SampleRow.id).where(
        SampleRow.project_id == project_id,
        SampleRow.content_hash.in_(hashes),
        SampleRow.deleted_at.is_(None),
    )
    return {row.content_hash: row.id for row in session.execute(statement)}


def count_present(session: Session, project_id: int, arrivals: Sequence[Arrival]) -> int:
    """How many arrivals the project has already."""
    found: set[str] = set()
    for batch in batches(arrivals):
        found |= present(session, project_id, [a.sample.content_hash for a in batch]).keys()
    return sum(item.sample.content_hash in found for item in arrivals)


def _used_keys(session: Session, project_id: int, hashes: Sequence[str]) -> set[str]:
    """Keys that samples of these contents have, also in the trash."""
    statement = select(SampleRow.key).where(
        SampleRow.project_id == project_id, SampleRow.content_hash.in_(hashes)
    )
    return set(session.scalars(statement))


def _free_key(key: str, used: set[str]) -> str:
    stem = key[:16]
    number, free = 1, stem
    while free in used:
        number += 1
        free = f"{stem}-{number}"
    return free


def batches(items: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """The items in parts that one statement takes."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def storable(sample: Sample) -> Sample:
    """The sample as rows keep it: its name is cut to what fits, a label never is.

    Raises:
        DatasetError: A text cannot be stored: zero bytes, half characters, a label too long.
    """
    labels = {sample.label, *(s.label for s in sample.segments), *(b.label for b in sample.boxes)}
    for label in labels:
        if len(label) > _LABEL:
            raise DatasetError(
                f"the label {label[:40]!r}… has {len(label)} characters; at most {_LABEL} fit",
                hint="shorten the label",
            )
    sensors = (text for s in sample.facts.sensors for text in (s.name, s.units))
    facts = (text for pair in sample.metadata.items() for text in pair)
    for text in (sample.name, *labels, *sensors, *facts):
        if not _is_storable(text):
            raise DatasetError(
                f"{text[:60]!r} cannot be stored as text",
                hint="remove zero bytes and broken characters",
            )
    return sample.with_(name=sample.name[:_NAME]) if len(sample.name) > _NAME else sample


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
