"""Signals brought to another sampling rate."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from tinsmith.core.errors import DesignError
from tinsmith.signals.types import Signal

MAX_RATIO = 10_000.0
_MAX_FACTOR = 1000


def resample(signal: Signal, interval_ms: float) -> Signal:
    """`signal` at `interval_ms` between frames, by polyphase filtering.

    The result has max(1, ceil(f_out / f_in * frames)) frames. The ratio is approximated by a
    fraction of whole numbers up to 1000 (larger only for ratios below 1/1000), which is exact for
    every pair of usual rates. Ends are continued with the first and last value, so that a constant
    (gravity) does not sag there.

    Raises:
        DesignError: The signal has no time, or the rates are absurdly far apart.
    """
    if interval_ms == signal.interval_ms:
        return signal
    if signal.interval_ms <= 0 or not interval_ms > 0 or not math.isfinite(interval_ms):
        raise DesignError(
            f"cannot resample from {signal.interval_ms:g} ms to {interval_ms:g} ms; "
            "both intervals must be above 0",
            hint="features without time cannot be mixed with recordings",
        )
    ratio = signal.interval_ms / interval_ms
    if not 1 / MAX_RATIO <= ratio <= MAX_RATIO:
        raise DesignError(
            f"cannot resample from {signal.interval_ms:g} ms to {interval_ms:g} ms: "
            f"the rates are more than {MAX_RATIO:g} times apart"
        )
    values = _polyphase(signal.values, ratio, resampled_length(signal.frames, ratio))
    return Signal(values, interval_ms, signal.sensors)


def resampled_length(frames: int, ratio: float) -> int:
    """max(1, ceil(ratio * frames)), where `ratio` is output rate over input rate.

    A product that is whole but for rounding of the ratio counts as whole.
    """
    product = ratio * frames
    nearest = round(product)
    whole = abs(product - nearest) < 1e-9 * max(1.0, product)
    return max(1, nearest if whole else math.ceil(product))


def _polyphase(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], ratio: float, length: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    from scipy.signal import resample_poly

    fraction = _fraction(ratio)
    if fraction == 1:
        result = values.astype(np.float64)
    else:
        result = resample_poly(
            values.astype(np.float64), fraction.numerator, fraction.denominator, padtype="edge"
        )
    if len(result) < length:
        result = np.concatenate([result, np.repeat(result[-1:], length - len(result), axis=0)])
    return np.ascontiguousarray(result[:length], dtype=np.float32)


def _fraction(ratio: float) -> Fraction:
    """The closest fraction whose larger part needs no more than about 1000 times the other."""
    if ratio > 1:
        return 1 / _fraction(1 / ratio)
    limit = max(_MAX_FACTOR, math.ceil(2 / ratio))
    return Fraction(ratio).limit_denominator(limit)
