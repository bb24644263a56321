"""Names of samples, run after run in one text each, to be looked through quickly.

A database looks at a million rows in most of a second, and through their names alone in some
hundredths of one. So a part of a name is looked for in blocks, and only the samples of a block that
holds it are looked at: that takes no longer wherever they lie, and if there are none.

A block holds the names of successive samples of a project, in lower case as the database makes it.
It may hold names that nothing has any more; it lacks none of a sample in use. It also knows between
which names and times its samples are, so that of blocks in such an order only those are looked at
that may hold the next ones. The samples after the last block are few and are looked at themselves.
Only `store.samples` changes blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from tinsmith.store.tables import Base, NameBlock, SampleRow
from tinsmith.store.tables.base import Key

# Samples in a block: as many as are looked at for each block that holds what is looked for.
SIZE = 64
_AT_ONCE = 64 * SIZE
# Blocks that are made together, on average, where samples come one by one.
_TOGETHER = 4
# SQLite's index of three letters that follow each other, by the last number of a block.
_LETTERS = table("sample_names", column("rowid"), column("sample_names"))
_MAX_LETTERS = 20
# No name holds it, so that nothing is found across two names.
_BETWEEN = "\n"
# Multiples of it are spread evenly (the golden ratio of 2**32), whatever rhythm numbers come in.
_SPREAD = 0x9E3779B1

_END = select(func.max(NameBlock.last_id)).where(
    NameBlock.project_id == bindparam("project", type_=Key)
)

# The lowest and highest of what samples are ordered by, as far as blocks know it.
BOUNDS: dict[str, tuple[Any, Any]] = {
    "name": (NameBlock.lowest_name, NameBlock.highest_name),
    "created": (NameBlock.first_created, NameBlock.last_created),
}
_OF_SAMPLES: dict[str, Any] = {"name": SampleRow.name, "created": SampleRow.created_at}
# Numbers of the first and of the last sample that a block may speak of.
Span = tuple[int, int]
# For each word that must be there, its alternatives.
Words = Sequence[Sequence[Any]]


class _Position(FunctionElement[int]):
    """Where a text begins within another one, from 1 on; 0 where it is not."""

    type = Integer()
    inherit_cache = True


@compiles(_Position, "sqlite")
def _on_sqlite(element: _Position, compiler: SQLCompiler, **more: Any) -> str:
    return f"instr({compiler.process(element.clauses, **more)})"


@compiles(_Position, "postgresql")
def _on_postgresql(element: _Position, compiler: SQLCompiler, **more: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **more)})"


def holds(lower: Any, word: Any) -> ColumnElement[bool]:
    """Whether a text in lower case holds a word, whatever the word's case."""
    return _Position(lower, func.lower(word)) > 0


def matching(
    session: Session,
    project_id: int,
    words: Words,
    *,
    descending: bool,
    beyond: int | None,
    limit: int,
) -> list[Span]:
    """The next blocks that hold words.

    Args:
        session: Open for reading.
        project_id: The project.
        words: What they hold: one of each.
        descending: Whether the last ones come first.
        beyond: The number of the sample to begin after (descending: before); None for all.
        limit: How many at most.
    """
    statement = _holding(session, project_id, words)
    if beyond is not None and descending:
        its_last = _last_of(project_id, literal(beyond - 1))
        statement = statement.where(
            NameBlock.last_id <= func.coalesce(its_last, beyond), NameBlock.first_id < beyond
        )
    elif beyond is not None:
        statement = statement.where(NameBlock.last_id > beyond)
    by = NameBlock.last_id.desc() if descending else NameBlock.last_id.asc()
    return _spans(session, statement.order_by(by).limit(limit))


def nearest(
    session: Session,
    project_id: int,
    words: Words,
    *,
    by: str,
    descending: bool,
    beyond: Any | None,
    limit: int,
) -> list[Span]:
    """Blocks that hold words, those first whose samples may come first.

    Args:
        session: Open for reading.
        project_id: The project.
        words: What they hold: one of each.
        by: What samples are ordered by, one of `BOUNDS`.
        descending: Whether the highest ones come first.
        beyond: What samples have that come before all that are wanted; None for all.
        limit: How many at most.
    """
    lowest, highest = BOUNDS[by]
    statement = _holding(session, project_id, words).where(lowest.is_not(None))
    if beyond is not None:
        statement = statement.where(lowest <= beyond if descending else highest >= beyond)
    first = highest.desc() if descending else lowest.asc()
    return _spans(session, statement.order_by(first, NameBlock.last_id).limit(limit))


def comes_after(
    session: Session, project_id: int, block: Span, *, by: str, descending: bool, key: Any
) -> bool:
    """Whether all samples of a block come after one with this key, ordered by one of `BOUNDS`."""
    lowest, highest = BOUNDS[by]
    condition = highest < key if descending else lowest > key
    its = and_(NameBlock.project_id == project_id, NameBlock.last_id == block[1])
    return bool(session.scalar(select(condition).where(its)))


def _holding(session: Session, project_id: int, words: Words) -> Select[int, int]:
    """The spans of a project's blocks that hold words, in no order."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return select(NameBlock.first_id, NameBlock.last_id).where(
        NameBlock.project_id == project_id,
        *(or_(*(_in_block(item, is_sqlite) for item in items)) for items in words),
    )


def _spans(session: Session, statement: Select[int, int]) -> list[Span]:
    return [(row[0], row[1]) for row in session.execute(statement)]


def _in_block(word: str, is_sqlite: bool) -> ColumnElement[bool]:
    """Whether a block holds a word; by its letters first, where SQLite knows them."""
    found = holds(NameBlock.names, word)
    letters = {word[start : start + 3] for start in range(min(len(word) - 2, _MAX_LETTERS))}
    if not is_sqlite or not letters:
        return found
    match = " AND ".join('"' + item.replace('"', '""') + '"' for item in sorted(letters))
    lettered = select(_LETTERS.c.rowid).where(_LETTERS.c.sample_names.op("MATCH")(match))
    return and_(NameBlock.last_id.in_(lettered), found)


def joined(blocks: Sequence[Span]) -> list[Span]:
    """Blocks as few spans of numbers, lowest first: those that follow each other are one."""
    spans: list[Span] = []
    for first, last in sorted(blocks):
        if spans and spans[-1][1] + 1 == first:
            first = spans.pop()[0]
        spans.append((first, last))
    return spans


def end_of_blocks(session: Session, project_id: int) -> int:
    """The number that the last block ends with; 0 without any."""
    return session.connection().scalar(_END, {"project": project_id}) or 0


def note_new(session: Session, project_id: int, numbers: Sequence[int]) -> None:
    """Makes blocks of what is new, from time to time.

    Not of every sample by itself: on average for one number of as many as a few blocks hold.
    """
    if any(number * _SPREAD % 2**32 < 2**32 // (_TOGETHER * SIZE) for number in numbers):
        extend(session, project_id)


def extend(session: Session, project_id: int) -> None:
    """Makes blocks of all samples in use that are in none, but for less than a block of them."""
    made = _AT_ONCE
    while made == _AT_ONCE:
        where = {"project": project_id, "end": end_of_blocks(session, project_id)}
        made = SIZE * len(session.connection().execute(_new_blocks(SIZE, _AT_ONCE), where).all())


def _bounds(columns: Any) -> dict[str, Any]:
    """What bounds are, by column of blocks, of samples whose columns are given by name."""
    found: dict[str, Any] = {}
    for name, (lowest, highest) in BOUNDS.items():
        found[lowest.key] = func.min(columns[name])
        found[highest.key] = func.max(columns[name])
    return found


@lru_cache
def _new_blocks(size: int, limit: int) -> Any:
    """The next blocks of a project after the number that the last one ends with.

    Asked with every few uploads: to put the question together takes longer than the answer.
    """
    project, end = bindparam("project", type_=Key), bindparam("end", type_=Key)
    place = func.row_number().over(order_by=SampleRow.id) - 1
    keys = [key.label(name) for name, key in _OF_SAMPLES.items()]
    rows = (
        select(SampleRow.id, *keys, (place // size).label("block"))
        .where(SampleRow.id > end, *live(project))
        .order_by(SampleRow.deleted_at, SampleRow.id)
        .limit(limit)
        .subquery()
    )
    last = func.max(rows.c.id)
    # Each begins where the one before ended: samples that come back from the trash belong to one.
    first = func.coalesce(func.lag(last).over(order_by=last), end) + 1
    bounds = _bounds(rows.c)
    full = (
        select(project, first, last, _text(rows.c.name), *bounds.values())
        .group_by(rows.c.block)
        .having(func.count() == size)
    )
    columns = ["project_id", "first_id", "last_id", "names", *bounds]
    blocks = Base.metadata.tables["name_blocks"]
    return insert(blocks).from_select(columns, full).returning(blocks.c.last_id)


def renew(session: Session, project_id: int, numbers: Sequence[int]) -> None:
    """Writes the blocks of samples anew that were renamed, or came back from the trash."""
    if not numbers:
        return
    its_last = _last_of(project_id, SampleRow.id)
    changed = session.scalars(select(its_last).where(SampleRow.id.in_(numbers)).distinct()).all()
    its = (*live(project_id), SampleRow.id.between(NameBlock.first_id, NameBlock.last_id))
    anew = {"names": func.coalesce(_text(SampleRow.name), ""), **_bounds(_OF_SAMPLES)}
    session.execute(
        update(NameBlock)
        .where(NameBlock.project_id == project_id, NameBlock.last_id.in_(changed))
        .values({name: select(value).where(*its).scalar_subquery() for name, value in anew.items()})
        .execution_options(synchronize_session=False)
    )


def forget_after_last(session: Session, project_id: int) -> None:
    """Forgets the last blocks whose last sample is gone for good.

    SQLite gives the number of a last sample that is gone to the next one, whatever its project.
    """
    block = aliased(NameBlock)
    kept = (
        select(block.last_id)
        .where(block.project_id == project_id, exists().where(SampleRow.id == block.last_id))
        .order_by(block.last_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        delete(NameBlock)
        .where(NameBlock.project_id == project_id, NameBlock.last_id > func.coalesce(kept, 0))
        .execution_options(synchronize_session=False)
    )


def _last_of(project_id: int, number: Any) -> Any:
    """The number that the block of a sample ends with; null after the last block."""
    block = aliased(NameBlock)
    last = select(func.min(block.last_id))
    return last.where(block.project_id == project_id, block.last_id >= number).scalar_subquery()


def _text(name: Any) -> Any:
    return func.aggregate_strings(func.lower(name), _BETWEEN)


def live(project_id: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What samples in use of a project fulfil."""
    return SampleRow.project_id == project_id, SampleRow.deleted_at.is_(None)
