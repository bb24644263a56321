"""The demonstration through `tinsmith.Client`: recordings to verified firmware on a server.

    TINSMITH_URL=… TINSMITH_API_KEY=… python examples/client_demo.py

With `tinsmith.AsyncClient` it is the same, with `await` and `async for`.
"""

from __future__ import annotations

import json
import sys
import time

import watch

from tinsmith import Client
from tinsmith.client import SampleFile


def main() -> int:
    wanted = watch.options("The demonstration through the client.")
    started = time.monotonic()
    with Client() as client:
        project = client.project(client.projects.create(wanted.name).id)
        uploaded = project.samples.upload(
            SampleFile(item.file_name, item.data, item.label, item.category, item.metadata)
            for item in watch.recordings(wanted.people)
        )
        impulse = project.impulses.create(watch.design(wanted.epochs))
        project.jobs.wait(project.jobs.train(impulse.id).id)
        project.jobs.wait(project.jobs.test(impulse.id).id)
        results = list(project.test_results.list())

        built = project.jobs.wait(project.deployments.build(impulse.id, target="cortex-m4f").id)
        deployment = project.deployments.get((built.result or {})["deployment_id"])
        package = project.deployments.download(deployment.id, wanted.out / f"{wanted.name}.zip")

    report = deployment.report
    found = {
        "recordings": uploaded.added,
        "accuracy": {item.variant: item.metrics["classification"]["accuracy"] for item in results},
        "bit_identical": report["features_bit_identical"] and report["values_bit_identical"],
        "instructions": report["instructions"],
        "sha256": package.sha256,
        "package": str(package.path),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
