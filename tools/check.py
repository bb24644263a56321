"""Runs every check of the project, one line each; `--quick` leaves slow tests out."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON_FOLDERS = ["src", "tests", "benchmarks", "tools", "docs"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave slow tests out")
    quick = parser.parse_args().quick
    c_files = sorted(str(path) for path in (ROOT / "runtime").rglob("*") if path.suffix in _C)
    folders = [name for name in PYTHON_FOLDERS if (ROOT / name).is_dir()]
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]
    checks = {
        "format": [BIN / "ruff", "format", "--check", "--quiet", *folders],
        "lint": [BIN / "ruff", "check", "--quiet", *folders],
        "format C": [BIN / "clang-format", "--dry-run", "--Werror", *c_files],
        "layers": [BIN / "lint-imports", "--no-logo"],
        "types": [BIN / "mypy"],
        "tests": [*pytest, "-m", "not slow"] if quick else pytest,
    }
    failed = [name for name, command in checks.items() if not passes(name, command)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


_C = {".c", ".h", ".hpp"}


def passes(name: str, command: list[str | Path]) -> bool:
    """Runs one check; shows its output when it fails, and always for the tests."""
    started = time.monotonic()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    shown = name == "tests"
    result = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
    )
    verdict = "ok" if result.returncode == 0 else "FAILED"
    print(f"{name:10} {verdict:6} {time.monotonic() - started:6.1f} s", flush=True)
    if result.returncode and result.stdout:
        print(result.stdout, flush=True)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
