"""Commands on a project of a server: `-p NAME@server` or `-p NUMBER@server`.

The rule is one: a project that ends in `@server` is one of the server that `tinsmith login` signed
in to; anything else is a folder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.output import note, progress_bars
from tinsmith.core.errors import InputError

if TYPE_CHECKING:
    from tinsmith.client import Client, ProjectClient
    from tinsmith.client.driving import Blocking
    from tinsmith.client.types import Impulse, Job, JobEvent

_MARK = "@server"

ServerProjectOption = Annotated[
    str,
    typer.Option("--project", "-p", help="NAME@server or NUMBER@server.", show_default=False),
]
ImpulseOption = Annotated[
    str | None,
    typer.Option(
        "--impulse",
        help="On a server: name or number of the impulse [the default one].",
        show_default=False,
    ),
]
WaitOption = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait", help="On a server: stay until the job has ended, or only start it."
    ),
]


@dataclass(frozen=True)
class Remote:
    """A project of the server.

    Args:
        client: The server.
        project: What is in the project.
        name: As the user named it, for messages.
    """

    client: Client
    project: ProjectClient[Blocking]
    name: str

    def impulse(self, wanted: str | None) -> Impulse:
        """An impulse by name or number; the default one if None.

        Raises:
            InputError: There is none.
        """
        impulses = list(self.project.impulses.list())
        for item in impulses:
            named = item.is_default if wanted is None else wanted in (item.name, str(item.id))
            if named:
                return item
        what = "default impulse" if wanted is None else f"impulse {wanted!r}"
        known = ", ".join(f"{item.id} {item.name!r}" for item in impulses) or "none"
        raise InputError(
            f"{self.name} has no {what}; there are: {known}",
            hint=f"`tinsmith design -p {self.name} --from impulse.toml` adds one",
        )


def is_on_server(project: str | Path) -> bool:
    """Whether a project is one of the server."""
    return str(project).endswith(_MARK)


def name_of(project: str | Path) -> str:
    """Name or number of a server's project, without the mark.

    Raises:
        InputError: There is none.
    """
    text = str(project)
    name = text.removesuffix(_MARK)
    if not name or not is_on_server(text):
        raise InputError(
            f"{text!r} is no project of a server",
            hint="expected for example -p watch@server or -p 12@server; "
            "`tinsmith projects` lists them",
        )
    return name


def on_folder(impulse: str | None) -> None:
    """Refuses options that only a server has.

    Raises:
        InputError: There is one.
    """
    if impulse is not None:
        raise InputError(
            "--impulse chooses among the impulses of a server's project; a folder has one",
            hint="leave it out, or name the project as NAME@server",
        )


@contextlib.contextmanager
def opened(project: str | Path) -> Iterator[Remote]:
    """The project of the server that a user means.

    Raises:
        InputError: It is none, or nobody is logged in.
    """
    from tinsmith.client import Client

    name = name_of(project)
    with Client() as client:
        number = int(name) if name.isdecimal() else client.projects.find(name).id
        yield Remote(client, client.project(number), str(project))


def run(remote: Remote, job: Job, *, wait: bool, quiet: bool) -> Job:
    """Follows a job that was started to its end; its log goes to stderr.

    Raises:
        JobError: It did not succeed.
    """
    logs = f"tinsmith logs {job.id} -f -p {remote.name}"
    if not wait:
        note(f"Job {job.id} is queued. Next: {logs}")
        return job
    if not quiet:
        note(f"Job {job.id} runs on {remote.client.url}. It goes on if you leave; {logs}")

    def say(event: JobEvent) -> None:
        if event.kind == "log" and not quiet:
            note(f"  {event.data.get('text', '')}")

    with progress_bars(quiet=quiet) as progress:
        return remote.project.jobs.wait(job.id, progress=progress, take=say)
