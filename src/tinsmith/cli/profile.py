"""`tinsmith profile`."""

from __future__ import annotations

from pathlib import Path

from tinsmith.cli.options import (
    JsonOption,
    ProjectOption,
    TargetOption,
    VariantName,
    VariantOption,
)
from tinsmith.cli.output import console, count, kilobytes, print_json, progress_bars, table


def profile(
    project: ProjectOption = Path(),
    target: TargetOption = "cortex-m4f",
    variant: VariantOption = VariantName.int8,
    as_json: JsonOption = False,
) -> None:
    """Build for a target, run it in the emulator, and show what one window costs there."""
    from tinsmith.core.progress import Step
    from tinsmith.impulse.features import cut_windows
    from tinsmith.impulse.profile import profile as measure
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    fitted = opened.fitted()
    samples = opened.samples("testing") or opened.samples("training")
    with progress_bars(quiet=as_json) as progress:
        progress(Step("build", 0, 1))
        windows = cut_windows(samples[:1], fitted.design, fitted.window)
        found = measure(fitted, windows.values, variant=variant.value, target=target)
        progress(Step("build", 1, 1))
    opened.save_result(f"profile-{target}-{variant}", found.to_dict())
    if as_json:
        print_json(found.to_dict())
        return
    total = found.instructions
    shown = table(f"One window on {target}, {variant}", "stage", "instructions", "share")
    for stage in found.stages:
        share = f"{100 * stage.instructions / total:.1f} %" if total else "–"
        shown.add_row(stage.name, count(stage.instructions), share)
    shown.add_section()
    shown.add_row("total", count(total), "")
    console().print(shown)
    memory = table("Memory", "what", "size")
    memory.add_row("RAM in all", kilobytes(found.ram_bytes))
    memory.add_row("  of which stack", kilobytes(found.stack_bytes))
    memory.add_row("  of which model arena", kilobytes(found.arena_bytes))
    memory.add_row("flash in all", kilobytes(found.flash_bytes))
    memory.add_row("one raw window as float32 (not in RAM above)", kilobytes(found.window_bytes))
    console().print(memory)
