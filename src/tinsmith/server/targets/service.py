"""The target of a project, and what fits into it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from tinsmith.emulation.cycles import boards, cores
from tinsmith.emulation.qemu import PREFIX
from tinsmith.impulse.device import DEFAULT_BOARD, Device, devices, find_device, within_budget
from tinsmith.impulse.profile import Profile
from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.targets.schemas import (
    BoardCatalogue,
    BoardOut,
    BudgetOut,
    CoreOut,
    FindingOut,
    TargetIn,
    TargetOut,
)
from tinsmith.store.tables import Project
from tinsmith.toolchain import Target, targets

_NUMBERS = ("clock_mhz", "ram_bytes", "flash_bytes", "latency_ms")
# What a device of one's own cannot do without.
_NEEDED = ("core", "clock_mhz", "ram_bytes", "flash_bytes")
_OWN = "own"
_EMULATOR = "qemu-system-arm"


def board_catalogue() -> BoardCatalogue:
    """All boards and cores."""
    known = targets()
    return BoardCatalogue(
        boards=[BoardOut.model_validate(item) for item in devices()],
        cores=[
            CoreOut(
                name=name,
                title=known[name].title if name in known else name,
                cycles_per_instruction=cost.cycles_per_instruction,
                error=cost.error,
                calibrated=cost.calibrated,
            )
            for name, cost in cores().items()
        ],
    )


def checked_target(wanted: TargetIn) -> dict[str, Any]:
    """What is kept of a target.

    Raises:
        UnusableError: There is no such board or core, or a number is missing; says which field.
    """
    found = wanted.model_dump(exclude_none=True)
    if wanted.board is None:
        _require(wanted)
    elif wanted.board not in boards():
        raise _unusable("board", f"there is no board {wanted.board!r}", list(boards()))
    elif wanted.core is not None and wanted.core != boards()[wanted.board].core:
        core = boards()[wanted.board].core
        raise _unusable("core", f"{wanted.board} has a {core}, not a {wanted.core}", [core])
    device_of(found)
    return found


def _require(wanted: TargetIn) -> None:
    missing = [name for name in _NEEDED if getattr(wanted, name) is None]
    if missing:
        raise UnusableError(
            f"a device of one's own needs {', '.join(missing)}",
            hint="give these numbers, or name a board",
            fields=[FieldProblem(path=f"body.{name}", message="is missing") for name in missing],
        )
    if wanted.core not in cores():
        raise _unusable("core", f"there is no core {wanted.core!r}", list(cores()))


def _unusable(field: str, message: str, known: list[str]) -> UnusableError:
    problem = FieldProblem(path=f"body.{field}", message=message)
    return UnusableError(message, hint=f"expected one of {', '.join(known)}", fields=[problem])


def device_of(target: dict[str, Any]) -> Device:
    """The device of a stored target; a common board where nothing was chosen.

    A board that is not known any more, as after an update, counts as nothing chosen.

    Raises:
        DesignError: A number is not above 0.
    """
    numbers: dict[str, Any] = {name: target.get(name) for name in _NUMBERS}
    if target.get("board") is None and target.get("core") in cores():
        return Device(
            name=_OWN, title=target.get("title") or "Own device", core=target["core"], **numbers
        )
    board = target.get("board")
    found = find_device(board if board in boards() else DEFAULT_BOARD, **numbers)
    if target.get("title"):
        return Device(**{**found.to_dict(), "title": target["title"]})
    return found


def target_out(project: Project) -> TargetOut:
    """What a project is meant for."""
    device = device_of(project.target)
    return TargetOut(
        board=None if device.name == _OWN else device.name,
        is_default=not project.target,
        title=device.title,
        core=device.core,
        clock_mhz=device.clock_mhz,
        ram_bytes=device.ram_bytes,
        flash_bytes=device.flash_bytes,
        latency_ms=device.latency_ms,
    )


def profile_budget(document: dict[str, Any], device: Device) -> BudgetOut:
    """Whether what a stored profile measured fits a device."""
    return _budget(
        device,
        target=document["target"],
        variant=document["variant"],
        instructions=document["instructions"],
        ram_bytes=document["ram_bytes"],
        flash_bytes=document["flash_bytes"],
    )


def report_budget(report: dict[str, Any], device: Device) -> BudgetOut:
    """Whether what a verification report measured fits a device."""
    memory = report["memory"]
    parts = (memory["static_ram"], memory["stack"])
    return _budget(
        device,
        target=report["target"],
        variant=report["variant"],
        instructions=report["instructions"],
        ram_bytes=None if None in parts else sum(parts),
        flash_bytes=memory["flash"],
    )


def _budget(
    device: Device,
    *,
    target: str,
    variant: Any,
    instructions: int | None,
    ram_bytes: int | None,
    flash_bytes: int | None,
) -> BudgetOut:
    measured = Profile(
        target=target,
        variant=variant,
        instructions=instructions,
        startup_instructions=None,
        stages=(),
        ram_bytes=ram_bytes,
        stack_bytes=None,
        flash_bytes=flash_bytes,
        window_bytes=0,
        arena_bytes=0,
        num_features=0,
    )
    fits, findings = None, []
    if target == device.core:
        found = within_budget(measured, device)
        fits = not any(item.severity == "error" for item in found)
        findings = [FindingOut.model_validate(item) for item in found]
    is_timed = instructions is not None and target == device.core
    return BudgetOut(
        variant=variant,
        core=target,
        fits=fits,
        ram_bytes=ram_bytes,
        flash_bytes=flash_bytes,
        latency_ms=device.time(instructions or 0).milliseconds if is_timed else None,
        findings=findings,
    )


def obstacle_of(item: Target) -> str | None:
    """Why builds for a target cannot be run here; None if they can."""
    if item.family == "linux":
        return "programs for it cannot be run here"
    if (item.emulator or "").startswith(PREFIX) and shutil.which(_EMULATOR) is None:
        return f"its emulator {_EMULATOR} is not installed on this server"
    return None


def require_runnable(name: str) -> None:
    """Refuses a target that a job could only fail at.

    Raises:
        UnusableError: There is no such target, or builds for it cannot be run here.
    """
    known = targets()
    if name not in known:
        raise unusable("target", f"there is no target {name!r}", list(known))
    if obstacle := obstacle_of(known[name]):
        able = [other for other, item in known.items() if obstacle_of(item) is None]
        raise unusable("target", f"{name}: {obstacle}", able)


def unusable(field: str, message: str, known: Sequence[str]) -> UnusableError:
    """The refusal of a choice that is none of those there are."""
    problem = FieldProblem(path=f"body.{field}", message=message)
    return UnusableError(message, hint=f"expected one of {', '.join(known)}", fields=[problem])
