"""train, test, profile and deploy on a project of a server: a job each, shown as it is here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, cast

from tinsmith.cli.output import console, note, print_json, progress_bars, table, warn
from tinsmith.cli.remote import Remote, opened, run

if TYPE_CHECKING:
    from tinsmith.client.types import Job

Variant = Literal["float32", "int8"]
Memory = Literal["balanced", "smallest"]


@dataclass(frozen=True)
class Wanted:
    """What is built, of which impulse."""

    impulse: str | None
    target: str
    variant: str
    memory: str

    def options(self) -> dict[str, Any]:
        """As the client takes them."""
        return {"target": self.target, "variant": self.variant, "memory": self.memory}


def train_there(project: Path, impulse: str | None, *, wait: bool, as_json: bool) -> None:
    """Trains on the server and shows what came of it."""
    with opened(project) as remote:
        chosen = remote.impulse(impulse)
        job = run(remote, remote.project.jobs.train(chosen.id), wait=wait, quiet=as_json)
        if job.state != "succeeded":
            _started(job, as_json=as_json)
            return
        model = remote.project.models.get(_result(job)["model_id"])
    if as_json:
        print_json(
            {
                "job": job.id,
                "model": model.id,
                "classes": model.classes,
                "parameters": model.metrics.get("parameters", 0),
                "history": model.history,
                "warnings": model.warnings,
            }
        )
        return
    for text in model.warnings:
        warn(text)
    shown = table("Trained", "what", "<value")
    shown.add_row("impulse", f"{chosen.name} (number {chosen.id})")
    shown.add_row("model", str(model.id))
    shown.add_row("classes", ", ".join(model.classes))
    shown.add_row("parameters", f"{model.metrics.get('parameters', 0):,}")
    if (metric := model.metrics.get("validation_metric")) is not None:
        shown.add_row("validation", f"{metric:.3f}")
    console().print(shown)
    note(f"Next: tinsmith test -p {remote.name}")


def test_there(project: Path, impulse: str | None, *, wait: bool, as_json: bool) -> None:
    """Tests on the server and shows what came of it."""
    from tinsmith.cli.test import Tested, print_results

    with opened(project) as remote:
        job = remote.project.jobs.test(remote.impulse(impulse).id)
        job = run(remote, job, wait=wait, quiet=as_json)
        if job.state != "succeeded":
            _started(job, as_json=as_json)
            return
        numbers = _result(job)["test_result_ids"]
        results = [remote.project.test_results.get(number) for number in numbers]
    if as_json:
        print_json({item.variant: item.metrics for item in results})
        return
    print_results([_tested(Tested, item.variant, item.metrics) for item in results])
    note(f"Next: tinsmith deploy -p {remote.name}")


def profile_there(project: Path, wanted: Wanted, *, wait: bool, as_json: bool) -> None:
    """Measures on the server and shows what came of it."""
    from tinsmith.cli.profile import print_profile

    with opened(project) as remote:
        chosen = remote.impulse(wanted.impulse)
        job = remote.project.jobs.profile(chosen.id, **wanted.options())
        job = run(remote, job, wait=wait, quiet=as_json)
        if job.state != "succeeded":
            _started(job, as_json=as_json)
            return
        found = remote.project.profiles.get(_result(job)["profile_id"])
    if as_json:
        print_json(found.document)
        return
    print_profile(_named(found.document))


def deploy_there(
    project: Path, wanted: Wanted, form: str, out: Path, *, wait: bool, as_json: bool
) -> None:
    """Builds, verifies and packages on the server and fetches the package."""
    with opened(project) as remote:
        chosen = remote.impulse(wanted.impulse)
        job = remote.project.deployments.build(chosen.id, form=form, **wanted.options())
        job = run(remote, job, wait=wait, quiet=as_json)
        if job.state != "succeeded":
            _started(job, as_json=as_json)
            return
        _fetch(remote, _result(job)["deployment_id"], out, as_json=as_json)


def _fetch(remote: Remote, deployment_id: int, out: Path, *, as_json: bool) -> None:
    from tinsmith.cli.deploy import print_report
    from tinsmith.deployment.report import VerificationReport

    made = remote.project.deployments.get(deployment_id)
    with progress_bars(quiet=as_json) as progress:
        done = remote.project.deployments.download(made.id, out, progress=progress)
    if as_json:
        print_json(
            {
                "path": str(done.path),
                "sha256": done.sha256,
                "number": made.number,
                "verification": made.report,
            }
        )
        return
    print_report(VerificationReport.model_validate(made.report))
    note(f"Verified, packaged and downloaded: {done.path} (deployment {made.number})")


def _started(job: Job, *, as_json: bool) -> None:
    if as_json:
        print_json({"job": job.id, "state": job.state})


def _result(job: Job) -> dict[str, Any]:
    return job.result or {}


def _tested(kind: Any, variant: str, metrics: dict[str, Any]) -> Any:
    """Stored metrics under the names that those of a test have that ran here."""
    named = _named(metrics)
    parts = (named.classification, named.regression, named.anomaly)
    counts = [getattr(part, "count", 0) for part in parts if part is not None]
    return cast("Any", kind(variant, max(counts, default=0), *parts))


def _named(document: dict[str, Any]) -> Any:
    """A document whose entries are attributes."""
    return json.loads(json.dumps(document), object_hook=lambda items: SimpleNamespace(**items))
