"""`tinsmith inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import JsonOption, ProjectOption
from tinsmith.cli.output import console, note, print_json, table, warn

if TYPE_CHECKING:
    from tinsmith.datasets.summary import Summary


def inspect(
    project: ProjectOption = Path(),
    plot: Annotated[
        Path | None, typer.Option(help="Write a PNG with examples of every class.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the data set holds: counts, classes, durations, and what looks odd."""
    from tinsmith.datasets.summary import summarise
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    dataset = opened.library.dataset()
    summary = summarise(dataset)
    if plot:
        from tinsmith.core.paths import write_atomic
        from tinsmith.datasets.plot import plot_samples

        write_atomic(plot, plot_samples(dataset.samples))
        note(f"Plot: {plot}")
    if as_json:
        print_json(summary.to_dict())
        return
    _print(opened.name, summary)


def _print(name: str, summary: Summary) -> None:
    raise NotImplementedError
