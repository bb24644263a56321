"""One measurement, what others reach, and what a release must reach."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Record:
    """One model on one target.

    Args:
        model: File name without its ending.
        memory: The compiler's mode: `balanced` or `smallest`.
        exact: Every output equals the reference interpreter's: bit for bit for integers, within
            1e-5 of the largest for float32; None when the reference cannot run the model.
        inputs: How many inputs were compared, saturating ones among them.
        instructions: Of one inference.
        ram_bytes: Activations, kernel scratch and state; the stack stands beside it.
        scratch_bytes: The largest kernel scratch, part of `ram_bytes`.
        stack_bytes: Deepest stack, with that of the calling program.
        flash_bytes: The smallest linked program, weights included.
        microseconds, peer_microseconds: One inference of ours and of LiteRT with XNNPACK.
        compile_s: From the model file to C.
        build_s: From the model file to a library or firmware, nothing cached.
        ratio_instructions, ratio_ram, ratio_flash: Ours by TensorFlow Lite Micro's with CMSIS-NN.
        speedup: Times as fast as LiteRT with XNNPACK.
        slowdown: Instructions by those of the balanced mode.
        missed: Goals not reached, as text.
    """

    model: str
    target: str
    memory: str
    exact: bool | None
    inputs: int
    instructions: int | None = None
    ram_bytes: int | None = None
    scratch_bytes: int | None = None
    stack_bytes: int | None = None
    flash_bytes: int | None = None
    microseconds: float | None = None
    peer_microseconds: float | None = None
    compile_s: float | None = None
    build_s: float | None = None
    ratio_instructions: float | None = None
    ratio_ram: float | None = None
    ratio_flash: float | None = None
    speedup: float | None = None
    slowdown: float | None = None
    missed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values; what does not apply is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def peer(model: str, target: str) -> dict[str, int]:
    """Counts of TensorFlow Lite Micro with CMSIS-NN; empty where there are none."""
    with (_HERE / "peers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row.pop("model"), row.pop("target")) == (model, target):
                return {name: int(value) for name, value in row.items()}
    return {}


def missed_goals(record: Record) -> tuple[str, ...]:
    """Which goals the record misses; results that differ from the reference always count."""
    goals = tomllib.loads((_HERE / "goals.toml").read_text(encoding="utf-8"))
    wanted = goals.get(record.target, {}).get(record.memory, {}).get(record.model, {})
    known = {field.name for field in fields(Record)}
    missed = [] if record.exact is not False else ["exact"]
    for name, goal in wanted.items():
        assert name in known, f"goals.toml: unknown measurement {name}"
        value = getattr(record, name)
        if value is None:
            continue
        is_met = value >= goal if name == "speedup" else value <= goal
        if not is_met:
            missed.append(f"{name} {value:,} (goal {goal:,})")
    return tuple(missed)
