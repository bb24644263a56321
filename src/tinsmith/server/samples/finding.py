"""Lists of samples, one sample, and how much there is of what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tinsmith.core.errors import InputError
from tinsmith.server.errors import FieldProblem, NotFoundError, UnusableError
from tinsmith.server.paging import decode_cursor, encode_cursor
from tinsmith.server.samples.schemas import (
    SAMPLE_COLUMNS,
    CategoryName,
    CategoryTotal,
    LabelCount,
    LabelOverTime,
    SignatureName,
    Summary,
    sample_out,
)
from tinsmith.server.text import Text
from tinsmith.store.sample_query import Term, make_term, parse_query
from tinsmith.store.sample_search import Order, OrderBy, Search, find
from tinsmith.store.tables import Project, SampleCount, SampleLabel, SampleRow

_LENGTH = Field(default=None, ge=0, le=1e15, allow_inf_nan=False)
# A split is worth a word when less than a tenth, or more than half, of the data is for testing.
_LEAST_TESTING, _MOST_TESTING = 0.1, 0.5


class SampleFilter(BaseModel):
    """Which samples are listed, and how; everything given must hold."""

    model_config = ConfigDict(extra="forbid")

    query: Text = Field(
        default="",
        max_length=2000,
        description=(
            "Terms such as `label:on subject=7 length>1s name:foo -is:disabled`: FIELD:VALUE or "
            "FIELD=VALUE with the fields name, label, category, device, signature, is, length, "
            "created and id; any other name is metadata. `a,b` is a or b, a minus means not."
        ),
    )
    label: list[Text] = Field(default=[], max_length=50, description="Any; also over time.")
    name: Text | None = Field(default=None, max_length=400, description="The name contains it.")
    category: CategoryName | None = None
    device: Text | None = Field(
        default=None, max_length=200, description="Its name, identifier or number."
    )
    signature: SignatureName | None = None
    enabled: bool | None = None
    unlabelled: bool | None = None
    min_length_ms: float | None = _LENGTH
    max_length_ms: float | None = _LENGTH
    created_from: datetime | None = None
    created_before: datetime | None = None
    metadata: list[Text] = Field(default=[], max_length=20, description="`KEY=VALUE`, all of them.")
    trash: bool = Field(default=False, description="List the trash instead.")
    sort: OrderBy = "id"
    order: Literal["asc", "desc"] = "desc"
    limit: int = Field(default=100, ge=1, le=1000, description="How many items at most.")
    cursor: str | None = Field(
        default=None, max_length=4000, description="`next_cursor` of the page before."
    )


def page(session: Session, project_id: int, wanted: SampleFilter) -> dict[str, Any]:
    """One page of a list, as `Page[SampleOut]` describes it.

    Raises:
        UnusableError: The query or the cursor is not understood.
    """
    order = Order(wanted.sort, wanted.order == "desc")
    search = Search(project_id, terms_of(wanted), wanted.trash)
    after = _position(wanted)
    rows = find(session, search, SAMPLE_COLUMNS, order=order, after=after, limit=wanted.limit + 1)
    shown = rows[: wanted.limit]
    cursor = None
    if len(rows) > wanted.limit:
        cursor = encode_cursor(wanted.sort, wanted.order, _sort_key(shown[-1], order), shown[-1].id)
    return {"items": [sample_out(row) for row in shown], "next_cursor": cursor}


def _sort_key(row: Any, order: Order) -> Any:
    value = getattr(row, order.column.key)
    return value.isoformat() if isinstance(value, datetime) else value


def _position(wanted: SampleFilter) -> tuple[Any, int] | None:
    """Where the page before ended.

    Raises:
        UnusableError: The cursor is none of this list.
    """
    if wanted.cursor is None:
        return None
    kinds = {"id": int, "name": str, "length": (int, float), "created": str}
    kind: Any = kinds[wanted.sort]
    sort, order, value, number = decode_cursor(wanted.cursor, str, str, kind, int)
    try:
        if wanted.sort == "created":
            value = datetime.fromisoformat(value).astimezone(UTC)
        if wanted.sort == "name" and ("\0" in value or not value.isprintable()):
            raise ValueError("not a name")
        if (sort, order) != (wanted.sort, wanted.order) or number < 0:
            raise ValueError("of another order")
        if isinstance(value, float) and not abs(value) < float("inf"):
            raise ValueError("not finite")
    except (ValueError, OverflowError):
        raise UnusableError(
            "the cursor is not one of this list in this order",
            hint="ask without a cursor for the first page",
            fields=[FieldProblem(path="query.cursor", message="not a cursor of this list")],
        ) from None
    return value, number


def terms_of(wanted: SampleFilter) -> tuple[Term, ...]:
    """The conditions of a list.

    Raises:
        UnusableError: One is not understood; names the parameter.
    """
    terms = list(query_terms(wanted.query))
    plain = {
        "label": wanted.label or None,
        "category": wanted.category,
        "device": wanted.device,
        "signature": wanted.signature,
    }
    for field, value in plain.items():
        if value is not None:
            values = value if isinstance(value, list) else [value]
            terms.append(make_term(field, "=", values))
    if wanted.name:
        terms.append(make_term("name", ":", [wanted.name]))
    if wanted.enabled is not None:
        terms.append(make_term("is", "=", ["enabled" if wanted.enabled else "disabled"]))
    if wanted.unlabelled is not None:
        terms.append(make_term("is", "=", ["unlabelled" if wanted.unlabelled else "labelled"]))
    return (*terms, *_ranges(wanted), *_entries(wanted.metadata))


def query_terms(query: str) -> tuple[Term, ...]:
    """The terms of a query.

    Raises:
        UnusableError: It is not understood.
    """
    try:
        return parse_query(query)
    except InputError as error:
        problem = FieldProblem(path="query.query", message=error.message)
        raise UnusableError(error.message, hint=error.hint, fields=[problem]) from None


def _ranges(wanted: SampleFilter) -> list[Term]:
    terms = []
    if wanted.min_length_ms is not None:
        terms.append(Term("length", ">=", (wanted.min_length_ms,)))
    if wanted.max_length_ms is not None:
        terms.append(Term("length", "<=", (wanted.max_length_ms,)))
    if wanted.created_from is not None:
        terms.append(Term("created", ">=", (_utc(wanted.created_from),)))
    if wanted.created_before is not None:
        terms.append(Term("created", "<", (_utc(wanted.created_before),)))
    return terms


def _utc(moment: datetime) -> datetime:
    if not 1 < moment.year < 9999:
        raise UnusableError(f"the year {moment.year} is out of reach; expected 2 to 9998")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _entries(texts: Sequence[str]) -> list[Term]:
    terms = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UnusableError(
                f"metadata is {text[:80]!r}; expected KEY=VALUE",
                fields=[FieldProblem(path="query.metadata", message="expected KEY=VALUE")],
            )
        terms.append(Term("metadata", "=", (value,), key=key))
    return terms


def get_row(session: Session, project_id: int, sample_id: int) -> SampleRow:
    """A sample in use.

    Raises:
        NotFoundError: The project has no such sample, or it is in the trash.
    """
    row = session.get(SampleRow, sample_id)
    if row is None or row.project_id != project_id or row.deleted_at is not None:
        raise NotFoundError(f"the project has no sample {sample_id}")
    return row


def counts(session: Session, project_id: int) -> list[LabelCount]:
    """How much there is of every label in every category."""
    statement = select(SampleCount).where(
        SampleCount.project_id == project_id, SampleCount.samples > 0
    )
    rows = session.scalars(statement.order_by(SampleCount.category, SampleCount.label)).all()
    return [
        LabelCount(**{name: getattr(row, name) for name in LabelCount.model_fields}) for row in rows
    ]


def summarise(session: Session, project_id: int) -> Summary:
    """The data of a project at a glance."""
    found = counts(session, project_id)
    used = [count for count in found if count.enabled]
    categories = _categories(used)
    return Summary(
        data_revision=session.get_one(Project, project_id).data_revision,
        samples=sum(count.samples for count in found),
        disabled=sum(count.samples for count in found if not count.enabled),
        unlabelled=sum(count.samples for count in found if not count.label),
        length_ms=sum(count.length_ms for count in found),
        size_bytes=sum(count.size_bytes for count in found),
        categories=categories,
        labels_over_time=_labels_over_time(session, project_id),
        warnings=_warnings(used, categories),
    )


def _categories(used: Sequence[LabelCount]) -> list[CategoryTotal]:
    total_ms = sum(count.length_ms for count in used)
    total = sum(count.samples for count in used)
    result = []
    for name in sorted({count.category for count in used}):
        own = [count for count in used if count.category == name]
        samples, length_ms = sum(c.samples for c in own), sum(c.length_ms for c in own)
        share = length_ms / total_ms if total_ms else samples / total
        result.append(
            CategoryTotal(category=name, samples=samples, length_ms=length_ms, share=share)
        )
    return result


def _warnings(used: Sequence[LabelCount], categories: Sequence[CategoryTotal]) -> list[str]:
    """What is wrong with how the data is split, in sentences."""
    shares = {total.category: total.share for total in categories}
    if not shares:
        return []
    warnings = []
    testing = shares.get("testing", 0.0)
    if testing < _LEAST_TESTING:
        warnings.append(f"{testing:.0%} of the data is for testing; about 20 % is usual")
    elif testing > _MOST_TESTING:
        warnings.append(f"{testing:.0%} of the data is for testing and not learnt from")
    labels: dict[str, set[str]] = {
        name: {c.label for c in used if c.category == name and c.label} for name in shares
    }
    for name, other in (("training", "testing"), ("testing", "training")):
        missing = sorted(labels.get(other, set()) - labels.get(name, set()))
        if missing and name in labels:
            shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            warnings.append(f"{name} has no sample of {shown}")
    if undecided := shares.get(""):
        warnings.append(f"{undecided:.0%} of the data is in no category")
    return warnings


def _labels_over_time(session: Session, project_id: int) -> list[LabelOverTime]:
    number = func.count()
    statement = (
        select(
            SampleLabel.label, number, func.sum(SampleLabel.count), func.sum(SampleLabel.length_ms)
        )
        .join(SampleRow, SampleRow.id == SampleLabel.sample_id)
        .where(
            SampleLabel.project_id == project_id,
            SampleRow.deleted_at.is_(None),
            SampleRow.enabled,
        )
        .group_by(SampleLabel.label)
        .order_by(number.desc(), SampleLabel.label)
        .limit(1000)
    )
    return [
        LabelOverTime(label=label, samples=samples, count=count, length_ms=length_ms)
        for label, samples, count, length_ms in session.execute(statement)
    ]
