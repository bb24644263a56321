"""Runs every check of the project, one line each; `--quick` leaves slow tests out.

Layers are checked by a test.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON_FOLDERS = ["src", "tests", "benchmarks", "examples", "tools", "docs"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave slow tests out")
    quick = parser.parse_args().quick
    c_files = sorted(str(path) for path in (ROOT / "runtime").rglob("*") if path.suffix in _C)
    folders = [name for name in PYTHON_FOLDERS if (ROOT / name).is_dir()]
    checks = {
        "format": [BIN / "ruff", "format", "--check", "--quiet", *folders],
        "lint": [BIN / "ruff", "check", "--quiet", *folders],
        "format C": [BIN / "clang-format", "--dry-run", "--Werror", *c_files],
        "types": [BIN / "mypy"],
    }
    tests = [*_PYTEST, *(["-m", "not slow"] if quick else ["--everywhere"])]
    with ThreadPoolExecutor(max_workers=1) as beside:
        others = {name: beside.submit(passes, name, command) for name, command in checks.items()}
        passed = {"tests": passes("tests", tests)}
        passed |= {name: other.result() for name, other in others.items()}
    failed = [name for name, is_passed in passed.items() if not is_passed]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


_C = {".c", ".h", ".hpp"}
_PYTEST = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]


def passes(name: str, command: Sequence[str | Path]) -> bool:
    """Runs one check; shows its output when it fails, and always for the tests."""
    started = time.monotonic()
    shown = name == "tests"
    result = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=_environment(),
        check=False,
        text=True,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
    )
    verdict = "ok" if result.returncode == 0 else "FAILED"
    said = f"{result.stdout}\n" if result.returncode and result.stdout else ""
    print(f"{name:10} {verdict:6} {time.monotonic() - started:6.1f} s\n{said}", end="", flush=True)
    return result.returncode == 0


def _environment() -> dict[str, str]:
    """That of this process, with one thread a process, and Python compiled once for all."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


if __name__ == "__main__":
    sys.exit(main())
