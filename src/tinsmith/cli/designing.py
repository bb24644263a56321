"""`tinsmith design` on a project of a server."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinsmith.cli.output import console, note, print_json, table
from tinsmith.cli.remote import Remote, opened

if TYPE_CHECKING:
    from tinsmith.client.types import Impulse

Document = dict[str, Any]


def design_there(
    project: Path,
    wanted: str | None,
    given: Document | None,
    change: Callable[[Document], Document],
    *,
    as_json: bool,
) -> None:
    """Shows, adds or changes an impulse.

    Args:
        project: The project, as the user named it.
        wanted: Name or number of the impulse; None is the default one.
        given: A document to take; None keeps the one there is.
        change: Applies the user's changes to a document.
        as_json: Whether the document is printed as JSON.
    """
    with opened(project) as remote:
        found = _stored(remote, wanted, given, change)
    if as_json:
        print_json({"id": found.id, "revision": found.revision, "design": found.design})
        return
    _print(found)
    note(f"Next: tinsmith train -p {remote.name}")


def _stored(
    remote: Remote,
    wanted: str | None,
    given: Document | None,
    change: Callable[[Document], Document],
) -> Impulse:
    impulses = remote.project.impulses
    if given is None:
        old = remote.impulse(wanted)
    else:
        document = change(given)
        names = {item.name: item for item in impulses.list()}
        same = remote.impulse(wanted) if wanted else names.get(str(document.get("name")))
        if same is None:
            return impulses.create(document)
        return impulses.update(same.id, document, if_revision=same.revision)
    document = change(copy.deepcopy(old.design))
    if document == old.design:
        return old
    return impulses.update(old.id, document, if_revision=old.revision)


def _print(impulse: Impulse) -> None:
    default = ", the default" if impulse.is_default else ""
    shown = table(f"Impulse {impulse.name} (number {impulse.id}{default})", "block", "<what")
    source = impulse.design["input"]
    settings = ", ".join(f"{name} {value}" for name, value in source.items() if name != "type")
    shown.add_row("input", f"{source['type']}: {settings}")
    for part in ("processing", "learning"):
        for block in impulse.design[part]:
            shown.add_row(block["id"], block["type"])
    console().print(shown)
