"""`tinsmith projects`."""

from __future__ import annotations

from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import console, note, print_json, table


def projects(as_json: JsonOption = False) -> None:
    """List the projects of the server you are logged in to."""
    from tinsmith.client import Client

    with Client() as client:
        found = list(client.projects.list())
    if as_json:
        print_json([{"id": item.id, "name": item.name} for item in found])
        return
    shown = table("Projects", "name", "number", "<changed")
    for item in found:
        shown.add_row(item.name, str(item.id), f"{item.updated_at:%Y-%m-%d %H:%M}")
    console().print(shown)
    note(
        "Next: tinsmith upload FOLDER -p NAME@server" if found else "Next: tinsmith new NAME@server"
    )
