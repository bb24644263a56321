"""Kernels for vector instructions of 64-bit Arm: those for 128-bit vectors."""

from __future__ import annotations

from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.backends.simd128 import LOWERINGS, TUNED_TYPES

AARCH64_NEON = Backend(
    "aarch64_neon",
    "64-bit Arm: NEON, dot product where there is one",
    LOWERINGS,
    is_thrifty=False,
    types=TUNED_TYPES,
)
