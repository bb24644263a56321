"""The demonstration by plain HTTP: recordings to verified firmware on a running server.

    TINSMITH_URL=… TINSMITH_API_KEY=… python examples/http_demo.py

Every request is spelled out, so that it can be done from any language.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from typing import Any

import httpx
import watch


def main() -> int:
    wanted = watch.options("The demonstration by plain HTTP.")
    started = time.monotonic()
    headers = {"x-api-key": os.environ["TINSMITH_API_KEY"]}
    url = os.environ["TINSMITH_URL"] + "/api/v1"
    with httpx.Client(base_url=url, headers=headers, timeout=120) as http:
        # A project, and one request a recording: the body is the file, headers say the rest.
        project = f"/projects/{call(http, 'POST', '/projects', json={'name': wanted.name})['id']}"
        recordings = watch.recordings(wanted.people)
        for item in recordings:
            known = {
                "x-file-name": item.file_name,
                "x-label": item.label,
                "x-category": item.category,
                "x-metadata": json.dumps(item.metadata),
            }
            call(http, "POST", f"{project}/samples/file", content=item.data, headers=known)

        # The impulse, and a job for each long task.
        body = {"design": watch.design(wanted.epochs)}
        impulse = call(http, "POST", f"{project}/impulses", json=body)
        this = {"impulse_id": impulse["id"]}
        run(http, project, call(http, "POST", f"{project}/jobs/train", json=this))
        run(http, project, call(http, "POST", f"{project}/jobs/test", json=this))
        results = call(http, "GET", f"{project}/test-results")

        # The package, built and verified there, and its bytes.
        order = {**this, "target": "cortex-m4f", "variant": "int8"}
        built = run(http, project, call(http, "POST", f"{project}/deployments", json=order))
        deployment = f"{project}/deployments/{built['result']['deployment_id']}"
        report = call(http, "GET", deployment)["report"]
        package = http.get(f"{deployment}/download")
        package.raise_for_status()
    path = wanted.out / f"{wanted.name}.zip"
    path.write_bytes(package.content)

    found = {
        "recordings": len(recordings),
        "accuracy": {
            item["variant"]: item["metrics"]["classification"]["accuracy"]
            for item in (results["items"] if isinstance(results, dict) else results)
        },
        "bit_identical": report["features_bit_identical"] and report["values_bit_identical"],
        "instructions": report["instructions"],
        "sha256": hashlib.sha256(package.content).hexdigest(),
        "package": str(path),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(found, indent=1))
    return 0


def call(http: httpx.Client, method: str, path: str, **request: Any) -> Any:
    """The answer's JSON; a refusal ends the program with what the server says of it."""
    answer = http.request(method, path, **request)
    if answer.status_code >= 400:
        error = answer.json()["error"]
        sys.exit(f"{answer.status_code} {error['code']}: {error['message']} ({error['hint']})")
    return answer.json()


def run(http: httpx.Client, project: str, job: dict[str, Any]) -> dict[str, Any]:
    """Follows a job by its server-sent events until it has ended."""
    with http.stream("GET", f"{project}/jobs/{job['id']}/stream") as events:
        for line in events.iter_lines():
            event = json.loads(line[5:] or "{}") if line.startswith("data:") else {}
            if event.get("kind") == "log":
                print(f"  {event['data']['text']}", file=sys.stderr)
    ended: dict[str, Any] = call(http, "GET", f"{project}/jobs/{job['id']}")
    if ended["state"] != "succeeded":
        sys.exit(f"the job {ended['kind']} is {ended['state']}: {ended['error']}")
    return ended


if __name__ == "__main__":
    sys.exit(main())
