"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

ProjectOption = Annotated[
    Path,
    typer.Option(
        "--project", "-p", help="The project folder, or a folder inside it.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


class VariantName(StrEnum):
    """Which model of the trained impulse."""

    float32 = "float32"
    int8 = "int8"


VariantOption = Annotated[
    VariantName, typer.Option("--variant", help="Which model: full precision or quantised.")
]
TargetOption = Annotated[
    str, typer.Option("--target", "-t", help="What to build for, for example cortex-m4f.")
]
