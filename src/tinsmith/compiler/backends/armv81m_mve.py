"""Kernels for vector instructions of Cortex-M55 and M85."""

from __future__ import annotations

from tinsmith.compiler.backends.base import Backend

ARMV81M_MVE = Backend("armv81m_mve", "Cortex-M with vector instructions: M55, M85", {})
