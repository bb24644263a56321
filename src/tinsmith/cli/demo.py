"""`tinsmith demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import (
    console,
    count,
    kilobytes,
    note,
    percent,
    print_json,
    progress_bars,
    table,
)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the project and the report.")] = Path(
        "build/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Show the whole job on real data: smartwatch recordings to verified Cortex-M4F firmware.

    Downloads the recordings of the package seglearn (BSD-3-Clause), trains on seven people, tests
    on three others, and leaves a project, a packaged library and one HTML report.
    """
    from tinsmith.cli.demonstration import page, steps

    with progress_bars(quiet=as_json) as progress:
        made = steps.start(out)
        steps.import_recordings(made, progress)
        steps.train(made, progress)
        steps.test(made, progress)
        steps.measure(made)
        result = steps.package(made, progress)
        steps.run_library(made, out)
    found = steps.save_summary(made, out / "report.json")
    report = page.write(made, found, out / "report.html")
    if as_json:
        print_json({**found, "report": str(report), "library": str(result.path)})
        return
    shown = table("Shoulder exercises, people never trained on", "measure", "result")
    shown.add_row("accuracy, float32", percent(_number(found["accuracy_float32"])))
    shown.add_row("accuracy, int8", percent(_number(found["accuracy_int8"])))
    shown.add_row("same class on host and device", percent(_number(found["agreement"])))
    identical = "yes" if found["features_bit_identical"] else "NO"
    shown.add_row("features bit-identical", identical)
    shown.add_row("instructions for a 4 s window", count(_whole(found["instructions"])))
    shown.add_row("RAM", kilobytes(_whole(found["ram_bytes"])))
    shown.add_row("flash", kilobytes(_whole(found["flash_bytes"])))
    shown.add_row("seconds", f"{found['seconds']}")
    console().print(shown)
    note(f"Project: {made.project.root}")
    note(f"Library: {result.path}")
    typer.echo(f"Report: {report.resolve()}")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
