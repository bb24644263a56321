"""`tinsmith deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli import remote
from tinsmith.cli.options import (
    AnyProjectOption,
    JsonOption,
    MemoryMode,
    MemoryOption,
    TargetOption,
    VariantName,
    VariantOption,
)
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

if TYPE_CHECKING:
    from tinsmith.deployment.report import VerificationReport

_FORM_OPTION = typer.Option("--form", help="What to package: cpp-library.")


def deploy(
    project: AnyProjectOption = Path(),
    target: TargetOption = "cortex-m4f",
    variant: VariantOption = VariantName.int8,
    memory: MemoryOption = MemoryMode.balanced,
    form: Annotated[str, _FORM_OPTION] = "cpp-library",
    out: Annotated[
        Path | None,
        typer.Option(help="Zip to write, or a folder for it [deployments/ of the project]."),
    ] = None,
    impulse: remote.ImpulseOption = None,
    wait: remote.WaitOption = True,
    as_json: JsonOption = False,
) -> None:
    """Package the impulse as firmware sources, verified on the target; no agreement, no zip.

    All test windows run on this machine, as many as fit in some seconds on the target too: every
    feature and every score must be the same, bit for bit. On a server the package is built there
    and downloaded to --out, or to this folder.
    """
    if remote.is_on_server(project):
        from tinsmith.cli.running import Wanted, deploy_there

        wanted = Wanted(impulse, target, variant.value, memory.value)
        deploy_there(project, wanted, form, out or Path(), wait=wait, as_json=as_json)
        return
    remote.on_folder(impulse)
    from tinsmith.deployment.deploy import deploy as make
    from tinsmith.impulse.codegen import identifier
    from tinsmith.impulse.features import cut_windows
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    fitted = opened.fitted()
    samples = opened.samples("testing") or opened.samples("training")
    path = out or opened.root / "deployments"
    if path.suffix != ".zip":
        path /= f"{identifier(fitted.design.name)}-{variant}-{target}.zip"
    with progress_bars(quiet=as_json) as progress:
        windows = cut_windows(samples, fitted.design, fitted.window, progress)
        result = make(
            fitted,
            windows,
            path,
            target=form,
            core=target,
            variant=variant.value,
            memory=memory.value,
            progress=progress,
        )
    if as_json:
        report = result.report.model_dump(mode="json")
        print_json({"path": str(result.path), "sha256": result.sha256, "verification": report})
        return
    print_report(result.report)
    note(f"Verified and packaged: {result.path} ({len(result.files)} files)")


def print_report(report: VerificationReport) -> None:
    """What verification compared, and what the package costs."""
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
