"""Constant tables of blocks, made at design time: the same bits on every machine.

Angles go through the C core's own sine and cosine, because those of the operating system's
library differ in the last digit from one machine to the next.
"""

from __future__ import annotations

import ctypes
import functools
import math

import numpy as np
import numpy.typing as npt

from tinsmith.core.cvalue import Array, Struct
from tinsmith.core.errors import DesignError
from tinsmith.core.paths import runtime_dir
from tinsmith.toolchain import BuildRequest, build, load, target

_EXPORTS = ("tin_sin", "tin_cos", "tin_fft_tables_size", "tin_fft_tables")

# Lengths the FFT of the C core takes.
MIN_FFT_LENGTH = 4
MAX_FFT_LENGTH = 4096


def sin(x: float) -> float:
    """Sine of |x| <= 2^20 in double precision."""
    return float(_library().tin_sin(x))


def cos(x: float) -> float:
    """Cosine of |x| <= 2^20 in double precision."""
    return float(_library().tin_cos(x))


@functools.cache
def fft(length: int) -> Struct:
    """A `tin_fft`: the plan of a real FFT of `length` values, a power of two from 4 to 4096.

    Raises:
        DesignError: Another length.
    """
    if not MIN_FFT_LENGTH <= length <= MAX_FFT_LENGTH or length & (length - 1):
        raise DesignError(
            f"the FFT length is {length}; expected a power of two from {MIN_FFT_LENGTH} to "
            f"{MAX_FFT_LENGTH}"
        )
    library = _library()
    twiddles = np.zeros(library.tin_fft_tables_size(length), dtype=np.float32)
    library.tin_fft_tables(length, twiddles.ctypes.data)
    return Struct("tin_fft", (("length", length), ("twiddles", Array.f32(twiddles))))


@functools.cache
def dct(rows: int, columns: int) -> npt.NDArray[np.float32]:
    """First `rows` basis vectors of the orthonormal DCT-II of `columns` values, [rows, columns]."""
    scale = math.sqrt(2.0 / columns)
    table = [
        [scale * cos(math.pi * row * (2 * column + 1) / (2 * columns)) for column in range(columns)]
        for row in range(rows)
    ]
    basis = np.array(table, dtype=np.float64)
    basis[0] = math.sqrt(1.0 / columns)
    return basis.astype(np.float32)


@functools.cache
def _library() -> ctypes.CDLL:
    request = BuildRequest(
        target=target("host"),
        sources=(runtime_dir() / "src" / "dsp" / "tin_tables.c",),
        exports=_EXPORTS,
    )
    library = load(build(request))
    for function in (library.tin_sin, library.tin_cos):
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.c_double]
    library.tin_fft_tables_size.restype = ctypes.c_int32
    library.tin_fft_tables_size.argtypes = [ctypes.c_int32]
    library.tin_fft_tables.restype = None
    library.tin_fft_tables.argtypes = [ctypes.c_int32, ctypes.c_void_p]
    return library
