"""Compiled models on this machine against LiteRT with XNNPACK, one thread each, in turns.

    python -m benchmarks.compiler.host [MODEL...]

Ours is a host library whose inference a C loop repeats, as firmware or a native program calls it.
LiteRT is called through its Python interface, `Interpreter.invoke()`, as most who use it do; that
costs it about half a microsecond a call, which only the smallest model notices.
"""

from __future__ import annotations

import ctypes
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compiler.device import agrees
from benchmarks.compiler.record import Record, missed_goals
from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.core.paths import runtime_dir
from tinsmith.emulation.network import Values, random_inputs, run_network
from tinsmith.toolchain import Build, BuildRequest, Generated, build, load
from tinsmith.toolchain import target as find_target

SECONDS = 2.0  # for each model
_BATCH_S = 0.001  # long against the clock, short against a neighbour's turn
_NAME = "network"
_REPEAT = f"""
#include "{_NAME}.h"

void tin_bench_repeat(void *arena, int32_t count);

void tin_bench_repeat(void *arena, int32_t count) {{
    for (; count > 0; count--) {{
        {_NAME}.invoke(arena);
    }}
}}
"""


def measure(path: Path, count: int, seconds: float = SECONDS) -> Record:
    """Compiles, builds and times a model, and compares `count` inferences with the reference."""
    target = find_target("host")
    with _empty_cache():
        started = time.perf_counter()
        compiled = compile_model(path.read_bytes(), name=_NAME, backend=target.backend)
        compile_s = time.perf_counter() - started
        library = load(_build(compiled))
        build_s = time.perf_counter() - started
        inputs = random_inputs(compiled.inputs, count, seed=1)
        done = run_network(compiled, _NAME, target, inputs, threads=1)
        exact = agrees(path, inputs, done.outputs)
    last = inputs[-1]
    ours, theirs = in_turns(_ours(library, compiled, last), _litert(path, last), seconds)
    record = Record(
        model=path.stem,
        target="host",
        memory="balanced",
        exact=exact,
        inputs=count,
        ram_bytes=compiled.arena_bytes,
        microseconds=round(ours * 1e6, 3),
        peer_microseconds=None if theirs is None else round(theirs * 1e6, 3),
        compile_s=round(compile_s, 3),
        build_s=round(build_s, 3),
        speedup=None if theirs is None else round(theirs / ours, 3),
    )
    return dataclasses.replace(record, missed=missed_goals(record))


@contextmanager
def _empty_cache() -> Iterator[None]:
    """Builds in here start from nothing."""
    before = os.environ.get("TINSMITH_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TINSMITH_CACHE_DIR"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["TINSMITH_CACHE_DIR"]
            else:
                os.environ["TINSMITH_CACHE_DIR"] = before


def _build(compiled: CompiledModel) -> Build:
    sources: tuple[Path | Generated, ...] = (
        Generated(f"{_NAME}.h", compiled.header),
        Generated(f"{_NAME}.c", compiled.source),
        Generated("repeat.c", _REPEAT),
        *(runtime_dir() / "src" / path for path in compiled.core_sources),
    )
    return build(BuildRequest(find_target("host"), sources, exports=("tin_bench_repeat",)))


def _ours(
    library: ctypes.CDLL, compiled: CompiledModel, inputs: Sequence[Values]
) -> Callable[[int], None]:
    """Repeats our inference so many times."""
    arena = np.zeros(compiled.arena_bytes + 64, np.uint8)
    start = -arena.ctypes.data % 64
    for port, value in zip(compiled.inputs, inputs, strict=True):
        raw = np.ascontiguousarray(value).view(np.uint8).ravel()
        arena[start + port.offset :][: raw.size] = raw
    repeat = library.tin_bench_repeat
    repeat.argtypes, repeat.restype = [ctypes.c_void_p, ctypes.c_int32], None

    def run(count: int) -> None:
        repeat(arena.ctypes.data + start, count)

    return run


def _litert(path: Path, inputs: Sequence[Values]) -> Callable[[int], None] | None:
    """Repeats LiteRT's inference so many times; None when it refuses the model."""
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter: Any = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError):
        return None
    for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)

    def run(count: int) -> None:
        for _ in range(count):
            interpreter.invoke()

    return run


def in_turns(
    ours: Callable[[int], None], theirs: Callable[[int], None] | None, seconds: float
) -> tuple[float, float | None]:
    """Seconds of processor time of one call each: the fastest of many short batches."""
    calls = [ours] if theirs is None else [ours, theirs]
    counts = [_batch(call) for call in calls]
    best = [float("inf")] * len(calls)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for index, (call, count) in enumerate(zip(calls, counts, strict=True)):
            best[index] = min(best[index], _timed(call, count))
    return best[0], None if theirs is None else best[1]


def _batch(call: Callable[[int], None]) -> int:
    """How many calls last long enough."""
    count = 1
    while _timed(call, count) * count < _BATCH_S:
        count *= 2
    return count


def _timed(call: Callable[[int], None], count: int) -> float:
    start = time.process_time()
    call(count)
    return (time.process_time() - start) / count


def main(arguments: Sequence[str]) -> int:
    """Prints a line for each model; 1 when one misses its goal."""
    from benchmarks.compiler.__main__ import MODELS

    paths = [
        Path(name) if name.endswith(".tflite") else MODELS / f"{name}.tflite" for name in arguments
    ]
    print(
        "ours: C loop around the inference; LiteRT: Interpreter.invoke() from Python; microseconds"
    )
    missed = False
    for path in paths or sorted(MODELS.glob("*.tflite")):
        record = measure(path, 12)
        missed |= bool(record.missed)
        print(
            f"{record.model:30} ours {record.microseconds:9.2f}  LiteRT "
            f"{record.peer_microseconds or float('nan'):9.2f}"
            f"  x{record.speedup or float('nan'):.2f}"
            f"  build {record.build_s:.1f} s  exact {record.exact}  {'; '.join(record.missed)}",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
