"""A backup of a whole server fills an empty database of either kind, and that server goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tinsmith.store.backup import restore, save
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import Database, open_database
from tinsmith.store.tables import Base

API = "/api/v1"
LEFT_OUT = {"sessions", "login_links", "login_failures"}


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
            if table.name not in LEFT_OUT
        }


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_server_moves_with_all_it_has(
    stocked: Any, open_server: Callable[..., Any], empty_url: str, tmp_path: Path
) -> None:
    old = stocked.context
    saved = save(old.database, old.blobs, tmp_path / "backup.zip")
    assert saved.rows > 50
    folder = tmp_path / "new"
    folder.mkdir()
    database = open_database(empty_url)
    blobs = open_blobs(str(folder / "blobs"), folder / "cache")
    assert restore(tmp_path / "backup.zip", database, blobs) == saved
    assert rows(database) == rows(old.database)
    database.close()
    server = open_server(data=folder, database_url=empty_url)
    project = f"{API}/projects/1"
    for path in ("/samples", "/impulses", "/models", "/deployments"):
        mine, theirs = (item.client.get(project + path).json() for item in (server, stocked))
        assert mine == theirs
        assert mine["items"]
    made = server.client.post(f"{API}/projects", json={"name": "The next one"})
    assert made.status_code == 201
