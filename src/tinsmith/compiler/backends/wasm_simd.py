"""Kernels for 128-bit vectors of WebAssembly."""

from __future__ import annotations

from tinsmith.compiler.backends.base import Backend

WASM_SIMD = Backend("wasm_simd", "WebAssembly with 128-bit vectors", {})
