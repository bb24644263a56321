"""Finding samples among a million: by conditions, in an order, page after page.

A condition that few samples fulfil is looked up first, in the index made for it, and the rest is
checked on those. Where many fulfil every condition, samples are read in the wanted order until a
page is full; by number that order is also that of the indexes of labels and metadata, and of the
blocks of names (`store.name_blocks`), which tell where no sample needs to be read.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from tinsmith.store.name_blocks import (
    BOUNDS,
    Span,
    comes_after,
    end_of_blocks,
    holds,
    joined,
    live,
    matching,
    nearest,
)
from tinsmith.store.name_blocks import SIZE as BLOCK
from tinsmith.store.sample_index import NAME_LENGTH, VALUE_LENGTH
from tinsmith.store.sample_query import Term
from tinsmith.store.tables import Base, Device, SampleLabel, SampleMetadata, SampleRow

OrderBy = Literal["id", "name", "length", "created"]
Condition = ColumnElement[bool]
# What the last sample seen is ordered by, and its number.
_Position = tuple[Any, int] | None

# So few are looked at one by one.
_FEW = 2000
# So many samples are looked at in their order before others are, for one in so many of the wanted.
_NEAR, _RARELY = 4000, 10
# So many blocks of names are looked at: at once, and at all where their order is no help.
_SOME_BLOCKS, _MANY_BLOCKS = 256, 2048
# Spans of numbers in one question.
_SPANS = 128
_LAST = 2**63 - 1
# Named apart from the tables a search reads from, so that they stay within their own condition.
_Label = aliased(SampleLabel)
_Entry = aliased(SampleMetadata)
# A sample's number where the trash is looked at too.
_NUMBER = Base.metadata.tables["samples"].c.id
_COMPARE: dict[str, Any] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_STATES: dict[str, Condition] = {
    "enabled": SampleRow.enabled.is_(True),
    "disabled": not_(SampleRow.enabled),
    "signal": SampleRow.kind == "signal",
    "image": SampleRow.kind == "image",
}
_ORDERS: dict[OrderBy, InstrumentedAttribute[Any]] = {
    "id": SampleRow.id,
    "name": SampleRow.name,
    "length": SampleRow.length_ms,
    "created": SampleRow.created_at,
}


@dataclass(frozen=True)
class Order:
    """The order samples are listed in; those that are equal, by number."""

    by: OrderBy = "id"
    descending: bool = True

    @property
    def column(self) -> InstrumentedAttribute[Any]:
        """What they are ordered by."""
        return _ORDERS[self.by]


@dataclass(frozen=True)
class Search:
    """What is looked for in a project.

    Args:
        project_id: The project.
        terms: Conditions that must all hold.
        in_trash: Whether the trash is looked at instead of the samples in use.
    """

    project_id: int
    terms: tuple[Term, ...] = ()
    in_trash: bool = False


def find(
    session: Session,
    search: Search,
    columns: Sequence[Any],
    *,
    order: Order,
    after: tuple[Any, int] | None,
    limit: int,
) -> Sequence[Any]:
    """The next samples.

    Args:
        session: Open for reading.
        search: Which.
        columns: Attributes of `SampleRow` that each result has; its id must be among them.
        order: In which order.
        after: What the last sample seen is ordered by, and its number.
        limit: How many at most.
    """
    few = _few(session, search)
    if few is None and not search.in_trash:
        numbers = _candidates(session, search, order, after, limit)
        if numbers is not None:
            return _rows(session, columns, order, SampleRow.id.in_(numbers), limit)
    by_number = few is not None and _is_sqlite(session)
    statement = _all(search, by_number=by_number)
    if few is not None:
        statement.append(SampleRow.id.in_(few))
    if after is not None:
        statement.append(_beyond(order, after))
    is_live = few is None and not search.in_trash
    return _rows(session, columns, order, and_(*statement), limit, is_live=is_live)


def _candidates(
    session: Session, search: Search, order: Order, after: _Position, limit: int
) -> list[int] | None:
    """Numbers among which the next samples in use are; None if all are to be read in order."""
    by_id = order.by == "id"
    last = after[1] if after and by_id else None
    streams, rest = _streams(search) if by_id else ([], search)
    names = _Names(session, search, order, after, limit)
    if names.words and not by_id:
        return names.in_order()
    if streams or names.words:
        last = _edge(session, search, order.descending, last)
    if names.words and not streams:
        return names.next(last)
    if names.words:
        found, last = names.few_or_edge(last)
        if found is not None:
            return found
        last = _edge(session, search, order.descending, last)
    return _merged(session, rest, streams, order.descending, last, limit) if streams else None


class _Names:
    """Samples found by parts of their names, from block to block of names.

    Args:
        session: Open for reading.
        search: Which samples.
        order: In which order.
        after: What the last sample seen is ordered by, and its number.
        limit: How many are wanted; more may be found.
    """

    def __init__(
        self, session: Session, search: Search, order: Order, after: _Position, limit: int
    ) -> None:
        self.words = [
            term.values
            for term in search.terms
            if term.field == "name" and term.operator == "contains" and not term.negated
        ]
        self._session, self._search, self._order = session, search, order
        self._after, self._limit = after, limit

    def next(self, last: int | None) -> list[int]:
        """The next by number after `last`: as many blocks as it takes, more of them each time."""
        descending = self._order.descending
        found = self._within([self._beyond_blocks()]) if descending else []
        size, is_end = 4 + 4 * self._limit // BLOCK, False
        while len(found) < self._limit and not is_end:
            blocks = self._blocks(last, size)
            is_end = len(blocks) < size
            spans = joined(blocks)
            if is_end and not descending:
                spans.append(self._beyond_blocks())
            found += self._within(spans)
            if blocks:
                last = blocks[-1][0] if descending else blocks[-1][1]
            size = min(4 * size, _SOME_BLOCKS)
        return found

    def few_or_edge(self, last: int | None) -> tuple[list[int] | None, int | None]:
        """The next by number if few blocks hold them; else None, and where to begin to look."""
        blocks = self._blocks(last, _SOME_BLOCKS + 1)
        beyond = self._beyond_blocks()
        if len(blocks) <= _SOME_BLOCKS:
            return self._within([*joined(blocks), beyond]), last
        first, final = blocks[0]
        if not self._order.descending:
            edge = first - 1 if last is None else max(last, first - 1)
        elif self._within([beyond]):
            return None, last
        else:
            edge = final + 1 if last is None else min(last, final + 1)
        return None, edge

    def in_order(self) -> list[int] | None:
        """Those in any other order; None if all samples are to be read in it."""
        near, is_enough = self._near()
        if is_enough:
            return near
        # Where some are near, more are probably not far; else they may lie anywhere.
        return None if len(near) * _RARELY > self._limit else self._all()

    def _near(self) -> tuple[list[int], bool]:
        """Those among the next samples in the order, and whether they are all that is wanted."""
        order, key = self._order, self._order.column
        after = [] if self._after is None else [_beyond(order, self._after)]
        ordered = _sorted([SampleRow.deleted_at, key, SampleRow.id], order.descending)
        ahead = select(key, SampleRow.id).where(*live(self._search.project_id), *after)
        edge = self._session.execute(ahead.order_by(*ordered).offset(_NEAR).limit(1)).first()
        wanted = [*_all(self._search), *after]
        if edge is not None:
            reached = operator.ge if order.descending else operator.le
            wanted.append(reached(tuple_(key, SampleRow.id), tuple_(*edge)))
        rows = _rows(self._session, [SampleRow.id], order, and_(*wanted), self._limit, is_live=True)
        return [row.id for row in rows], edge is None or len(rows) == self._limit

    def _all(self) -> list[int] | None:
        """The first ones of those in all blocks; None if there are many blocks."""
        has_bounds = self._order.by in BOUNDS
        most = _MANY_BLOCKS + 1
        blocks = self._nearest(most) if has_bounds else self._blocks(None, most)
        if len(blocks) > _MANY_BLOCKS:
            return None
        if not has_bounds:
            return self._within([*joined(blocks), self._beyond_blocks()])
        found, size = self._within([self._beyond_blocks()]), 4 + 4 * self._limit // BLOCK
        while blocks and not self._comes_after(blocks[0], found):
            found += self._within(joined(blocks[:size]))
            blocks, size = blocks[size:], 4 * size
        return found

    def _nearest(self, limit: int) -> list[Span]:
        return nearest(
            self._session, self._search.project_id, self.words, by=self._order.by,
            descending=self._order.descending, beyond=self._after and self._after[0], limit=limit,
        )  # fmt: skip

    def _comes_after(self, block: Span, found: Sequence[int]) -> bool:
        """Whether enough was found that comes before all samples of a block."""
        if len(found) < self._limit:
            return False
        columns = [SampleRow.id, self._order.column.label("key")]
        rows = _rows(self._session, columns, self._order, SampleRow.id.in_(found), self._limit)
        return comes_after(
            self._session, self._search.project_id, block, by=self._order.by,
            descending=self._order.descending, key=rows[-1].key,
        )  # fmt: skip

    def _blocks(self, beyond: int | None, limit: int) -> list[Span]:
        return matching(
            self._session, self._search.project_id, self.words,
            descending=self._order.descending, beyond=beyond, limit=limit,
        )  # fmt: skip

    def _beyond_blocks(self) -> Span:
        return end_of_blocks(self._session, self._search.project_id) + 1, _LAST

    def _within(self, spans: Sequence[Span]) -> list[int]:
        """The first ones of some spans of numbers at a time."""
        found: list[int] = []
        for start in range(0, len(spans), _SPANS):
            some = spans[start : start + _SPANS]
            # So that there are few different statements, which are prepared once each.
            some = [*some, *[some[-1]] * (2 ** (len(some) - 1).bit_length() - len(some))]
            found += self._session.scalars(self._select(some))
        return found

    def _select(self, spans: Sequence[Span]) -> Select[Any]:
        order = self._order
        # Said with each span: between two numbers may lie all samples of another project.
        own = and_(*live(self._search.project_id))
        conditions = _all(self._search, by_number=True)
        if self._after is not None:
            conditions.append(_beyond(order, self._after))
        found = (
            select(SampleRow.id, order.column.label("key"))
            .where(or_(*(and_(own, SampleRow.id.between(*span)) for span in spans)), *conditions)
            # By itself, else PostgreSQL may read all samples in their order until it finds those.
            .offset(0)
            .subquery()
        )
        ordered = _sorted([found.c.key, found.c.id], order.descending)
        return select(found.c.id).order_by(*ordered).limit(self._limit)


def find_numbers(
    session: Session, search: Search, *, above: int = 0, limit: int = _FEW
) -> list[int]:
    """The next samples' numbers, lowest first."""
    order = Order("id", descending=False)
    found = find(session, search, [SampleRow.id], order=order, after=(None, above), limit=limit)
    return [row.id for row in found]


def _rows(
    session: Session,
    columns: Sequence[Any],
    order: Order,
    condition: Condition,
    limit: int | None = None,
    *,
    is_live: bool = False,
) -> Sequence[Any]:
    keys: list[Any] = [order.column] if order.by == "id" else [order.column, SampleRow.id]
    if is_live:
        keys.insert(0, SampleRow.deleted_at)
    ordered = _sorted(keys, order.descending)
    return session.execute(select(*columns).where(condition).order_by(*ordered).limit(limit)).all()


def _sorted(keys: Sequence[Any], descending: bool) -> list[Any]:
    return [key.desc() if descending else key.asc() for key in keys]


def _by_number(number: Any, descending: bool) -> list[Any]:
    """The order of a stream of numbers; those named `SampleRow.id` are all in use.

    All that is in use has no time of deletion. Where that stands in an index before what is ordered
    by, PostgreSQL must be told to order by it too, or it sorts the whole project.
    """
    return _sorted(
        [SampleRow.deleted_at, number] if number is SampleRow.id else [number], descending
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _beyond(order: Order, after: tuple[Any, int]) -> Condition:
    value, number = after
    compare = operator.lt if order.descending else operator.gt
    if order.by == "id":
        beyond: Condition = compare(SampleRow.id, number)
        return beyond
    reached = operator.le if order.descending else operator.ge
    key = order.column
    # The first part says where to begin, so that what was seen is not read again.
    return and_(reached(key, value), or_(compare(key, value), compare(SampleRow.id, number)))


def _all(search: Search, *, by_number: bool = False) -> list[Condition]:
    """Every condition of a search, on rows of samples.

    Args:
        search: What is looked for.
        by_number: Whether rows are looked up by number. The sum keeps the database from reading
            all of the project by an index instead, which SQLite takes for quicker.
    """
    trash = SampleRow.deleted_at
    project = SampleRow.project_id + 0 if by_number else SampleRow.project_id
    conditions: list[Condition] = [
        project == search.project_id,
        trash.is_not(None) if search.in_trash else trash.is_(None),
    ]
    return conditions + [_condition(term, search.project_id) for term in search.terms]


def _condition(term: Term, project_id: int) -> Condition:
    found = or_(*(_of_value(term, value, project_id) for value in term.values))
    return not_(found) if term.negated else found


def _of_value(term: Term, value: Any, project_id: int) -> Condition:
    """Whether a sample fulfils a term with one of its values."""
    if term.field == "name":
        is_whole = term.operator == "="
        return SampleRow.name == value if is_whole else holds(func.lower(SampleRow.name), value)
    if term.field == "label":
        own = SampleRow.label == value
        return own if value == "" else or_(own, _has_label(_Label.label == value))
    if term.field == "metadata":
        return exists().where(
            _Entry.sample_id == SampleRow.id,
            _Entry.name == term.key[:NAME_LENGTH],
            _Entry.value == value[:VALUE_LENGTH],
        )
    if term.field == "device":
        return SampleRow.device_id.in_(_devices(project_id, value))
    plain = {"is": _state, "signature": _signature, "category": SampleRow.category.__eq__}
    known: Condition = plain[term.field](value) if term.field in plain else _compared(term, value)
    return known


def _compared(term: Term, value: Any) -> Condition:
    attribute: Any = _ORDERS[term.field]  # type: ignore[index]
    compared: Condition
    if term.operator == "=" and term.field == "length":
        compared = attribute.between(value - 0.5, value + 0.5)
    elif term.operator == "=" and term.field == "created":
        compared = and_(attribute >= value, attribute < value + timedelta(days=1))
    else:
        compared = _COMPARE[term.operator](attribute, value)
    return compared


def _state(word: str) -> Condition:
    if word in _STATES:
        return _STATES[word]
    labelled = or_(SampleRow.label != "", _has_label(true()))
    return labelled if word == "labelled" else not_(labelled)


def _signature(word: str) -> Condition:
    same = SampleRow.signature == word
    # The words of the index that knows the exceptions, so that it is used.
    return same if word == "unsigned" else and_(SampleRow.signature != "unsigned", same)


def _has_label(condition: Condition) -> Condition:
    return exists().where(_Label.sample_id == SampleRow.id, condition)


def _devices(project_id: int, word: str) -> Select[Any]:
    return select(Device.id).where(
        Device.project_id == project_id,
        or_(Device.identifier == word, Device.name == word, cast(Device.id, Text) == word),
    )


def _few(session: Session, search: Search) -> list[int] | None:
    """Numbers of all samples that fulfil the first condition that few do; None if none is such."""
    if search.in_trash:
        return None
    for term in search.terms:
        if term.negated:
            continue
        found: set[int] = set()
        streams = _numbers(term, search.project_id)
        for stream, _ in streams:
            found.update(session.scalars(stream.limit(_FEW + 1)))
            if len(found) > _FEW:
                break
        if streams and len(found) <= _FEW:
            return sorted(found)
    return None


_Stream = tuple[Select[Any], Any]


def _numbers(term: Term, project_id: int) -> list[_Stream]:
    """Selects of the numbers that together fulfil a term, each with the column it is ordered by.

    There may be samples in the trash among them. None where no index helps.
    """
    found: list[_Stream] = []
    for value in term.values:
        streams = _numbers_of_value(term, value, project_id)
        if not streams:
            return []
        found += streams
    return found


def _numbers_of_value(term: Term, value: Any, project_id: int) -> list[_Stream]:
    in_use = live(project_id)
    if term.field == "label" and value != "":
        over_time = select(SampleLabel.sample_id).where(
            SampleLabel.project_id == project_id, SampleLabel.label == value
        )
        own = select(SampleRow.id).where(*in_use, SampleRow.label == value)
        return [(own, SampleRow.id), (over_time, SampleLabel.sample_id)]
    if term.field == "metadata":
        entries = select(SampleMetadata.sample_id).where(
            SampleMetadata.project_id == project_id,
            SampleMetadata.name == term.key[:NAME_LENGTH],
            SampleMetadata.value == value[:VALUE_LENGTH],
        )
        return [(entries, SampleMetadata.sample_id)]
    is_exception = term.field == "signature" and value != "unsigned"
    if is_exception or (term.field, value) == ("is", "disabled"):
        # With the trash: its index knows nothing of that, and SQLite would take another one.
        rare = and_(SampleRow.project_id == project_id, _of_value(term, value, project_id))
        return [(select(SampleRow.id).where(rare), _NUMBER)]
    if (term.field == "name" or term.field == "id") and term.operator == "=":
        return [
            (select(SampleRow.id).where(*in_use, _of_value(term, value, project_id)), SampleRow.id)
        ]
    return []


def _streams(search: Search) -> tuple[list[_Stream], Search]:
    """Where to read the numbers of a search from in their order, and what is left to be checked.

    None: they are read from the samples.
    """
    if search.in_trash:
        return [], search
    for field in ("metadata", "label"):
        for term in search.terms:
            usable = term.field == field and not term.negated
            if usable and (streams := _numbers(term, search.project_id)):
                is_checked = field == "metadata"
                rest = tuple(item for item in search.terms if not (is_checked and item is term))
                return streams, replace(search, terms=rest)
    return [], search


def _edge(session: Session, search: Search, descending: bool, last: int | None) -> int | None:
    """Beyond which number to begin, at `last` or later.

    People upload label after label and subject after subject. Where one condition holds for nothing
    before some number, the others need not be looked at before it.
    """
    for term in search.terms:
        streams = [] if term.negated else _numbers(term, search.project_id)
        ends: list[int] = []
        for stream, number in streams:
            ordered = stream.order_by(*_by_number(number, descending))
            if last is not None:
                ordered = ordered.where(number < last if descending else number > last)
            ends += session.scalars(ordered.limit(1))
        if ends:
            last = max(ends) + 1 if descending else min(ends) - 1
        elif streams:
            return 0 if descending else _LAST
    return last


def _merged(
    session: Session,
    search: Search,
    streams: Iterable[_Stream],
    descending: bool,
    last: int | None,
    limit: int,
) -> list[int]:
    """The next numbers of several streams that fulfil all conditions."""
    found: set[int] = set()
    for stream, number in streams:
        is_own = number is SampleRow.id
        by_number = not is_own and _is_sqlite(session)
        rest = stream.where(*_all(search, by_number=by_number))
        if not is_own:
            rest = rest.where(SampleRow.id == number)
        if last is not None:
            rest = rest.where(number < last if descending else number > last)
        ordered = rest.order_by(*_by_number(number, descending))
        found.update(session.scalars(ordered.limit(limit)))
    return sorted(found, reverse=descending)[:limit]
