"""Features of many windows through the C core, on all cores."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.cores import cores
from tinsmith.core.cvalue import Packed, pack
from tinsmith.core.errors import DatasetError, InternalError
from tinsmith.dsp.block import Block, BlockPlan
from tinsmith.dsp.library import LANES, function, library
from tinsmith.toolchain import ieee_floats

Floats = npt.NDArray[np.float32]

# Below this many input values, starting threads costs more than it saves.
_MIN_THREADED_VALUES = 200_000
# Pieces of work per thread, so that threads finish at about the same time.
_CHUNKS_PER_THREAD = 4
_VECTOR_BYTES = 64
# Bytes from one window's start to the next up to which the core's numbers count all lanes.
_MAX_STEP = 64 << 20


class _Extraction(ctypes.Structure):
    _fields_ = (
        ("run", ctypes.c_void_p),
        ("run_batch", ctypes.c_void_p),
        ("config", ctypes.c_void_p),
        ("window_length", ctypes.c_int32),
        ("step", ctypes.c_int32),
        ("num_features", ctypes.c_int32),
    )


def extract(block: Block, plan: BlockPlan, windows: Floats, *, threads: int = 0) -> Floats:
    """Features of every window.

    Args:
        block: The processing block.
        plan: The block configured for this kind of window.
        windows: float32 [n, values of a window], frames interleaved. Windows that overlap in memory
            are read where they lie; any other order of values is copied.
        threads: Threads to use; 0 means one per core.

    Returns:
        float32 [n, plan.num_features]; the same bits as any device computes.

    Raises:
        DatasetError: Windows of the wrong length, or with a NaN or an infinity.
        BuildError: The core could not be compiled on this machine.
    """
    windows = np.asarray(windows, dtype=np.float32)
    fields = dict(plan.config.fields)
    _check_windows(block, fields, windows)
    windows, step = _in_steps(fields, windows)
    config = _configure(block, plan, lanes=LANES)
    features = np.empty((windows.shape[0], plan.num_features), dtype=np.float32)
    scratch_size = int(function(block, "buffer_size")(ctypes.c_void_p(config.address)))
    job = _Extraction(
        ctypes.cast(function(block, "run"), ctypes.c_void_p),
        ctypes.cast(function(block, "run_batch"), ctypes.c_void_p) if block.batched else None,
        config.address,
        windows.shape[1],
        step,
        plan.num_features,
    )

    def run(chunk: slice) -> None:
        _extract_chunk(block, job, scratch_size, windows[chunk], features[chunk], chunk.start)

    workers = threads or cores()
    if workers == 1 or windows.size < _MIN_THREADED_VALUES:
        run(slice(0, windows.shape[0]))
        return features
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(run, _chunks(windows.shape[0], workers * _CHUNKS_PER_THREAD)):
            pass
    return features


def scratch_floats(block: Block, plan: BlockPlan) -> int:
    """Floats of working memory that the block needs on a device."""
    config = _configure(block, plan, lanes=1)
    return int(function(block, "buffer_size", lanes=1)(ctypes.c_void_p(config.address)))


def _extract_chunk(
    block: Block, job: _Extraction, scratch_size: int, windows: Floats, features: Floats, first: int
) -> None:
    scratch = np.empty(4 * scratch_size + _VECTOR_BYTES, dtype=np.uint8)
    aligned = scratch.ctypes.data + -scratch.ctypes.data % _VECTOR_BYTES
    core = library()
    with ieee_floats(core):
        done = core.tin_extract(
            ctypes.byref(job),
            ctypes.c_void_p(windows.ctypes.data),
            ctypes.c_int32(windows.shape[0]),
            ctypes.c_void_p(features.ctypes.data),
            ctypes.c_void_p(aligned),
        )
    if done == windows.shape[0]:
        return
    if not np.isfinite(windows[done]).all():
        place = int(np.flatnonzero(~np.isfinite(windows[done]))[0])
        raise DatasetError(
            f"window {first + done} holds {windows[done][place]} at value {place}; "
            "expected finite numbers",
            hint="repair or remove the recording this window comes from",
        )
    raise InternalError(f"block {block.name} failed on window {first + done}")


def _chunks(count: int, pieces: int) -> Iterator[slice]:
    size = max(1, -(-count // pieces))
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _check_windows(block: Block, fields: Mapping[str, Any], windows: Floats) -> None:
    if windows.ndim != 2:
        raise DatasetError(f"windows have {windows.ndim} dimensions; expected [windows, values]")
    frames, axes = fields.get("num_frames"), fields.get("num_axes")
    if isinstance(frames, int) and isinstance(axes, int) and windows.shape[1] != frames * axes:
        raise DatasetError(
            f"windows have {windows.shape[1]} values; block {block.name} was configured for "
            f"{frames} frames of {axes}, {frames * axes} values",
            hint="configure the block for these windows",
        )


def _in_steps(fields: Mapping[str, Any], windows: Floats) -> tuple[Floats, int]:
    """Windows whose starts lie whole frames apart in memory, and how many values."""
    axes = fields.get("num_axes")
    row, value = windows.strides
    frame = 4 * (axes if isinstance(axes, int) else 1)
    if value != 4 or row < 0 or row % frame or row > _MAX_STEP:
        windows = np.ascontiguousarray(windows)
        return windows, windows.shape[1]
    return windows, row // 4


# Configurations in memory, by identity of the plan, for as long as the plan lives: few windows at a
# time should not pay for laying them out again.
_CONFIGURED: dict[tuple[int, str, int], Packed] = {}


def _configure(block: Block, plan: BlockPlan, *, lanes: int) -> Packed:
    key = (id(plan), block.stem, lanes)
    if key not in _CONFIGURED:
        _CONFIGURED[key] = _checked_config(block, plan, lanes)
        weakref.finalize(plan, _CONFIGURED.pop, key, None).atexit = False
    return _CONFIGURED[key]


def _checked_config(block: Block, plan: BlockPlan, lanes: int) -> Packed:
    config = pack(plan.config)
    expected = int(function(block, "config_size", lanes=lanes)())
    if config.size != expected:
        raise InternalError(
            f"configuration of {block.name} has {config.size} bytes in Python, {expected} in C"
        )
    status = int(function(block, "init", lanes=lanes)(ctypes.c_void_p(config.address)))
    if status != 0:
        raise InternalError(f"the core refuses the configuration of {block.name}: {status}")
    return config
