"""`tinsmith new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.options import JsonOption, next_step
from tinsmith.cli.output import note, print_json


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; must be absent or empty.")],
    name: Annotated[str | None, typer.Option(help="Name of the project [folder's name].")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new project: a folder of plain files that lives happily in git."""
    from tinsmith.impulse.project import create_project

    project = create_project(folder, name)
    if as_json:
        print_json({"project": project.name, "path": str(project.root)})
        return
    note(f"Made the project {project.name} in {folder}.")
    note(next_step(folder, "import FOLDER"))
