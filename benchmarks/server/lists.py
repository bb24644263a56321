"""Pages of a list of a million samples: whole, sorted and filtered."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from sqlalchemy import insert, text

from benchmarks.server.client import Running, running, send_all
from tinsmith.store import name_blocks
from tinsmith.store.database import open_database
from tinsmith.store.tables import Base, now

REQUESTS = 40
_CHUNK = 20_000
_LABELS = ("on", "off", "noise", "unknown", "yes", "no", "up", "down")
# Name of the question, its parameters, and the milliseconds that 95 of 100 answers may take.
QUESTIONS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("newest", {}, 50),
    ("by name", {"sort": "name", "order": "asc"}, 50),
    ("by length", {"sort": "length"}, 50),
    ("label", {"label": "off"}, 100),
    ("label, oldest", {"label": "down", "order": "asc"}, 100),
    ("rare label over time", {"query": "label:click"}, 100),
    ("name contains, common", {"name": "off."}, 100),
    ("name contains, rare", {"name": "0777777"}, 100),
    ("name contains, absent", {"name": "nobody"}, 100),
    # Names that lie together, as far from the page's start as can be, and ones that lie apart.
    ("name contains, far", {"name": "on."}, 100),
    ("name contains, far, oldest", {"name": "down.", "order": "asc"}, 100),
    ("name contains, apart", {"name": "1234"}, 100),
    ("name contains, apart, by name", {"name": "1234", "sort": "name"}, 100),
    ("name contains, apart, by length", {"name": "1234", "sort": "length"}, 100),
    ("name contains, far, by name", {"name": "off.", "sort": "name"}, 100),
    ("name contains, far, by time", {"name": "on.", "sort": "created"}, 100),
    ("name contains, one letter, far", {"name": "k"}, 100),
    ("name contains, one letter, absent", {"name": "q"}, 100),
    ("name contains, with others", {"name": "on.", "metadata": "subject=7"}, 100),
    ("name contains, never together", {"name": "on.", "label": "off"}, 100),
    ("metadata, common", {"metadata": "subject=7"}, 100),
    ("metadata, rare", {"metadata": "session=4242"}, 100),
    ("category", {"category": "testing"}, 100),
    ("disabled", {"enabled": "false"}, 100),
    ("signature", {"signature": "invalid"}, 100),
    ("query", {"query": "label:on subject=7 length>1s name:on."}, 100),
)


def measure(folder: Path, port: int, samples: int) -> dict[str, Any]:
    """Milliseconds of the 95th percentile of each question."""
    result: dict[str, Any] = {"samples": samples}
    with running("ours", folder, port) as server:
        _fill(server, samples)
        for name, question, wanted in QUESTIONS:
            request = server.request("GET", f"{server.api}/samples?{urlencode(question)}")
            send_all(port, [request] * 3, 1)
            times = send_all(port, [request] * REQUESTS, 1)[1]
            p95 = 1000 * float(np.percentile(times, 95))
            median = 1000 * float(np.median(times))
            result[name] = {
                "p95_ms": round(p95, 1), "median_ms": round(median, 1), "wanted_ms": wanted,
            }  # fmt: skip
    return result


def _fill(server: Running, samples: int) -> None:
    """Rows as uploads would have made them, without the uploads."""
    database = open_database(server.facts["database"])
    tables = Base.metadata.tables
    chance = np.random.default_rng(1)
    for start in range(1, samples + 1, _CHUNK):
        numbers = range(start, min(start + _CHUNK, samples + 1))
        rows = [_row(server.facts["project"], number, chance) for number in numbers]
        metadata = [
            {"sample_id": row["id"], "project_id": row["project_id"], "name": name, "value": value}
            for row in rows
            for name, value in row["metadata"].items()
        ]
        labels = [
            {"sample_id": row["id"], "project_id": row["project_id"], "label": "click",
             "count": 1, "length_ms": 1.0}
            for row in rows
            if row["segments"]
        ]  # fmt: skip
        with database.write() as session:
            session.execute(insert(tables["samples"]), rows)
            session.execute(insert(tables["sample_metadata"]), metadata)
            if labels:
                session.execute(insert(tables["sample_labels"]), labels)
            name_blocks.extend(session, server.facts["project"])
    if not database.is_sqlite:
        # PostgreSQL does this by itself, a minute after so many rows came.
        with database.write() as session:
            session.execute(text("ANALYZE"))
    database.close()


def _row(project: int, number: int, chance: np.random.Generator) -> dict[str, Any]:
    label = _LABELS[number * len(_LABELS) // 1_000_001 % len(_LABELS)]
    frames = int(chance.integers(8000, 32000))
    return {
        "id": number,
        "project_id": project,
        "key": f"{number:016x}",
        "name": f"{label}.{number:07d}",
        "label": label,
        "category": "testing" if number % 5 == 0 else "training",
        "enabled": number % 1000 != 0,
        "content_hash": f"{number:064x}",
        "format": "wav",
        "kind": "signal",
        "frames": frames,
        "interval_ms": 0.0625,
        "length_ms": frames * 0.0625,
        "size_bytes": 2 * frames + 44,
        "sensors": [["audio", "wav"]],
        "segments": [[0, 15, "click"]] if number % 5000 == 0 else [],
        "metadata": {"subject": str(number % 20), "session": str(number // 100)},
        "signature": "invalid" if number % 3000 == 0 else "unsigned",
        "revision": 1,
        "created_at": now(),
        "updated_at": now(),
    }
