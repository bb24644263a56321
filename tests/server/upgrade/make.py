"""Makes `first.sql` and `first.json`: a data folder as the first server left it.

It runs on the first commit of the server, not on today's code:

    git worktree add --detach FOLDER 617c55c
    PYTHONPATH=FOLDER/src python tests/server/upgrade/make.py

`first.sql` is the dump of its database (revision 0001), `first.json` its blobs by hash, in base64.
The recordings are computed from seeds. The C core, four fifths of all bytes, is left out of the
package.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from tinsmith.server.app import create_app
from tinsmith.server.settings import Settings
from tinsmith.server.start import opened

HERE = Path(__file__).parent
API = "/api/v1"
DESIGN = {
    "name": "Tones",
    "input": {"type": "time-series", "window_ms": 400, "stride_ms": 400, "interval_ms": 10},
    "processing": [{"id": "statistics", "type": "flatten"}],
    "learning": [
        {
            "id": "network",
            "type": "classification",
            "network": [{"type": "dense", "units": 4}],
            "training": {"epochs": 2, "threads": 1},
        }
    ],
}


def tone(label: str, number: int) -> bytes:
    """A recording of 400 ms at 100 Hz as a CSV file: quiet or loud."""
    chance = np.random.default_rng([number, len(label)])
    values = chance.normal(size=40) * (10 if label == "loud" else 1)
    rows = [f"{10 * index},{value:.2f}" for index, value in enumerate(values)]
    return "\n".join(["timestamp,level", *rows, ""]).encode()


def finish(client: TestClient, project: str, url: str, body: dict[str, Any]) -> None:
    """Runs a job to its end."""
    job = client.post(f"{project}/{url}", json=body).raise_for_status().json()
    client.get(f"{project}/jobs/{job['id']}/stream").raise_for_status()
    done = client.get(f"{project}/jobs/{job['id']}").json()
    if done["state"] != "succeeded":
        raise SystemExit(f"{url}: {done}")


def fill(client: TestClient) -> str:
    """A project with all that the first server knew; the key of its device."""
    number = client.post(f"{API}/projects", json={"name": "Tones"}).raise_for_status().json()["id"]
    project = f"{API}/projects/{number}"
    for category, count in (("training", 8), ("testing", 2)):
        files = [
            ("files", (f"{label}.{category}{index}.csv", tone(label, index + 100 * (count == 2))))
            for label in ("quiet", "loud")
            for index in range(count)
        ]
        form = {"category": category, "metadata": '{"site": "yard"}'}
        client.post(f"{project}/samples", files=files, data=form).raise_for_status()
    key = client.post(f"{project}/api-keys", json={"name": "board"}).raise_for_status().json()
    impulse = client.post(f"{project}/impulses", json={"design": DESIGN}).raise_for_status().json()
    which = {"impulse_id": impulse["id"]}
    finish(client, project, "jobs/train", which)
    finish(client, project, "jobs/test", which)
    finish(client, project, "deployments", {**which, "target": "host"})
    secret: str = key["secret"]
    return secret


def without_core(package: bytes) -> bytes:
    """A package without the sources and headers of the C core."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(kept, "w") as new:
        for item in old.infolist():
            if item.filename.partition("/")[0] not in ("src", "include", "sbom.cdx.json"):
                new.writestr(item, old.read(item))
    return kept.getvalue()


def thin(database: sqlite3.Connection, blobs: dict[str, bytes]) -> None:
    """Replaces the package by a smaller one."""
    (old,) = database.execute("SELECT blob_hash FROM deployments").fetchone()
    package = without_core(blobs.pop(old))
    new = hashlib.sha256(package).hexdigest()
    blobs[new] = package
    database.execute("UPDATE deployments SET blob_hash = ?, size_bytes = ?", (new, len(package)))
    database.commit()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        with opened(Settings(data)) as server, TestClient(create_app(server.context)) as client:
            client.post(f"{API}/sessions/link", json={"token": server.link}).raise_for_status()
            key = fill(client)
        files = sorted(path for path in (data / "blobs").rglob("*") if path.is_file())
        blobs = {path.name: path.read_bytes() for path in files}
        with closing(sqlite3.connect(data / "tinsmith.sqlite")) as database:
            thin(database, blobs)
            dump = "".join(
                f"{line.rstrip()}\n" for line in "\n".join(database.iterdump()).split("\n")
            )
    texts = {name: base64.b64encode(content).decode() for name, content in blobs.items()}
    (HERE / "first.sql").write_text(dump, encoding="utf-8")
    kept = {"api_key": key, "blobs": texts}
    (HERE / "first.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
