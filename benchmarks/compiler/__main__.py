"""Models on every target: exactness, instructions, memory, time; against what others reach."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.compiler.record import Record

MODELS = Path(__file__).resolve().parents[3] / "shared" / "models"
# Target and mode of memory.
RUNS = (
    ("cortex-m4f", "balanced"),
    ("cortex-m4f", "smallest"),
    ("cortex-m55", "balanced"),
    ("wasm32", "balanced"),
    ("host", "balanced"),
)


def main(arguments: Sequence[str]) -> int:
    """Prints a record per model and target; 1 when one misses a goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compiler", description=__doc__)
    parser.add_argument("models", nargs="*", help="files or names of public models (default: all)")
    parser.add_argument("--target", action="append", help="only this one; repeatable")
    parser.add_argument("--inputs", type=int, default=12, help="inferences compared (default 12)")
    parser.add_argument("--json", action="store_true", help="print JSON, a record a line")
    options = parser.parse_args(arguments)
    missed = False
    for record in measure_all(_paths(options.models), options.target, options.inputs):
        print(json.dumps(record.to_dict()) if options.json else _line(record), flush=True)
        missed |= bool(record.missed)
    return 1 if missed else 0


def measure_all(
    paths: Sequence[Path], targets: Sequence[str] | None, inputs: int
) -> Iterator[Record]:
    """Every model on every target, one after the other."""
    from benchmarks.compiler import device, host

    for path in paths:
        for target, memory in RUNS:
            if targets and target not in targets:
                continue
            if target == "host":
                yield host.measure(path, inputs)
            else:
                yield device.measure(path, target, memory, inputs)


def _paths(names: Sequence[str]) -> list[Path]:
    if names:
        return [
            Path(name) if name.endswith(".tflite") else MODELS / f"{name}.tflite" for name in names
        ]
    found = sorted(MODELS.glob("*.tflite"))
    if not found:
        raise SystemExit(f"no models in {MODELS}; name .tflite files")
    return found


def _line(record: Record) -> str:
    exact = {True: "exact", False: "DIFFERS", None: "no reference"}[record.exact]
    parts = [f"{record.model:28} {record.target:11} {record.memory:9} {exact:8}"]
    if record.instructions is not None:
        parts.append(f"{record.instructions:>11,} instructions")
    if record.microseconds is not None:
        parts.append(f"{record.microseconds:>9.1f} us")
    if record.ram_bytes is not None:
        parts.append(f"RAM {record.ram_bytes:>8,}")
    if record.flash_bytes is not None:
        parts.append(f"flash {record.flash_bytes:>8,}")
    for name in ("ratio_instructions", "ratio_ram", "ratio_flash", "speedup", "slowdown"):
        value = getattr(record, name)
        if value is not None:
            parts.append(f"{name.removeprefix('ratio_')} x{value:.2f}")
    if record.missed:
        parts.append(f"MISSED: {'; '.join(record.missed)}")
    return "  ".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
