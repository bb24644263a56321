"""Running one compiled network by itself: results, and what each of its layers costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import CompiledModel, Port
from tinsmith.core.errors import DatasetError
from tinsmith.core.paths import runtime_dir
from tinsmith.emulation.report import ENTRY, Cost, Layout, RunReport
from tinsmith.emulation.run import run
from tinsmith.toolchain import Build, BuildRequest, Generated, Target, build

Values = npt.NDArray[Any]

_SOURCE = "sdk/tin_network_windows.c"
_READ = "tin_network_read"


@dataclass(frozen=True)
class NetworkRun:
    """Results and costs of a network.

    Args:
        outputs: For each input set, the values of each output, typed and shaped.
        instructions: Of one inference, inputs and outputs not copied; None off firmware.
        layers: Instructions of each layer, in order of execution; empty off firmware.
        report: The run as a whole.
    """

    outputs: tuple[tuple[Values, ...], ...]
    instructions: int | None
    layers: tuple[Cost, ...]
    report: RunReport


def build_network(compiled: CompiledModel, name: str, target: Target) -> Build:
    """The smallest program that runs the network.

    Args:
        name: The name it was compiled under.

    Raises:
        BuildError: The compiler refused.
    """
    root = runtime_dir() / "src"
    sources: tuple[Path | Generated, ...] = (
        Generated(f"{name}.h", compiled.header),
        Generated(f"{name}.c", compiled.source),
        *(root / path for path in (*compiled.core_sources, _SOURCE)),
    )
    defines = (f"TIN_NETWORK={name}",)
    return build(BuildRequest(target, sources, defines=defines, exports=(ENTRY,)))


def run_network(
    compiled: CompiledModel,
    name: str,
    target: Target,
    inputs: Sequence[Sequence[Values]],
    *,
    threads: int = 0,
) -> NetworkRun:
    """Builds a network and runs it on sets of inputs, each independent of the others.

    Args:
        inputs: For each run, one array for each input of the network, quantised as it takes them.

    Raises:
        DatasetError: Inputs of another number, type or shape than the network takes.
        VerificationError: The build faults or writes where it must not.
    """
    windows = np.stack([_flatten(compiled.inputs, arrays) for arrays in inputs])
    layout = Layout(
        window_length=windows.shape[1],
        num_features=0,
        num_values=sum(math.prod(port.shape) for port in compiled.outputs),
        scratch_bytes=compiled.arena_bytes,
    )
    is_firmware = target.is_firmware
    symbols = [layer.symbol for layer in compiled.layers]
    markers = (f"{name}_invoke", *symbols, _READ) if is_firmware else ()
    made = build_network(compiled, name, target)
    report = run(made, layout, windows, markers=markers, threads=threads)
    spent = _spent(report.trace)
    layers = tuple(Cost(symbol, spent.get(symbol, 0)) for symbol in symbols)
    return NetworkRun(
        outputs=tuple(_shaped(compiled.outputs, row) for row in report.values),
        instructions=sum(spent.get(marker, 0) for marker in markers[:-1]) if is_firmware else None,
        layers=layers if is_firmware else (),
        report=report,
    )


def random_inputs(ports: Sequence[Port], count: int, seed: int = 0) -> list[list[Values]]:
    """Sets of inputs; the first four saturate integers: smallest, largest, zero, either end."""
    rng = np.random.default_rng(seed)
    return [[_random(port, index, rng) for port in ports] for index in range(count)]


def _random(port: Port, index: int, rng: np.random.Generator) -> Values:
    if port.dtype == "float32":
        size = (1.0, 10.0, 0.1, 0.0)[index % 4]
        return (rng.standard_normal(port.shape) * size).astype(np.float32)
    if port.dtype == "bool":
        return rng.integers(0, 2, port.shape).astype(np.bool_)
    limits = np.iinfo(port.dtype) if port.dtype in ("int8", "int16") else None
    low, high = (int(limits.min), int(limits.max)) if limits else (-1000, 1000)
    if index < 3:
        return np.full(port.shape, (low, high, 0)[index], port.dtype)
    if index == 3:
        return rng.choice([low, high], port.shape).astype(port.dtype)
    return rng.integers(low, high + 1, port.shape).astype(port.dtype)


def _flatten(ports: Sequence[Port], arrays: Sequence[Values]) -> npt.NDArray[np.float32]:
    expected = [(port.dtype, port.shape) for port in ports]
    found = [(array.dtype.name, array.shape) for array in arrays]
    if found != expected:
        raise DatasetError(f"inputs are {found}; the network takes {expected}")
    return np.concatenate([array.reshape(-1).astype(np.float32) for array in arrays])


def _shaped(ports: Sequence[Port], row: npt.NDArray[np.float32]) -> tuple[Values, ...]:
    edges = np.cumsum([math.prod(port.shape) for port in ports])[:-1]
    parts = np.split(row, edges)
    return tuple(
        part.astype(port.dtype).reshape(port.shape) for part, port in zip(parts, ports, strict=True)
    )


def _spent(trace: Sequence[Cost]) -> dict[str, int]:
    """Instructions by marker; row-by-row layers are entered many times."""
    found: dict[str, int] = {}
    for cost in trace:
        found[cost.name] = found.get(cost.name, 0) + cost.instructions
    return found
