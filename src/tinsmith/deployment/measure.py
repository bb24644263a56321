"""What a compiled model costs on its target, and whether it computes there what it does here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.core.errors import UnsupportedError
from tinsmith.emulation import Cost
from tinsmith.emulation.cycles import Board, estimate
from tinsmith.emulation.network import random_inputs, run_network
from tinsmith.toolchain import Target
from tinsmith.toolchain import target as find_target

_INPUTS = 6


@dataclass(frozen=True)
class Measurement:
    """One model on one target.

    Args:
        target: Its name.
        instructions: Of one inference; None off Cortex-M.
        layers: Instructions by symbol, in order of execution.
        stack_bytes, flash_bytes: Of the smallest program that runs it; None off Cortex-M.
        inputs: How many random and saturating inputs were run.
        same_as_host: All their outputs have the same bits on this computer.
    """

    target: str
    instructions: int | None
    layers: tuple[Cost, ...]
    stack_bytes: int | None
    flash_bytes: int | None
    inputs: int
    same_as_host: bool


def measure_model(tflite: bytes, compiled: CompiledModel, name: str, target: Target) -> Measurement:
    """Builds the model for its target and for this computer, each with its kernels, and runs both.

    Args:
        tflite: The model file.
        compiled: The same model, compiled for `target` under `name`.

    Raises:
        UnsupportedError: Builds for the target cannot be run here.
        BuildError: The compiler refused.
    """
    if target.family == "linux":
        raise UnsupportedError(
            f"builds for {target.name} cannot be run here",
            hint="choose host, wasm32 or a cortex-m core",
        )
    host = find_target("host")
    inputs = random_inputs(compiled.inputs, _INPUTS)
    done = run_network(compiled, name, target, inputs)
    here = run_network(compile_model(tflite, name=name, backend=host.backend), name, host, inputs)
    same = all(
        np.array_equal(_bits(one), _bits(other))
        for ours, theirs in zip(done.outputs, here.outputs, strict=True)
        for one, other in zip(ours, theirs, strict=True)
    )
    return Measurement(
        target=target.name,
        instructions=done.instructions,
        layers=done.layers,
        stack_bytes=done.report.stack_bytes,
        flash_bytes=done.report.flash_bytes,
        inputs=_INPUTS,
        same_as_host=same,
    )


def _bits(values: np.typing.NDArray[Any]) -> np.typing.NDArray[Any]:
    return values.reshape(-1).view(np.uint8)


def plan_document(
    compiled: CompiledModel, target: Target, found: Measurement | None, board: Board | None
) -> dict[str, Any]:
    """Everything known about a compiled model as plain values: the content of `plan.json`."""
    document: dict[str, Any] = {
        "target": target.name,
        "arena_bytes": compiled.arena_bytes,
        "weights_bytes": compiled.weights_bytes,
        "inputs": [asdict(port) for port in compiled.inputs],
        "outputs": [asdict(port) for port in compiled.outputs],
        "layers": [asdict(layer) for layer in compiled.layers],
        "removed": [asdict(item) for item in compiled.removed],
        "plan": asdict(compiled.plan),
    }
    if found:
        document["measured"] = asdict(found)
    if found and board and found.instructions is not None:
        time = asdict(estimate(found.instructions, board))
        document["estimate"] = {"board": board.name, **time}
    return document
