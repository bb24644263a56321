"""The words samples are looked for with: `label:on subject=7 length>1s name:foo -is:disabled`.

A query is a list of terms, all of which must hold; a minus before a term turns it around. A term is
`FIELD OPERATOR VALUE`, or a word alone, which is looked for in names. Values with spaces stand in
double quotes, `\\"` and `\\\\` within; several values with commas between them are alternatives.

    name:foo         the name contains foo (any case); name=foo: it is foo
    label:on,off     the label, a label over time or of a box is on or off
    category:testing training, testing, validation or "" (undecided)
    device:kitchen   the device's name, identifier or number
    signature:valid  valid, invalid, unsigned or unchecked
    is:unlabelled    labelled, unlabelled, enabled, disabled, signal, image
    length>=1.5s     with ms, s, min or h; = is to the millisecond
    created>2026-01-31   or a moment such as 2026-01-31T12:00Z; = is that day
    id:17            numbers of samples; also with <, >
    subject=7        every other name is metadata; meta.NAME where a field has that name
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tinsmith.core.errors import InputError
from tinsmith.datasets.sample import CATEGORIES

Field = Literal[
    "name", "label", "category", "device", "signature", "is", "length", "created", "id", "metadata"
]
Operator = Literal["=", "contains", "<", "<=", ">", ">="]
Value = str | float | int | datetime

MAX_TERMS = 20
MAX_VALUES = 50
STATES = ("labelled", "unlabelled", "enabled", "disabled", "signal", "image")
SIGNATURES = ("valid", "invalid", "unsigned", "unchecked")
_META = "meta."
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(
    rf"""(?P<minus>-)?
         (?:(?P<field>[^\s"=:<>!,]+|{_QUOTED})\s*(?P<operator>!=|<=|>=|[=:<>]))?
         (?P<values>(?:{_QUOTED}|[^\s",]+)(?:,(?:{_QUOTED}|[^\s",]+))*)
         (?=\s|$)""",
    re.VERBOSE,
)
_VALUE = re.compile(rf'{_QUOTED}|[^\s",]+')
_LENGTH = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|min|h)", re.ASCII)
_MS = {"ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0}
_LARGEST = 2**63


@dataclass(frozen=True)
class Term:
    """One condition.

    Args:
        field: What is looked at.
        operator: How it is compared.
        values: With what; any of them will do.
        key: Name of the metadata entry.
        negated: Whether the condition must not hold.
    """

    field: Field
    operator: Operator
    values: tuple[Value, ...]
    key: str = ""
    negated: bool = False


def parse_query(text: str) -> tuple[Term, ...]:
    """The terms of a query; none finds everything.

    Raises:
        InputError: It is not understood; says where and what was expected.
    """
    terms = []
    position = 0
    while rest := text[position:].lstrip():
        position = len(text) - len(rest)
        found = _TERM.match(text, position)
        if found is None:
            raise InputError(
                f"the query is not understood from {rest[:40]!r} on",
                hint='expected FIELD:VALUE, FIELD=VALUE or a word; write "two words" in quotes',
            )
        terms.append(_term(found))
        position = found.end()
    if len(terms) > MAX_TERMS:
        raise InputError(f"the query has {len(terms)} terms; expected at most {MAX_TERMS}")
    return tuple(terms)


def make_term(field: str, sign: str, texts: Sequence[str], *, negated: bool = False) -> Term:
    """A term from its parts, `sign` being one of `: = != < <= > >=`.

    Raises:
        InputError: The field cannot be compared like that, or a value is none of its values.
    """
    if len(texts) > MAX_VALUES:
        raise InputError(f"{len(texts)} values of {field}; expected at most {MAX_VALUES}")
    if sign == "!=":
        return make_term(field, "=", texts, negated=not negated)
    if field in ("length", "created", "id"):
        return _compared(field, sign, texts, negated)
    if sign in ("<", "<=", ">", ">="):
        raise InputError(
            f"{field} cannot be compared with {sign}", hint="only length, created and id can"
        )
    if field in ("category", "signature", "is"):
        allowed = {"category": CATEGORIES, "signature": SIGNATURES, "is": STATES}[field]
        for text in texts:
            _require(text in allowed, field, text, ", ".join(word or '""' for word in allowed))
        return Term(field, "=", tuple(texts), negated=negated)  # type: ignore[arg-type]
    if field == "name":
        operator: Operator = "contains" if sign == ":" else "="
        return Term("name", operator, tuple(texts), negated=negated)
    if field in ("label", "device"):
        return Term(field, "=", tuple(texts), negated=negated)  # type: ignore[arg-type]
    key = field.removeprefix(_META)
    return Term("metadata", "=", tuple(texts), key=key, negated=negated)


def _term(found: re.Match[str]) -> Term:
    texts = [_plain(item) for item in _VALUE.findall(found["values"])]
    negated = found["minus"] is not None
    if found["operator"] is None:
        if found["values"][-1] in "=:<>":
            raise InputError(f"{found['values'][:80]!r} lacks a value", hint='write "" for none')
        return make_term("name", ":", texts, negated=negated)
    return make_term(_plain(found["field"]), found["operator"], texts, negated=negated)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text[0] == '"' else text


def _compared(field: str, sign: str, texts: Sequence[str], negated: bool) -> Term:
    operator: Operator = "=" if sign in (":", "=") else sign  # type: ignore[assignment]
    read = {"length": _length_ms, "created": _moment, "id": _number}[field]
    values = tuple(read(text) for text in texts)
    if operator != "=" and len(values) != 1:
        raise InputError(f"{field}{sign} takes one value", hint="use two terms")
    if field == "created" and operator in (">", "<=") and len(texts[0]) == len("2026-01-31"):
        # After a day means after its end.
        values = (values[0] + timedelta(days=1),)  # type: ignore[operator]
        operator = ">=" if operator == ">" else "<"
    return Term(field, operator, values, negated=negated)  # type: ignore[arg-type]


def _length_ms(text: str) -> float:
    found = _LENGTH.fullmatch(text)
    value = float(found[1]) * _MS[found[2]] if found else math.nan
    _require(math.isfinite(value), "length", text, "a number with ms, s, min or h, such as 1.5s")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        # Room for a day more, whatever the zone.
        is_usable = 1 < moment.year < 9999
    except ValueError:
        is_usable, moment = False, datetime.now(UTC)
    _require(is_usable, "created", text, "a date such as 2026-01-31, or 2026-01-31T12:00Z")
    return moment


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 20 and int(text) < _LARGEST
    _require(is_number, "id", text, "the number of a sample")
    return int(text)


def _require(is_right: bool, field: str, seen: str, expected: str) -> None:
    if not is_right:
        raise InputError(f"{field} is {seen[:80]!r}; expected {expected}")
