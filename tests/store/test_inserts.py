"""Rows that are inserted quickly are those that SQLAlchemy would have inserted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from tinsmith.store.database import migrate, open_database
from tinsmith.store.inserts import insert_rows, json_text
from tinsmith.store.tables import Base, Project, now

ROWS = Base.metadata.tables["samples"]
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def _row(number: int) -> dict[str, Any]:
    moment = now()
    return {
        "id": number, "project_id": 1, "key": str(number), "name": "ön", "label": "",
        "enabled": True, "category": "", "content_hash": "0" * 64, "format": "wav",
        "kind": "signal", "frames": 2**40, "interval_ms": 0.1, "length_ms": 1.5,
        "width": 0, "height": 0, "size_bytes": 1,
        "sensors": [["x", "g"]], "warnings": [], "options": {}, "span": None,
        "whole": {"frames": 3, "segments": []}, "segments": [[0, 1, "é"]], "boxes": [],
        "metadata": {"a": "b"}, "signature": "unsigned", "device_id": None, "parent_id": None,
        "created_by": None, "revision": 1, "created_at": moment, "updated_at": moment,
    }  # fmt: skip


def test_every_kind_of_column_is_kept_as_sqlalchemy_keeps_it(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'tinsmith.sqlite'}")
    migrate(database)
    row = _row(1)
    with database.write() as session:
        session.add(Project(name="p"))
        session.flush()
        session.execute(insert(ROWS), [row])
        others = [row | {"id": number, "key": str(number)} for number in (2, 3)]
        insert_rows(session.connection(), ROWS, others)
    with database.read() as session:
        kept = [
            dict(found) for found in session.execute(select(ROWS).order_by(ROWS.c.id)).mappings()
        ]
        raw = session.connection().exec_driver_sql("SELECT * FROM samples ORDER BY id")
        plain = [dict(found) for found in raw.mappings()]
    database.close()
    for found in (kept, plain):
        for other in found[1:]:
            assert other | {"id": 1, "key": "1"} == found[0]
    assert [found["id"] for found in kept] == [1, 2, 3]


@given(DOCUMENTS)
def test_documents_are_written_as_json(value: Any) -> None:
    assert json.loads(json_text(value)) == value
