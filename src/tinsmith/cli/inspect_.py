"""`tinsmith inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import JsonOption, ProjectOption
from tinsmith.cli.output import console, messages, note, print_json, table

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
    dataset = opened.library.read()
    summary = summarise(dataset)
    if plot:
        from tinsmith.core.paths import write_atomic
        from tinsmith.datasets.plot import plot_samples

        write_atomic(plot, plot_samples(dataset.samples))
        note(f"Plot: {plot}")
    if as_json:
        print_json(summary.to_json())
        return
    _print_facts(opened.name, summary)
    _print_classes(summary)
    out = messages()
    for finding in summary.findings:
        out.print(f"  {finding}", style="yellow", markup=False)


def _print_facts(name: str, summary: Summary) -> None:
    shown = table(name, "fact", "value")
    shown.add_row("samples", f"{summary.samples:,}")
    if summary.recordings:
        shown.add_row("in all", duration(summary.duration_ms))
        lengths = (summary.shortest_ms, summary.median_ms, summary.longest_ms)
        shown.add_row("shortest, median, longest", ", ".join(duration(item) for item in lengths))
        shown.add_row("rates", ", ".join(f"{rate.name} Hz ({rate.count})" for rate in summary.rates))
        for sensor in summary.sensors[:4]:
            axes = ", ".join(
                f"{axis} {unit}".strip()
                for axis, unit in zip(sensor.names, sensor.units, strict=True)
            )
            shown.add_row("axes", f"{axes} ({sensor.count})")
    if summary.pictures:
        sizes = ", ".join(f"{size.name} ({size.count})" for size in summary.sizes[:4])
        shown.add_row("picture sizes", sizes)
    if summary.metadata:
        shown.add_row("metadata", ", ".join(item.name for item in summary.metadata))
    console().print(shown)


def _print_classes(summary: Summary) -> None:
    parts = summary.parts
    shown = table("Classes", "label", *(part.category or "undecided" for part in parts), "time")
    for item in summary.classes:
        cells = []
        for part in parts:
            found = [own.count for own in part.classes if own.label == item.label]
            cells.append(str(found[0]) if found else "·")
        shown.add_row(item.label, *cells, duration(item.duration_ms))
    console().print(shown)


def duration(milliseconds: float) -> str:
    """Readable time: `2.5 s`, `12 min 05 s`."""
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
