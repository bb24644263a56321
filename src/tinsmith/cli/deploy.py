"""`tinsmith deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import (
    JsonOption,
    ProjectOption,
    TargetOption,
    VariantName,
    VariantOption,
)
from tinsmith.cli.output import console, count, kilobytes, note, percent, print_json
from tinsmith.cli.output import progress_bars, table

if TYPE_CHECKING:
    from tinsmith.deployment.report import VerificationReport

_FORM_OPTION = typer.Option("--form", help="What to package: cpp-library.")


def deploy(
    project: ProjectOption = Path(),
    target: TargetOption = "cortex-m4f",
    variant: VariantOption = VariantName.int8,
    form: Annotated[str, _FORM_OPTION] = "cpp-library",
    out: Annotated[
        Path | None, typer.Option(help="Zip to write [deployments/ of the project].")
    ] = None,
    windows: Annotated[
        int, typer.Option(min=1, help="Test windows to verify on, spread over the test set.")
    ] = 200,
    as_json: JsonOption = False,
) -> None:
    """Package the impulse as firmware sources, verified on the target; no agreement, no zip."""
    import numpy as np

    from tinsmith.deployment.deploy import deploy as make
    from tinsmith.impulse.features import cut_windows
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    fitted = opened.fitted()
    samples = opened.samples("testing") or opened.samples("training")
    folder = out or opened.root / "deployments"
    if out is None:
        folder.mkdir(exist_ok=True)
    with progress_bars(quiet=as_json) as progress:
        all_windows = cut_windows(samples, fitted.design, fitted.window, progress)
        rows = np.unique(np.linspace(0, len(all_windows) - 1, windows).astype(int))
        result = make(
            fitted,
            all_windows.select(rows),
            folder,
            target=form,
            core=target,
            variant=variant.value,
            progress=progress,
        )
    if as_json:
        report = result.report.model_dump(mode="json")
        print_json({"path": str(result.path), "sha256": result.sha256, "verification": report})
        return
    _print(result.report)
    note(f"Verified and packaged: {result.path} ({len(result.files)} files)")


def _print(report: VerificationReport) -> None:
    shown = table(f"Verified on {report.target_title}", "check", "result")
    identical = {True: "bit-identical", False: "DIFFERENT"}
    shown.add_row("features, host and target", identical[report.features_bit_identical])
    shown.add_row("scores, host and target", identical[report.values_bit_identical])
    shown.add_row("windows compared", count(report.windows_compared))
    if report.quality:
        value = report.quality.value
        is_share = report.quality.metric == "accuracy"
        shown.add_row(report.quality.metric, percent(value) if is_share else f"{value:.4g}")
    shown.add_row("instructions for a window", count(report.instructions))
    memory = report.memory
    shown.add_row("RAM, static", kilobytes(memory.static_ram))
    shown.add_row("RAM, stack", kilobytes(memory.stack))
    shown.add_row("flash", kilobytes(memory.flash))
    console().print(shown)
