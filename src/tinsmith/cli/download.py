"""`tinsmith download`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import note, print_json, progress_bars
from tinsmith.cli.remote import Remote, ServerProjectOption, opened, run
from tinsmith.core.errors import InputError

if TYPE_CHECKING:
    from tinsmith.client import Downloaded
    from tinsmith.core.progress import Progress


class What(StrEnum):
    """What of a project is downloaded."""

    deployment = "deployment"
    data = "data"
    project = "project"


def download(
    project: ServerProjectOption,
    what: Annotated[
        What,
        typer.Argument(
            help="A deployment's package, all samples with what is known of them, or the "
            "project as a folder."
        ),
    ] = What.deployment,
    number: Annotated[
        int | None,
        typer.Option(
            min=1, help="The deployment's or version's number [the newest; as it is now]."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write, or a folder for it.")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Download from a project of the server; the content is checked by its hash.

    A project comes as a zip of its folder of plain files, which the other commands work on.
    """
    with opened(project) as remote:
        if what is What.deployment:
            found_id = _deployment(remote, number)
            with progress_bars(quiet=as_json) as progress:
                done = remote.project.deployments.download(found_id, out, progress=progress)
        elif what is What.data:
            job = run(remote, remote.project.data_sets.pack(), wait=True, quiet=as_json)
            with progress_bars(quiet=as_json) as progress:
                done = remote.project.data_sets.download(job.id, out, progress=progress)
        else:
            job = remote.project.exports.build(version=number)
            export_id = (run(remote, job, wait=True, quiet=as_json).result or {})["export_id"]
            with progress_bars(quiet=as_json) as progress:
                done = _export(remote, export_id, out, progress)
    if as_json:
        print_json({"path": str(done.path), "sha256": done.sha256, "size": done.size})
        return
    note(f"Downloaded {done.path} ({done.size:,} bytes)")


def _deployment(remote: Remote, number: int | None) -> int:
    for item in remote.project.deployments.list():
        if number in (None, item.number):
            return item.id
    wanted = "" if number is None else f" {number}"
    raise InputError(
        f"{remote.name} has no deployment{wanted}",
        hint=f"`tinsmith deploy -p {remote.name}` makes one",
    )


def _export(remote: Remote, export_id: int, out: Path, progress: Progress) -> Downloaded:
    return remote.project.exports.download(export_id, out, progress=progress)
