"""Many samples at once, in batches that never keep other writers waiting for long.

Each batch is a transaction of its own. A change that is cut off half-way has changed the samples of
the batches before; making it once more does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.hashing import digest
from tinsmith.datasets import Category, Facts, FileSource, Sample
from tinsmith.datasets.split_plan import Ratios, SplitPlan, rebalance, stratify
from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError
from tinsmith.server.samples.finding import query_terms
from tinsmith.server.samples.schemas import BulkChangeIn, MoveOut, PlanOut, RatiosIn, Selection
from tinsmith.signals import Segment
from tinsmith.store.database import Database
from tinsmith.store.sample_search import Search, find_numbers
from tinsmith.store.samples import (
    BATCH,
    BulkChange,
    change_samples,
    remove_from_trash,
)
from tinsmith.store.tables import SampleRow

_SHOWN_MOVES = 100

Action = Callable[[Session, int, Sequence[int]], int]


def for_each_batch(
    database: Database,
    project_id: int,
    selection: Selection,
    action: Action,
    *,
    in_trash: bool = False,
) -> int:
    """Does something to all samples of a selection; to how many."""
    done = 0
    for numbers in _batches(database, project_id, selection, in_trash=in_trash):
        with database.write() as session:
            done += action(session, project_id, numbers)
    return done


def _batches(
    database: Database, project_id: int, selection: Selection, *, in_trash: bool
) -> Iterator[Sequence[int]]:
    if selection.ids is not None:
        ids = sorted(set(selection.ids))
        for start in range(0, len(ids), BATCH):
            yield ids[start : start + BATCH]
        return
    search = Search(project_id, query_terms(selection.query or ""), in_trash)
    above = 0
    while True:
        with database.read() as session:
            numbers = find_numbers(session, search, above=above, limit=BATCH)
        if numbers:
            yield numbers
        if len(numbers) < BATCH:
            return
        above = numbers[-1]


def change(change: BulkChangeIn) -> Action:
    """Sets what is given on samples."""
    wanted = BulkChange(
        change.label, change.category, change.enabled, change.metadata,
        tuple(change.remove_metadata),
    )  # fmt: skip
    return lambda session, project_id, numbers: change_samples(session, project_id, numbers, wanted)


def noted(action: Action, caller: Caller, name: str) -> Action:
    """The action, with a line in the audit log for each batch: a batch is kept by itself."""

    def act(session: Session, project_id: int, numbers: Sequence[int]) -> int:
        done = action(session, project_id, numbers)
        if done:
            audit(session, caller, name, _counted(done), project_id=project_id)
        return done

    return act


def _counted(samples: int) -> str:
    return "1 sample" if samples == 1 else f"{samples:,} samples"


def empty_trash(database: Database, project_id: int, caller: Caller) -> int:
    """Forgets all samples in the trash; how many."""
    total = 0
    while True:
        with database.write() as session:
            removed = remove_from_trash(session, project_id)
            if removed:
                what = _counted(removed)
                audit(session, caller, "sample.erase", what, project_id=project_id)
        total += removed
        if removed < BATCH:
            return total


def plan(database: Database, project_id: int, wanted: RatiosIn) -> PlanOut:
    """What a split would do; the same samples and wishes give the same plan.

    Raises:
        InputError: A sample lacks the metadata that keeps samples together, or no share is above 0.
    """
    found, numbers, name = _planned(database, project_id, wanted)
    first = [
        MoveOut(sample_id=numbers[m.id], name=m.name, before=m.before, after=m.after)
        for m in found.moves[:_SHOWN_MOVES]
    ]
    return PlanOut(
        plan=name,
        moves=len(found.moves),
        first_moves=first,
        before={part: dict(labels) for part, labels in found.before.items()},
        after={part: dict(labels) for part, labels in found.after.items()},
        notes=list(found.notes),
    )


def apply_plan(database: Database, project_id: int, wanted: RatiosIn, name: str) -> int:
    """Makes the split that was looked at; how many samples moved.

    Raises:
        ConflictError: The samples have changed since, so the split would be another one.
    """
    found, numbers, current = _planned(database, project_id, wanted)
    if current != name:
        raise ConflictError(
            "the samples have changed since the split was planned; nothing was moved",
            hint="look at the split as it would be now",
        )
    targets: dict[Category, list[int]] = {}
    for move in found.moves:
        targets.setdefault(move.after, []).append(numbers[move.id])
    moved = 0
    for category, ids in sorted(targets.items()):
        for start in range(0, len(ids), BATCH):
            with database.write() as session:
                batch = ids[start : start + BATCH]
                moved += change_samples(session, project_id, batch, BulkChange(category=category))
    return moved


def _planned(
    database: Database, project_id: int, wanted: RatiosIn
) -> tuple[SplitPlan, dict[str, int], str]:
    """A plan, the numbers of samples by their keys, and the plan's name."""
    samples, numbers = _planned_samples(database, project_id)
    ratios = Ratios(wanted.training, wanted.testing, wanted.validation)
    together, salt = wanted.together, wanted.salt
    if wanted.method == "rebalance":
        found = rebalance(samples, ratios, together=together, salt=salt)
    else:
        by = tuple(wanted.by)
        found = stratify(samples, ratios, by=by, together=together, salt=salt)
    moves = sorted([move.id, move.before, move.after] for move in found.moves)
    return found, numbers, digest(moves)


def _planned_samples(database: Database, project_id: int) -> tuple[list[Sample], dict[str, int]]:
    """All samples in use with what decides where they go, and their numbers by key."""
    names = ("id", "key", "name", "label", "category", "content_hash", "segments", "facts")
    statement = (
        select(*(getattr(SampleRow, name) for name in names))
        .where(SampleRow.project_id == project_id, SampleRow.deleted_at.is_(None))
        .order_by(SampleRow.id)
    )
    facts, source = Facts("signal"), FileSource(Path(), "", "")
    with database.read() as session:
        rows = session.execute(statement).all()
    samples = [
        Sample(
            id=row.key, name=row.name, content_hash=row.content_hash, format="", label=row.label,
            category=row.category, metadata=row.facts, boxes=(), facts=facts, source=source,
            segments=tuple(Segment(*item) for item in row.segments),
        )
        for row in rows
    ]  # fmt: skip
    return samples, {row.key: row.id for row in rows}
