"""The device an impulse is meant for, what it has to offer, and whether a profile fits into it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from tinsmith.core.errors import DesignError
from tinsmith.emulation.cycles import Board, Estimate, boards, cores, estimate, find_board
from tinsmith.impulse.findings import Finding
from tinsmith.impulse.profile import Profile

DEFAULT_BOARD = "generic-cortex-m4f"
# From this share of a budget on, little is left for the rest of the firmware.
_TIGHT = 0.8


@dataclass(frozen=True)
class Device:
    """A board, perhaps with a part of it set aside for the impulse.

    Args:
        name: Of a known board, or of one's own.
        title: For screens.
        core: Target that programs are built for.
        clock_mhz: Of the core.
        ram_bytes, flash_bytes: What the impulse may use.
        latency_ms: What one classification may take; None: any time.

    Raises:
        DesignError: No such core, or a number that is not above 0.
    """

    name: str
    title: str
    core: str
    clock_mhz: float
    ram_bytes: int
    flash_bytes: int
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        if self.core not in cores():
            raise DesignError(
                f"unknown core {self.core!r}; expected one of {', '.join(cores())}",
                hint="choose the core that is nearest to that of the device",
            )
        for name in ("clock_mhz", "ram_bytes", "flash_bytes", "latency_ms"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise DesignError(f"{name} is {value}; expected a number above 0")

    @property
    def board(self) -> Board:
        """The device without its budget for time."""
        return Board(
            self.name, self.title, self.core, self.clock_mhz, self.ram_bytes, self.flash_bytes
        )

    def time(self, instructions: int) -> Estimate:
        """How long so many instructions take."""
        return estimate(instructions, self.board)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def find_device(
    board: str = DEFAULT_BOARD,
    *,
    clock_mhz: float | None = None,
    ram_bytes: int | None = None,
    flash_bytes: int | None = None,
    latency_ms: float | None = None,
) -> Device:
    """A known board, with other numbers where they are given.

    Raises:
        DesignError: No such board, or a number that is not above 0.
    """
    found = find_board(board)
    return Device(
        name=found.name,
        title=found.title,
        core=found.core,
        clock_mhz=found.clock_mhz if clock_mhz is None else clock_mhz,
        ram_bytes=found.ram_bytes if ram_bytes is None else ram_bytes,
        flash_bytes=found.flash_bytes if flash_bytes is None else flash_bytes,
        latency_ms=latency_ms,
    )


def devices() -> tuple[Device, ...]:
    """All known boards, by title."""
    return tuple(sorted((find_device(name) for name in boards()), key=lambda item: item.title))


def within_budget(profile: Profile, device: Device) -> tuple[Finding, ...]:
    """What of a profile does not fit into a device, or hardly does; errors first.

    The path of a finding is the budget: `ram_bytes`, `flash_bytes` or `latency_ms`.

    Args:
        profile: Measured on the device's core.
        device: Where the impulse shall run.

    Raises:
        DesignError: The profile is of another core.
    """
    if profile.target != device.core:
        raise DesignError(
            f"{device.title} has a {device.core}; the profile is of {profile.target}",
            hint=f"profile the impulse on {device.core}",
        )
    found = [
        _memory("ram_bytes", "RAM", profile.ram_bytes, device.ram_bytes),
        _memory("flash_bytes", "flash", profile.flash_bytes, device.flash_bytes),
        _latency(profile, device),
    ]
    kept = [item for item in found if item]
    return tuple(sorted(kept, key=lambda item: item.severity != "error"))


def _memory(path: str, name: str, used: int | None, budget: int) -> Finding | None:
    if used is None or used <= _TIGHT * budget:
        return None
    text = f"needs {_kilobytes(used)} of {_kilobytes(budget)} {name}"
    if used > budget:
        return Finding(path, f"{text}, {_kilobytes(used - budget)} too much", _REMEDIES[path])
    hint = f"{_kilobytes(budget - used)} are left for the rest of the firmware"
    return Finding(path, text, hint, "warning")


def _latency(profile: Profile, device: Device) -> Finding | None:
    if device.latency_ms is None or not profile.instructions:
        return None
    time = device.time(profile.instructions)
    text = (
        f"takes {time.milliseconds:.3g} ms (±{100 * time.error:.0f} %) of {device.latency_ms:g} ms"
    )
    if time.milliseconds > device.latency_ms:
        return Finding("latency_ms", text, _REMEDIES["latency_ms"])
    if time.milliseconds * (1 + time.error) > device.latency_ms:
        hint = "the estimate may be off by more than what is left; measure on the device"
        return Finding("latency_ms", text, hint, "warning")
    return None


_REMEDIES = {
    "ram_bytes": "use the int8 variant, memory mode smallest, a shorter window or fewer filters",
    "flash_bytes": "use the int8 variant or a smaller network",
    "latency_ms": "use the int8 variant, a smaller network, shorter FFTs or a faster clock",
}


def _kilobytes(count: int) -> str:
    return f"{count / 1024:.1f} kB"
