"""Parts of names are found wherever they lie, whatever happened to the samples before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from tinsmith.datasets import Facts, FileSource, Sample
from tinsmith.signals import DecodeOptions, Sensor
from tinsmith.store import name_blocks, sample_search
from tinsmith.store.database import Database, migrate
from tinsmith.store.sample_query import Term
from tinsmith.store.sample_search import Order, Search, find
from tinsmith.store.samples import (
    NewSample,
    add_samples,
    move_to_trash,
    remove_from_trash,
    restore_from_trash,
    to_sample,
    update_samples,
)
from tinsmith.store.tables import NameBlock, Project, SampleRow

pytestmark = pytest.mark.slow  # each looks through many samples

_LETTERS = "aAbBéÉßİ%_\\7. \"'"
_SIZE = 4


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that some hundred samples reach."""
    monkeypatch.setattr(name_blocks, "SIZE", _SIZE)
    monkeypatch.setattr(name_blocks, "_AT_ONCE", 5 * _SIZE)
    monkeypatch.setattr(name_blocks, "_TOGETHER", 1)
    for name, value in (("_FEW", 0), ("_NEAR", 20), ("_SOME_BLOCKS", 5), ("_MANY_BLOCKS", 12),
                        ("_SPANS", 3), ("BLOCK", _SIZE)):  # fmt: skip
        monkeypatch.setattr(sample_search, name, value)


def new(name: str, chance: random.Random) -> NewSample:
    facts = Facts("signal", chance.randint(1, 9), 1.0, (Sensor("a", "g"),), size_bytes=1)
    key = f"{chance.getrandbits(64):016x}"
    source = FileSource(Path(key), key * 4, f"{key}.csv", DecodeOptions(), None)
    sample = Sample(
        id=key, name=name, content_hash=key * 4, format="csv", label=chance.choice("xy"),
        category="", metadata={"m": chance.choice("12")},
        segments=(), boxes=(), facts=facts, source=source,
    )  # fmt: skip
    return NewSample(sample)


def text(chance: random.Random, longest: int) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randint(1, longest)))


def added_project(database: Database) -> int:
    with database.write() as session:
        project = Project(name="Names")
        session.add(project)
        session.flush()
        return project.id


@pytest.fixture
def filled(database: Database, small: None) -> Iterator[tuple[Session, int]]:
    """A project whose names are alike in places, beside another one, and a session that reads."""
    chance = random.Random(1)
    projects = [added_project(database), added_project(database)]
    for _ in range(30):
        with database.write() as session:
            start = chance.choice(["far", "aBé", "%_", "\\", ""])
            names = [start + text(chance, 6) for _ in range(chance.randint(1, 25))]
            items = [new(name, chance) for name in names]
            numbers = add_samples(session, chance.choice(projects), items)
            move_to_trash(session, projects[0], chance.sample(numbers, len(numbers) // 10))
    with database.read() as session:
        assert session.query(NameBlock).filter_by(project_id=projects[0]).count() > 12
        yield session, projects[0]


def plainly(session: Session, project: int, words: list[str], order: Order) -> list[int]:
    """Numbers found by a filter on all samples."""
    keys = [order.column, SampleRow.id]
    ordered = [key.desc() if order.descending else key.asc() for key in keys]
    statement = select(SampleRow.id).where(
        SampleRow.project_id == project,
        SampleRow.deleted_at.is_(None),
        *(SampleRow.name.icontains(word, autoescape=True) for word in words),
    )
    return list(session.scalars(statement.order_by(*ordered)))


def paged(
    session: Session, project: int, terms: tuple[Term, ...], order: Order, limit: int
) -> list[int]:
    """Numbers found page after page."""
    found: list[int] = []
    after = None
    columns = [SampleRow.id, order.column.label("key")]
    while rows := find(
        session, Search(project, terms), columns, order=order, after=after, limit=limit
    ):
        found += [row.id for row in rows]
        after = (rows[-1].key, rows[-1].id)
    return found


def contains(*words: str) -> tuple[Term, ...]:
    return tuple(Term("name", "contains", (word,)) for word in words)


_ORDERS = st.builds(Order, st.sampled_from(["id", "name", "length", "created"]), st.booleans())
_WORDS = st.text(_LETTERS, min_size=1, max_size=4) | st.sampled_from(
    ["far", "FAR", "abé", "nobody"]
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=st.lists(_WORDS, min_size=1, max_size=2), order=_ORDERS, limit=st.integers(1, 50))
def test_pages_put_together_are_what_a_filter_finds(
    filled: tuple[Session, int], words: list[str], order: Order, limit: int
) -> None:
    session, project = filled
    assert paged(session, project, contains(*words), order, limit) == plainly(
        session, project, words, order
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(word=_WORDS, order=_ORDERS, limit=st.integers(1, 50), others=st.integers(1, 3))
def test_names_are_found_together_with_other_conditions(
    filled: tuple[Session, int], word: str, order: Order, limit: int, others: int
) -> None:
    session, project = filled
    terms = (Term("label", "=", ("x",)), Term("metadata", "=", ("2",), key="m"))
    chosen = {1: terms[:1], 2: terms[1:], 3: terms}[others]
    rows = session.execute(select(SampleRow.id, SampleRow.label, SampleRow.facts)).all()
    alone = {
        row.id
        for row in rows
        if (others == 2 or row.label == "x") and (others == 1 or row.facts["m"] == "2")
    }
    expected = [item for item in plainly(session, project, [word], order) if item in alone]
    assert paged(session, project, (*contains(word), *chosen), order, limit) == expected


def change_something(session: Session, projects: list[int], chance: random.Random) -> None:
    """Adds, renames, deletes, restores or forgets samples of one of the projects."""
    project = chance.choice(projects)
    rows = session.scalars(select(SampleRow).where(SampleRow.project_id == project)).all()
    live = [row for row in rows if row.deleted_at is None]
    gone = [row.id for row in rows if row.deleted_at is not None]
    kind = chance.choice(["add", "add", "rename", "delete", "delete last", "restore", "forget"])
    if kind == "add":
        items = [new(text(chance, 6), chance) for _ in range(chance.randint(1, 9))]
        add_samples(session, project, items)
    elif kind == "rename":
        some = chance.sample(live, min(3, len(live)))
        changes = {row.id: replace(to_sample(row, Path), name=text(chance, 6)) for row in some}
        update_samples(session, project, changes)
    elif kind.startswith("delete"):
        some = live[-6:] if kind == "delete last" else chance.sample(live, min(3, len(live)))
        move_to_trash(session, project, [row.id for row in some])
    elif kind == "restore":
        restore_from_trash(session, project, gone[:4])
    else:
        remove_from_trash(session, project)


@pytest.mark.parametrize("seed", range(3))
def test_blocks_follow_every_change(database: Database, small: None, seed: int) -> None:
    chance = random.Random(seed)
    projects = [added_project(database), added_project(database)]
    for _ in range(60):
        with database.write() as session:
            change_something(session, projects, chance)
        with database.read() as session:
            for project in projects:
                for word in (text(chance, 1), text(chance, 3)):
                    by = chance.choice(["id", "name", "length", "created"])
                    order = Order(by, chance.random() < 0.5)
                    assert paged(session, project, contains(word), order, 7) == plainly(
                        session, project, [word], order
                    )


@pytest.mark.parametrize("by", ["name", "created"])
@pytest.mark.parametrize("descending", [False, True])
def test_only_blocks_that_may_hold_the_next_ones_are_looked_at(
    database: Database, small: None, monkeypatch: pytest.MonkeyPatch, by: Any, descending: bool
) -> None:
    chance = random.Random(5)
    project = added_project(database)
    items = []
    for place, start in enumerate(("early", "middle", "zero")):
        for number in range(40):
            moment = datetime(2026, 1, 1 + place, minute=number, tzinfo=UTC)
            items.append(replace(new(f"{start}{number:03}", chance), created_at=moment))
    with database.write() as session:
        add_samples(session, project, items)
    seen: list[int] = []
    within = sample_search._Names._within

    def counted(names: Any, spans: Any) -> list[int]:
        seen.append(sum(last - first + 1 for first, last in spans if last < 1000))
        return within(names, spans)

    monkeypatch.setattr(sample_search._Names, "_within", counted)
    order = Order(by, descending)
    with database.read() as session:
        (near,) = find(
            session, Search(project, contains("mid")), [SampleRow.id], order=order,
            after=None, limit=1,
        )  # fmt: skip
        assert near.id == plainly(session, project, ["mid"], order)[0]
    # Of the ten blocks that hold the word, the first that are looked at are enough.
    assert 0 < sum(seen) <= 5 * _SIZE


def test_older_blocks_learn_their_bounds(filled: tuple[Session, int], database: Database) -> None:
    session, _ = filled
    blocks = select(NameBlock).order_by(NameBlock.project_id, NameBlock.last_id)
    bounds = ("lowest_name", "highest_name", "first_created", "last_created")

    def known() -> list[list[Any]]:
        session.rollback()
        return [[getattr(block, name) for name in bounds] for block in session.scalars(blocks)]

    session.rollback()
    with database.write() as writing:
        # Without those in the trash, which a block still knew of.
        for project in writing.scalars(select(Project.id)).all():
            name_blocks.renew(writing, project, writing.scalars(select(SampleRow.id)).all())
    before = known()
    session.rollback()
    with database.write() as writing:
        for name in bounds:
            writing.execute(sql(f"ALTER TABLE name_blocks DROP COLUMN {name}"))
        writing.execute(sql("UPDATE alembic_version SET version_num = '0005'"))
    assert migrate(database) == "0005"
    session.expire_all()
    assert known() == before


def test_a_project_that_gets_every_other_number_has_blocks_too(
    database: Database, small: None
) -> None:
    chance: Any = random.Random(4)
    projects = [added_project(database), added_project(database)]
    for number in range(80):
        with database.write() as session:
            add_samples(session, projects[number % 2], [new(f"name{number}", chance)])
    with database.read() as session:
        for project in projects:
            assert session.query(NameBlock).filter_by(project_id=project).count() >= 7
