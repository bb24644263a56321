"""Kernels for vector instructions of x86-64, chosen at run time."""

from __future__ import annotations

from tinsmith.compiler.backends.base import Backend

X86_AVX2 = Backend("x86_avx2", "x86-64: AVX2, AVX-VNNI or AVX-512 VNNI, found at run time", {})
