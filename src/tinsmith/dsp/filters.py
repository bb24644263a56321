"""Design of the filters of the spectral block: Butterworth, and Chebyshev against aliasing.

A section is w²/(s² + 2 d w s + w²) (low-pass) or s²/(the same) (high-pass), brought to discrete
time by the bilinear transform; `tin/cascade.h` says what its five coefficients are. All is computed
in double precision with the C core's sine and cosine, and rounded to float32 once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from tinsmith.core.cvalue import Array, Struct
from tinsmith.dsp import tables

# Chebyshev type I of order 8 with 0.05 dB ripple: with e² = 10^0.005 - 1 and m = asinh(1/e)/8, the
# poles lie at -sinh(m) sin t + j cosh(m) cos t for t = (2i + 1) π/16, and the gain at 0 Hz is
# 10^(-0.05/20).
_CHEBYSHEV_SINH = 0.3738646853549862
_CHEBYSHEV_COSH = 1.0676023618162254
_CHEBYSHEV_GAIN = 0.9942600739529567
_CHEBYSHEV_ORDER = 8
# Its cutoff, as a share of the new Nyquist frequency.
_CHEBYSHEV_CUTOFF = 0.8

NO_FILTER = Struct(
    "tin_cascade",
    (("coefficients", Array.f32([])), ("num_sections", 0), ("high_pass", 0), ("gain", 1.0)),
)


def butterworth(order: int, cutoff_hz: float, rate_hz: float, *, high_pass: bool) -> Struct:
    """A Butterworth filter of even order as a `tin_cascade`; cutoff below rate / 2."""
    warped = _tan(math.pi * cutoff_hz / rate_hz)
    dampings = [tables.sin(math.pi * (2 * i + 1) / (2 * order)) for i in range(order // 2)]
    # The most damped section first: later ones then see less of what they amplify.
    sections = [(warped, damping) for damping in reversed(dampings)]
    return _cascade(sections, high_pass=high_pass, gain=1.0)


def anti_aliasing(ratio: int) -> Struct:
    """The low-pass before keeping every `ratio`-th value, as a `tin_cascade`."""
    warped = _tan(math.pi * _CHEBYSHEV_CUTOFF / (2 * ratio))
    sections = []
    for i in reversed(range(_CHEBYSHEV_ORDER // 2)):
        angle = math.pi * (2 * i + 1) / (2 * _CHEBYSHEV_ORDER)
        real = _CHEBYSHEV_SINH * tables.sin(angle)
        imaginary = _CHEBYSHEV_COSH * tables.cos(angle)
        radius = math.sqrt(real * real + imaginary * imaginary)
        sections.append((warped * radius, real / radius))
    return _cascade(sections, high_pass=False, gain=_CHEBYSHEV_GAIN)


def _tan(angle: float) -> float:
    return tables.sin(angle) / tables.cos(angle)


def _cascade(sections: Iterable[tuple[float, float]], *, high_pass: bool, gain: float) -> Struct:
    rows = [_coefficients(warped, damping) for warped, damping in sections]
    return Struct(
        "tin_cascade",
        (
            ("coefficients", Array.f32(rows)),
            ("num_sections", len(rows)),
            ("high_pass", int(high_pass)),
            ("gain", gain),
        ),
    )


def _coefficients(g: float, damping: float) -> list[float]:
    k = 2 * damping
    u = 1 / (1 + g * (g + k))
    return [g * u, g * g * u, 2 * g * u, 2 * g * (g + k) * u, damping]
