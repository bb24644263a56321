"""Many rows at once, without SQLAlchemy's work for each of their values.

SQLite stores a row in a third of the time that SQLAlchemy takes to hand it over. So its statement
is made once for each set of columns, and only those values are converted that are kept as text.
PostgreSQL, which answers over a network, is handed rows as usual.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, insert
from sqlalchemy.dialects import sqlite

# `json.dumps` asks for each of its options first.
_ENCODE = json.JSONEncoder().encode
_Conversion = Callable[[Any], Any] | None


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows, all of the same columns, at least one."""
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    text, plan = _plan(table, tuple(rows[0]))
    columns = [_converted([row[name] for row in rows], convert) for name, convert in plan]
    connection.exec_driver_sql(text, list(zip(*columns, strict=True)))


def json_text(value: Any) -> str:
    """A document as databases are told; most are empty, and nothing is as quick to write."""
    if not value and isinstance(value, dict | list | tuple):
        return "{}" if isinstance(value, dict) else "[]"
    return _ENCODE(value)


_SQLITE = sqlite.dialect(json_serializer=json_text)


@lru_cache
def _plan(table: Table, names: tuple[str, ...]) -> tuple[str, list[tuple[str, _Conversion]]]:
    """The statement, and for each of its places the column and how its values are converted."""
    columns = [column for column in table.columns if column.name in names]
    statement = insert(table).compile(dialect=_SQLITE, column_keys=[c.name for c in columns])
    return str(statement), [(c.name, _conversion(c)) for c in columns]


def _converted(values: list[Any], convert: _Conversion) -> list[Any]:
    """The values of a column as SQLite keeps them; None is none of any kind."""
    if convert is None:
        return values
    found: list[Any] = []
    last = text = None
    for value in values:
        # One and the same in all rows: the moment they are stored, and much that is absent.
        if value is not last:
            last, text = value, convert(value)
        found.append(text)
    return found


def _conversion(column: Column[Any]) -> _Conversion:
    if isinstance(column.type, JSON) and column.type.none_as_null:
        return _document  # SQLAlchemy asks several questions of each value first
    return column.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)


def _document(value: Any) -> str | None:
    return None if value is None else json_text(value)
