"""The compiler: where it is, how it is called, what it says when it refuses."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tinsmith.core.errors import BuildError, MissingPackageError
from tinsmith.core.paths import cache_dir

# Longest part of the compiler's output worth showing.
_MAX_OUTPUT = 4000


@functools.cache
def executable() -> Path:
    """The compiler inside the `ziglang` package.

    Raises:
        MissingPackageError: The package is not installed.
    """
    # Called directly: the package's own Python entry costs another interpreter start per build.
    spec = importlib.util.find_spec("ziglang")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        for name in ("zig", "zig.exe"):
            path = Path(folder) / name
            if path.is_file():
                return path
    raise MissingPackageError(
        "the C compiler is missing: package ziglang is not installed",
        hint="pip install ziglang",
    )


@functools.cache
def version() -> str:
    """Version of the compiler package, part of every build's key."""
    executable()
    return importlib.metadata.version("ziglang")


def compile_c(arguments: Sequence[str], *, cwd: Path, cxx: bool = False) -> None:
    """Runs the compiler in `cwd`.

    Raises:
        BuildError: It refused; the message is the compiler's own.
    """
    cache = cache_dir() / "zig"
    cache.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(cache),
    }
    command = [str(executable()), "c++" if cxx else "cc", *arguments]
    try:
        result = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        raise BuildError(
            f"the C compiler could not be started: {error}", hint="reinstall package ziglang"
        ) from error
    if result.returncode != 0:
        raise BuildError(_refusal(result.stderr or result.stdout, result.returncode))


def _refusal(output: str, status: int) -> str:
    lines = output.strip().splitlines()
    first = next((i for i, line in enumerate(lines) if "error" in line), 0)
    text = "\n".join(lines[first:])[:_MAX_OUTPUT]
    return f"the C compiler refused (status {status}):\n{text or 'no message'}"
