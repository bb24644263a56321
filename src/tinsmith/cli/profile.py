"""`tinsmith profile`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from tinsmith.cli import remote
from tinsmith.cli.options import (
    AnyProjectOption,
    BoardOption,
    JsonOption,
    MemoryMode,
    MemoryOption,
    TargetOption,
    VariantName,
    VariantOption,
)
from tinsmith.cli.output import (
    bar,
    console,
    count,
    kilobytes,
    note,
    percent,
    print_json,
    progress_bars,
    table,
)
from tinsmith.core.errors import DatasetError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from tinsmith.datasets.sample import Sample
    from tinsmith.impulse.design import Impulse
    from tinsmith.impulse.fitted import WindowFormat
    from tinsmith.impulse.profile import Profile


def profile(
    project: AnyProjectOption = Path(),
    target: TargetOption = "cortex-m4f",
    variant: VariantOption = VariantName.int8,
    memory: MemoryOption = MemoryMode.balanced,
    board: BoardOption = None,
    impulse: remote.ImpulseOption = None,
    wait: remote.WaitOption = True,
    as_json: JsonOption = False,
) -> None:
    """Build for a target, run it in the emulator, and show what one window costs there."""
    if remote.is_on_server(project):
        from tinsmith.cli.running import Wanted, profile_there

        if board is not None:
            raise InputError(
                "--board is for projects in a folder", hint="a server's project has its own target"
            )
        wanted = Wanted(impulse, target, variant.value, memory.value)
        profile_there(project, wanted, wait=wait, as_json=as_json)
        return
    remote.on_folder(impulse)
    from tinsmith.core.progress import Step
    from tinsmith.impulse.profile import profile as measure
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    fitted = opened.fitted()
    samples = opened.samples("testing") or opened.samples("training")
    with progress_bars(quiet=as_json) as progress:
        progress(Step("build", 0, 1))
        window = _first_window(samples, fitted.design, fitted.window)
        found = measure(
            fitted,
            window,
            variant=variant.value,
            target=target,
            memory=memory.value,
            board=board,
        )
        progress(Step("build", 1, 1))
    opened.save_result(f"profile-{target}-{variant}", found.to_dict())
    if as_json:
        print_json(found.to_dict())
        return
    print_profile(found)


def print_profile(found: Profile) -> None:
    """Instructions by stage, RAM over time, and memory."""
    if found.instructions is None:
        note(
            f"Instructions, RAM and flash are counted on the Cortex-M targets; {found.target} ran."
        )
    else:
        _print_stages(found, found.instructions)
    _print_steps(found)
    _print_memory(found)


def _print_stages(found: Profile, total: int) -> None:
    title = f"One window on {found.target}, {found.variant}"
    shown = table(title, "stage", "instructions", "share", "<")
    for stage in found.stages:
        share = stage.instructions / total
        shown.add_row(stage.name, count(stage.instructions), percent(share), bar(share, 16))
    shown.add_section()
    shown.add_row("total", count(total), "", "")
    shown.add_row("start-up, once", count(found.startup_instructions), "", "")
    if found.time:
        doubt = f"±{100 * found.time.error:.0f} %"
        shown.add_row(f"estimated on {found.board}", f"{found.time.milliseconds:.3g} ms", doubt, "")
    console().print(shown)


def _print_steps(found: Profile) -> None:
    """RAM of the network over time."""
    if not found.steps:
        return
    shown = table("RAM of the network over time", "#", "<step", "in use", "<")
    for index, step in enumerate(found.steps):
        share = step.used_bytes / max(found.arena_bytes, 1)
        shown.add_row(str(index), step.name, count(step.used_bytes), bar(share, 16))
    console().print(shown)


def _print_memory(found: Profile) -> None:
    shown = table("Memory", "what", "size")
    if found.ram_bytes is not None:
        shown.add_row("RAM in all", kilobytes(found.ram_bytes))
        shown.add_row("  of it stack", kilobytes(found.stack_bytes))
    shown.add_row("  of it model arena", kilobytes(found.arena_bytes))
    if found.flash_bytes is not None:
        shown.add_row("flash in all", kilobytes(found.flash_bytes))
    shown.add_row("one raw window as float32, not in RAM above", kilobytes(found.window_bytes))
    console().print(shown)


def _first_window(
    samples: Sequence[Sample], design: Impulse, window: WindowFormat
) -> npt.NDArray[np.float32]:
    """[1, window length]: the first window there is."""
    from tinsmith.impulse.features import cut_windows

    for sample in samples:
        with contextlib.suppress(DatasetError):
            return cut_windows([sample], design, window).values[:1]
    return cut_windows(samples, design, window).values[:1]
