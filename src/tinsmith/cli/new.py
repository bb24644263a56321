"""`tinsmith new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.options import JsonOption, next_step
from tinsmith.cli.output import note, print_json
from tinsmith.cli.remote import is_on_server, name_of


def new(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder to make; must be absent or empty. NAME@server makes a project on the "
            "server you are logged in to."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the project [folder's name].")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new project: a folder of plain files that lives happily in git."""
    if is_on_server(folder):
        _new_there(folder, name, as_json=as_json)
        return
    from tinsmith.impulse.project import create_project

    project = create_project(folder, name)
    if as_json:
        print_json({"project": project.name, "path": str(project.root)})
        return
    note(f"Made the project {project.name} in {folder}.")
    note(next_step(folder, "import FOLDER"))


def _new_there(folder: Path, name: str | None, *, as_json: bool) -> None:
    from tinsmith.client import Client

    with Client() as client:
        made = client.projects.create(name or name_of(folder))
    if as_json:
        print_json({"project": made.name, "number": made.id, "server": client.url})
        return
    note(f"Made the project {made.name} on {client.url}; its number is {made.id}.")
    note(f"Next: tinsmith upload FOLDER -p {made.id}@server")
