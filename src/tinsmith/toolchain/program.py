"""Hosted programs, with a C library, for Linux targets: what a firmware author would compile."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tinsmith.core.errors import BuildError
from tinsmith.toolchain import zig
from tinsmith.toolchain.target import Target


def compile_program(
    sources: Sequence[Path],
    target: Target,
    *,
    output: Path,
    cxx: bool = False,
    include_dirs: Sequence[Path] = (),
    flags: Sequence[str] = (),
) -> Path:
    """Compiles and links a program that has a `main`, statically, against musl.

    The first program for a target compiles its C library (half a minute); it is kept.

    Args:
        sources: C files; with `cxx`, C++ files and objects made from C.
        target: `host` or one of the linux targets.
        output: Where the program goes.
        cxx: Compile as C++.
        include_dirs: Folders of headers.
        flags: Further flags, `-std=...`, `-Wall`, `-O2` and the like.

    Raises:
        BuildError: The compiler refused, or the target has no operating system.
    """
    if target.family not in ("host", "linux"):
        raise BuildError(
            f"{target.name} has no operating system to run a program on",
            hint="choose host or a linux target",
        )
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".program-") as folder:
        made = Path(folder) / "program"
        arguments = [
            "-target",
            _hosted(target),
            *_cpu(target),
            "-ffp-contract=off",
            "-fno-sanitize=undefined",
            *flags,
            *(f"-I{include.resolve()}" for include in include_dirs),
            *(str(source.resolve()) for source in sources),
            "-o",
            str(made),
        ]
        zig.compile_c(arguments, cwd=Path(folder), cxx=cxx)
        os.replace(made, output)  # noqa: PTH105 - one step, so that no half-written program is seen
    return output


def _cpu(target: Target) -> list[str]:
    # For this computer the baseline too: the linux target of its kind then shares its C library.
    return [f"-mcpu={target.cpu}"] if target.cpu and target.family == "linux" else []


def _hosted(target: Target) -> str:
    return (
        target.triple.removesuffix("-none") + "-musl" if target.family == "host" else target.triple
    )
