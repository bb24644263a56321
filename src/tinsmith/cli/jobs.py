"""`tinsmith jobs`, `tinsmith logs` and `tinsmith cancel`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import console, note, print_json, table
from tinsmith.cli.remote import ServerProjectOption, opened

if TYPE_CHECKING:
    from tinsmith.client.types import Job, JobEvent

JobArgument = Annotated[int, typer.Argument(min=1, help="The job's number.")]


def jobs(
    project: ServerProjectOption,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List a project's jobs on the server, newest first."""
    with opened(project) as remote:
        found = [job for job, _ in zip(remote.project.jobs.list(), range(limit), strict=False)]
    if as_json:
        print_json([plain(job) for job in found])
        return
    shown = table("Jobs", "job", "<kind", "<state", "<started", "seconds", "<stage")
    for job in found:
        took = (job.ended_at - job.started_at).total_seconds() if _ran(job) else None  # type: ignore[operator]
        shown.add_row(
            str(job.id),
            job.kind,
            job.state,
            f"{job.started_at:%Y-%m-%d %H:%M:%S}" if job.started_at else "",
            "" if took is None else f"{took:.1f}",
            str(job.progress.get("stage") or ""),
        )
    console().print(shown)


def logs(
    job: JobArgument,
    project: ServerProjectOption,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a job says; with --json one event a line.

    A connection that breaks is made anew and goes on where it broke off.
    """
    with opened(project) as remote:
        if follow:
            for event in remote.project.jobs.follow(job):
                _print(event, as_json)
            return
        after = 0
        while events := remote.project.jobs.events(job, after=after):
            for event in events:
                _print(event, as_json)
            after = events[-1].number


def cancel(job: JobArgument, project: ServerProjectOption, as_json: JsonOption = False) -> None:
    """Stop a job; one that runs is stopped within moments, and leaves nothing half-done."""
    with opened(project) as remote:
        remote.project.jobs.cancel(job)
        found = remote.project.jobs.wait(job, check=False)
    if as_json:
        print_json(plain(found))
        return
    note(f"Job {found.id} is {found.state}.")


def plain(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "result": job.result,
        "error": {"code": job.error.code, "message": job.error.message} if job.error else None,
    }


def _ran(job: Job) -> bool:
    return job.started_at is not None and job.ended_at is not None


def _print(event: JobEvent, as_json: bool) -> None:
    if as_json:
        line = {"number": event.number, "at": event.at.isoformat(), "kind": event.kind}
        sys.stdout.write(json.dumps({**line, "data": event.data}) + "\n")
    elif text := _text(event):
        sys.stdout.write(f"{event.at:%H:%M:%S}  {text}\n")
    sys.stdout.flush()


def _text(event: JobEvent) -> str:
    """A line for what a person wants to see; "" for the rest."""
    data = event.data
    match event.kind:
        case "log":
            return str(data.get("text", ""))
        case "state":
            return f"[{data.get('state')}]"
        case "metric":
            values = ", ".join(f"{name} {value:.4g}" for name, value in data["values"].items())
            return f"{data.get('name')}: {values}"
        case _:
            return ""
