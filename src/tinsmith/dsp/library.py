"""The C core's blocks as one host library, built once and loaded once."""

from __future__ import annotations

import ctypes
import functools

from tinsmith.core.paths import runtime_dir
from tinsmith.dsp.block import Block
from tinsmith.dsp.registry import BLOCKS
from tinsmith.toolchain import BuildRequest, build, load, target

# Frames or windows that go through the same operations side by side (see tin_lanes.h).
LANES = 16
_HOST_SOURCES = (
    "port/tin_extract.c",
    "port/tin_post.c",
    "post/tin_kmeans.c",
    "post/tin_scaler.c",
)
_HOST_FUNCTIONS = ("tin_extract", "tin_scaler_rows", "tin_kmeans_rows")
_BLOCK_FUNCTIONS = ("init", "run", "buffer_size", "config_size")


@functools.cache
def library(*, lanes: int = LANES) -> ctypes.CDLL:
    """All blocks, compiled for this CPU with `lanes` lanes; 1 is the build devices have.

    Raises:
        BuildError: The compiler refused.
    """
    sources = {source for block in BLOCKS.values() for source in block.sources}
    exports = [_symbol(block, name) for block in BLOCKS.values() for name in _functions(block)]
    request = BuildRequest(
        target=target("host"),
        sources=tuple(runtime_dir() / "src" / name for name in sorted({*sources, *_HOST_SOURCES})),
        include_dirs=(runtime_dir() / "src" / "dsp",),
        defines=(f"TIN_LANES={lanes}",),
        exports=(*_HOST_FUNCTIONS, *exports),
        optimise="-O3",
    )
    loaded = load(build(request))
    for block in BLOCKS.values():
        for name in _functions(block):
            getattr(loaded, _symbol(block, name)).restype = ctypes.c_int32
    return loaded


def function(block: Block, name: str, *, lanes: int = LANES) -> ctypes._NamedFuncPointer:
    """A function of a block: `init`, `run`, `buffer_size`, `config_size`, perhaps `run_batch`."""
    found: ctypes._NamedFuncPointer = getattr(library(lanes=lanes), _symbol(block, name))
    return found


def _functions(block: Block) -> tuple[str, ...]:
    return (*_BLOCK_FUNCTIONS, "run_batch") if block.batched else _BLOCK_FUNCTIONS


def _symbol(block: Block, name: str) -> str:
    return f"tin_{block.stem}_{name}"
