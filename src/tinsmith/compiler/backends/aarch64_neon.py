"""Kernels for vector instructions of 64-bit Arm."""

from __future__ import annotations

from tinsmith.compiler.backends.base import Backend

AARCH64_NEON = Backend("aarch64_neon", "64-bit Arm: NEON, dot product where there is one", {})
