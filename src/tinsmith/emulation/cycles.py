"""Estimated time on a board from counted instructions: one calibrated figure per core.

Method and measurements behind the figures: docs/concepts/cycles.md.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinsmith.core.errors import DesignError

_DATA = Path(__file__).parent / "boards.toml"


@dataclass(frozen=True)
class CoreCost:
    """How many cycles an instruction takes on a kind of core.

    Args:
        cycles_per_instruction: Mean over whole networks.
        error: Relative; how far single networks lay from the mean, or are assumed to lie.
        calibrated: Whether published measurements stand behind it.
    """

    cycles_per_instruction: float
    error: float
    calibrated: bool


@dataclass(frozen=True)
class Board:
    """A board with a microcontroller.

    Args:
        name: How commands name it.
        title: For screens.
        core: Name of the target its programs are built for.
        clock_mhz: Of the core.
        ram_bytes, flash_bytes: In all.
    """

    name: str
    title: str
    core: str
    clock_mhz: float
    ram_bytes: int
    flash_bytes: int


@dataclass(frozen=True)
class Estimate:
    """A time, and how far off it may be.

    Args:
        milliseconds: Expected.
        error: Relative.
        calibrated: Whether the error was measured rather than assumed.
    """

    milliseconds: float
    error: float
    calibrated: bool


def estimate(instructions: int, board: Board) -> Estimate:
    """Time of `instructions` executed on `board`."""
    cost = cores()[board.core]
    cycles = instructions * cost.cycles_per_instruction
    return Estimate(cycles / (1000 * board.clock_mhz), cost.error, cost.calibrated)


def find_board(name: str) -> Board:
    """The board called `name`.

    Raises:
        DesignError: There is no such board.
    """
    known = boards()
    if name not in known:
        raise DesignError(f"unknown board {name!r}; expected one of {', '.join(known)}")
    return known[name]


def default_board(core: str) -> Board | None:
    """The first board with this core; None for targets that are no microcontroller."""
    return next((board for board in boards().values() if board.core == core), None)


@functools.cache
def boards() -> dict[str, Board]:
    """All boards by name."""
    return {name: Board(name=name, **fields) for name, fields in _read()["boards"].items()}


@functools.cache
def cores() -> dict[str, CoreCost]:
    """Costs by target."""
    return {name: CoreCost(**fields) for name, fields in _read()["cores"].items()}


def _read() -> dict[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))
