"""Options that several commands share."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tinsmith.core.errors import InputError

ProjectOption = Annotated[
    Path,
    typer.Option(
        "--project", "-p", help="The project folder, or a folder inside it.", show_default=False
    ),
]
AnyProjectOption = Annotated[
    Path,
    typer.Option(
        "--project",
        "-p",
        help="The project folder, or a folder inside it; NAME@server or NUMBER@server is a project "
        "of the server you are logged in to.",
        show_default=False,
    ),
]


def positive(parameter: typer.CallbackParam, value: float | None) -> float | None:
    """Checks an option that must be above 0.

    Raises:
        InputError: It is not.
    """
    if value is not None and not (math.isfinite(value) and value > 0):
        raise InputError(
            f"{parameter.opts[0]} is {value:g}; expected a number of milliseconds above 0",
            hint="for 100 rows a second the interval is 10 ms",
        )
    return value


IntervalOption = Annotated[
    float | None,
    typer.Option(
        callback=positive,
        help="Milliseconds between rows, for CSV files without a time column.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def next_step(project: Path, *commands: str) -> str:
    """What to do next, with the project named as the user named it."""
    where = "" if project == Path() else f" -p {project}"
    return "Next: " + ", ".join(f"tinsmith {command}{where}" for command in commands)


class VariantName(StrEnum):
    """Which model of the trained impulse."""

    float32 = "float32"
    int8 = "int8"


VariantOption = Annotated[
    VariantName, typer.Option("--variant", help="Which model: full precision or quantised.")
]


class MemoryMode(StrEnum):
    """What the memory plan of a network is for."""

    balanced = "balanced"
    smallest = "smallest"


MemoryOption = Annotated[
    MemoryMode,
    typer.Option(
        help="balanced: fast. smallest: operators run interleaved, row by row, so that only a few "
        "rows of their tensors exist at once."
    ),
]
BoardOption = Annotated[
    str | None,
    typer.Option(
        help="Estimate the time on this board, for example nano-33-ble-sense.", show_default=False
    ),
]
TargetOption = Annotated[
    str, typer.Option("--target", "-t", help="What to build for, for example cortex-m4f.")
]
