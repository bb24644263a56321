"""Finding samples among a million: by conditions, in an order, page after page.

A condition that few samples fulfil is looked up first, in the index made for it, and the rest is
checked on those. Where many fulfil every condition, samples are read in the wanted order until a
page is full; by number that order is also that of the indexes of labels, metadata and names.
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
    column,
    exists,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from tinsmith.store.sample_index import NAME_LENGTH, VALUE_LENGTH
from tinsmith.store.sample_query import Term
from tinsmith.store.tables import Base, Device, SampleLabel, SampleMetadata, SampleRow

OrderBy = Literal["id", "name", "length", "created"]
Condition = ColumnElement[bool]

# So few are looked at one by one.
_FEW = 2000
_MAX_LETTERS = 20
_LAST = 2**63 - 1
# Named apart from the tables a search reads from, so that they stay within their own condition.
_Label = aliased(SampleLabel)
_Entry = aliased(SampleMetadata)
_NAMES = table("sample_names", column("rowid"), column("sample_names"))
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
    streams, rest = _streams(session, search) if few is None and order.by == "id" else ([], search)
    if streams:
        last = _edge(session, search, order.descending, after[1] if after else None)
        numbers = _merged(session, rest, streams, order.descending, last, limit)
        return _rows(session, columns, order, SampleRow.id.in_(numbers))
    by_number = few is not None and _is_sqlite(session)
    statement = _all(search, by_number=by_number)
    if few is not None:
        statement.append(SampleRow.id.in_(few))
    if after is not None:
        statement.append(_beyond(order, after))
    is_live = few is None and not search.in_trash
    return _rows(session, columns, order, and_(*statement), limit, is_live=is_live)


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
        same = SampleRow.name == value
        return same if term.operator == "=" else SampleRow.name.ilike(_pattern(value), escape="\\")
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


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _few(session: Session, search: Search) -> list[int] | None:
    """Numbers of all samples that fulfil the first condition that few do; None if none is such."""
    if search.in_trash:
        return None
    for term in search.terms:
        if term.negated:
            continue
        found: set[int] = set()
        streams = _numbers(session, term, search.project_id)
        for stream, _ in streams:
            found.update(session.scalars(stream.limit(_FEW + 1)))
            if len(found) > _FEW:
                break
        if streams and len(found) <= _FEW:
            return sorted(found)
    return None


def _live(project_id: int) -> tuple[Condition, Condition]:
    return SampleRow.project_id == project_id, SampleRow.deleted_at.is_(None)


_Stream = tuple[Select[Any], Any]


def _numbers(session: Session, term: Term, project_id: int) -> list[_Stream]:
    """Selects of the numbers that together fulfil a term, each with the column it is ordered by.

    There may be samples in the trash among them. None where no index helps.
    """
    found: list[_Stream] = []
    for value in term.values:
        streams = _numbers_of_value(session, term, value, project_id)
        if not streams:
            return []
        found += streams
    return found


def _numbers_of_value(session: Session, term: Term, value: Any, project_id: int) -> list[_Stream]:
    live = _live(project_id)
    if term.field == "label" and value != "":
        over_time = select(SampleLabel.sample_id).where(
            SampleLabel.project_id == project_id, SampleLabel.label == value
        )
        own = select(SampleRow.id).where(*live, SampleRow.label == value)
        return [(own, SampleRow.id), (over_time, SampleLabel.sample_id)]
    if term.field == "metadata":
        entries = select(SampleMetadata.sample_id).where(
            SampleMetadata.project_id == project_id,
            SampleMetadata.name == term.key[:NAME_LENGTH],
            SampleMetadata.value == value[:VALUE_LENGTH],
        )
        return [(entries, SampleMetadata.sample_id)]
    if term.field == "name" and term.operator == "contains":
        return _numbers_of_name(session, value, project_id)
    is_exception = term.field == "signature" and value != "unsigned"
    if is_exception or (term.field, value) == ("is", "disabled"):
        # With the trash: its index knows nothing of that, and SQLite would take another one.
        rare = and_(SampleRow.project_id == project_id, _of_value(term, value, project_id))
        return [(select(SampleRow.id).where(rare), _NUMBER)]
    if (term.field == "name" or term.field == "id") and term.operator == "=":
        return [
            (select(SampleRow.id).where(*live, _of_value(term, value, project_id)), SampleRow.id)
        ]
    return []


def _numbers_of_name(session: Session, text: str, project_id: int) -> list[_Stream]:
    if len(text) < 3:
        return []
    if not _is_sqlite(session):
        condition = SampleRow.name.ilike(_pattern(text), escape="\\")
        return [(select(SampleRow.id).where(*_live(project_id), condition), SampleRow.id)]
    letters = {text[start : start + 3] for start in range(min(len(text) - 2, _MAX_LETTERS))}
    match = " AND ".join('"' + item.replace('"', '""') + '"' for item in sorted(letters))
    # Of all projects: whose they are is looked at afterwards.
    found = select(_NAMES.c.rowid).where(_NAMES.c.sample_names.op("MATCH")(match))
    return [(found, _NAMES.c.rowid)]


def _streams(session: Session, search: Search) -> tuple[list[_Stream], Search]:
    """Where to read the numbers of a search from in their order, and what is left to be checked.

    None: they are read from the samples.
    """
    if search.in_trash:
        return [], search
    is_sqlite = _is_sqlite(session)
    for field in ("metadata", "label", "name"):
        for term in search.terms:
            # PostgreSQL's index of names has no order.
            usable = term.field == field and not term.negated and (is_sqlite or field != "name")
            if usable and (streams := _numbers(session, term, search.project_id)):
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
        is_unordered = term.field == "name" and not _is_sqlite(session)
        streams = [] if term.negated or is_unordered else _numbers(session, term, search.project_id)
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
