"""Kernels tuned for kinds of processor: one file here and one folder in `runtime/src/nn` each."""

from tinsmith.compiler.backends.aarch64_neon import AARCH64_NEON
from tinsmith.compiler.backends.armv7em_dsp import ARMV7EM_DSP
from tinsmith.compiler.backends.armv81m_mve import ARMV81M_MVE
from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.backends.scalar32 import SCALAR32
from tinsmith.compiler.backends.wasm_simd import WASM_SIMD
from tinsmith.compiler.backends.x86_avx2 import X86_AVX2
from tinsmith.core.errors import DesignError

BACKENDS: dict[str, Backend] = {
    backend.name: backend
    for backend in (
        Backend("generic", "portable C", {}),
        AARCH64_NEON,
        ARMV7EM_DSP,
        ARMV81M_MVE,
        SCALAR32,
        WASM_SIMD,
        X86_AVX2,
    )
}


def find_backend(name: str) -> Backend:
    """The backend called `name`.

    Raises:
        DesignError: There is no such backend.
    """
    if name not in BACKENDS:
        raise DesignError(f"unknown backend {name!r}; expected one of {', '.join(BACKENDS)}")
    return BACKENDS[name]


__all__ = ["BACKENDS", "Backend", "find_backend"]
