"""Damaged model files: each compiles, or is refused with a clear error, in bounded time.

The files under `corpus` come from small models of our own (`operator_cases`), by `tools/fuzz.py`.
Those whose name begins with what they show once broke the compiler.
"""

from __future__ import annotations

import dataclasses
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.compiler.backends import BACKENDS
from tinsmith.core.errors import InternalError, TinsmithError

_FILES = sorted(path for path in (Path(__file__).parent / "corpus").iterdir() if path.is_file())
_CHUNKS = 8
_LONGEST_S = 5.0
_MOST_BYTES = 1 << 20  # of arenas and inputs of models that are run


def _compiled(path: Path, memory: str, name: str = "network") -> CompiledModel | None:
    """None where the file is refused."""
    data, backends = path.read_bytes(), tuple(BACKENDS)
    backend = backends[zlib.crc32(data) % len(backends)]
    started = time.process_time()
    try:
        model = compile_model(data, name=name, backend=backend, memory=memory)
    except InternalError:
        raise
    except TinsmithError:
        model = None
    assert time.process_time() - started < _LONGEST_S, path.name
    return model


@pytest.mark.parametrize("memory", ["balanced", "smallest"])
@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_a_damaged_file_compiles_or_is_refused(chunk: int, memory: str) -> None:
    for path in _FILES[chunk::_CHUNKS]:
        _compiled(path, memory)


def test_part_of_the_corpus_compiles() -> None:
    assert any(_compiled(path, "balanced") is not None for path in _FILES)
    assert any(_compiled(path, "balanced") is None for path in _FILES)


def _extreme(bundle: Any) -> npt.NDArray[np.float32]:
    """Random and saturating inputs; floats that are not finite, too."""
    windows: npt.NDArray[np.float32] = bundle.windows(10)
    strange = (np.nan, np.inf, -np.inf, 3e38, 1e-40)
    end = 0
    for port in [port for m in bundle.compiled.values() for port in m.inputs] * bundle.steps:
        start, end = end, end + int(np.prod(port.shape))
        if port.dtype == "float32":
            for row, value in enumerate(strange):
                windows[-1 - row, start:end] = value
    return windows


def _is_small(model: CompiledModel) -> bool:
    ports = (*model.inputs, *model.outputs)
    size = sum(4 * int(np.prod(port.shape)) for port in ports)
    return max(model.arena_bytes, size, len(model.source)) < _MOST_BYTES


@pytest.mark.slow
def test_models_of_the_corpus_run_without_undefined_behaviour(
    bundle_of: Any, run_sanitized: Any
) -> None:
    compiled = {}
    for path in _FILES:
        name = f"model_{len(compiled)}"
        model = _compiled(path, "smallest", name)
        if model is not None and _is_small(model):
            compiled[name] = model
    bundle = dataclasses.replace(bundle_of({}), compiled=compiled)
    run_sanitized(bundle, _extreme(bundle))
