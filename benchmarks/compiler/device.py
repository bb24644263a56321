"""Models on emulated microcontrollers and in WebAssembly: exactness, instructions, memory."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compiler.record import Record, missed_goals, peer
from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.emulation.network import NetworkRun, Values, random_inputs, run_network
from tinsmith.toolchain import target as find_target

_NAME = "network"


def measure(path: Path, target_name: str, memory: str, count: int) -> Record:
    """Compiles, builds and runs a model, and compares `count` inferences with the reference."""
    target = find_target(target_name)
    started = time.perf_counter()
    compiled = compile_model(path.read_bytes(), name=_NAME, backend=target.backend, memory=memory)
    compile_s = time.perf_counter() - started
    inputs = random_inputs(compiled.inputs, count, seed=1)
    done = run_network(compiled, _NAME, target, inputs)
    counts = peer(path.stem, target_name)
    record = Record(
        model=path.stem,
        target=target_name,
        memory=memory,
        exact=agrees(path, inputs, done.outputs),
        inputs=count,
        instructions=done.instructions,
        ram_bytes=compiled.arena_bytes,
        scratch_bytes=max((step.scratch_bytes for step in compiled.plan.steps), default=0),
        stack_bytes=done.report.stack_bytes,
        flash_bytes=done.report.flash_bytes,
        compile_s=round(compile_s, 3),
        ratio_instructions=_ratio(done.instructions, counts.get("instructions")),
        ratio_ram=_ratio(compiled.arena_bytes, counts.get("ram_bytes")),
        ratio_flash=_ratio(done.report.flash_bytes, counts.get("flash_bytes")),
        slowdown=_slowdown(path, target_name, compiled, done) if memory != "balanced" else None,
    )
    return dataclasses.replace(record, missed=missed_goals(record))


def _slowdown(
    path: Path, target_name: str, compiled: CompiledModel, done: NetworkRun
) -> float | None:
    target = find_target(target_name)
    balanced = compile_model(path.read_bytes(), name=_NAME, backend=target.backend)
    usual = run_network(balanced, _NAME, target, random_inputs(compiled.inputs, 1))
    return _ratio(done.instructions, usual.instructions)


def _ratio(ours: int | None, theirs: int | None) -> float | None:
    return None if ours is None or not theirs else round(ours / theirs, 3)


def agrees(
    path: Path, inputs: Sequence[Sequence[Values]], outputs: Sequence[Sequence[Values]]
) -> bool | None:
    """Whether outputs equal those of the reference interpreter; None when it refuses the model."""
    from tflite_micro import runtime

    with _quiet():
        try:
            reference = runtime.Interpreter.from_bytes(path.read_bytes(), arena_size=1 << 21)
        except RuntimeError:
            return None
    for given, found in zip(inputs, outputs, strict=True):
        for index, value in enumerate(given):
            reference.set_input(value, index)
        reference.invoke()
        if not all(_same(value, reference.get_output(i)) for i, value in enumerate(found)):
            return False
    return True


def _same(ours: Values, theirs: Any) -> bool:
    if ours.dtype != np.float32:
        return np.array_equal(ours, theirs)
    limit = 1e-5 * float(np.abs(theirs).max())
    return np.allclose(ours, theirs, rtol=1e-5, atol=limit)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the reference interpreter's messages off the terminal."""
    with tempfile.TemporaryFile() as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
