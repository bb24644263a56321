"""Kernels for 128-bit vectors of WebAssembly."""

from __future__ import annotations

from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.backends.simd128 import LOWERINGS, TUNED_TYPES

WASM_SIMD = Backend(
    "wasm_simd",
    "WebAssembly with 128-bit vectors",
    LOWERINGS,
    is_thrifty=False,
    types=TUNED_TYPES,
)
