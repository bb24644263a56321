"""`tinsmith admin collect` on a server's folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

from typer.testing import CliRunner

from tinsmith.cli.app import app
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import migrate, open_database


def test_old_contents_that_nothing_mentions_are_removed(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'tinsmith.sqlite'}")
    migrate(database)
    database.close()
    blobs = open_blobs(str(tmp_path / "blobs"))
    old, fresh = blobs.put(b"old"), blobs.put(b"fresh")
    os.utime(blobs.path(old.hash), (0, 0))
    run = CliRunner().invoke(app, ["admin", "collect", "--data", str(tmp_path), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout) == {"kept": 1, "removed": 1, "bytes": 3}
    assert list(blobs.hashes()) == [fresh.hash]
    again = CliRunner().invoke(app, ["admin", "collect", "--data", str(tmp_path)])
    assert "Removed 0 contents" in again.output


def test_a_folder_without_a_server_is_left_alone(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["admin", "collect", "--data", str(tmp_path)])
    assert run.exit_code != 0
    assert not list(tmp_path.iterdir())
