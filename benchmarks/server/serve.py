"""One server in a process of its own: ours, or an endpoint that only writes bytes to the disk.

python -m benchmarks.server.serve {ours,bare} FOLDER PORT, told to stop by the end of its input.
TINSMITH_DATABASE_URL names an empty PostgreSQL database to use instead of SQLite.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

from tinsmith.cli.transport import Transport

PROJECTS = 20


def bare(folder: Path) -> FastAPI:
    """The least an upload can be: the bytes arrive and lie in a file."""
    folder.mkdir(parents=True)
    numbers = itertools.count()
    app = FastAPI()

    @app.post("/file", status_code=201)
    async def upload(request: Request) -> dict[str, int]:
        data = await request.body()
        (folder / str(next(numbers))).write_bytes(data)
        return {"size": len(data)}

    return app


def ours(folder: Path, port: int) -> tuple[FastAPI, Any]:
    """The server as `tinsmith up` runs it, with projects and a key to each."""
    from tinsmith.server.app import create_app
    from tinsmith.server.secrets_ import hash_secret, new_api_key
    from tinsmith.server.settings import Settings
    from tinsmith.server.settle import settle
    from tinsmith.server.start import opened
    from tinsmith.store.tables import ApiKey, Project

    # Closed with the process.
    url = os.environ.get("TINSMITH_DATABASE_URL", "")
    context = opened(Settings(folder, database_url=url, port=port)).__enter__().context
    projects = []
    with context.database.write() as session:
        for _ in range(PROJECTS):
            key = new_api_key()
            project = Project(name="Benchmark")
            session.add(project)
            session.flush()
            session.add(
                ApiKey(
                    project_id=project.id, name="benchmark", scope="admin", prefix=key[:10],
                    secret_hash=hash_secret(key),
                )
            )  # fmt: skip
            projects.append({"key": key, "project": project.id})
    facts = {**projects[0], "projects": projects, "database": context.database.url}
    app = create_app(context)
    settle()
    return app, facts


def main() -> None:
    kind, folder, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    facts: Any = {}
    if kind == "bare":
        app = bare(folder)
    else:
        app, facts = ours(folder, port)
    http: Any = "auto" if kind == "bare" else Transport
    config = uvicorn.Config(app, host="127.0.0.1", port=port, http=http, log_level="warning")
    server = uvicorn.Server(config)

    def stop_with_input() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_with_input, daemon=True).start()
    print(json.dumps(facts), flush=True)
    server.run()


if __name__ == "__main__":
    main()
