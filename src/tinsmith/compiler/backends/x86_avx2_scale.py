"""Scaling of int8 sums by one float multiplication, where that is exact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_SEARCH = 12  # factors tried on either side of the nearest one
_EXACT = 1 << 24  # integers below it are floats
_AROUND = 4  # a threshold lies at most so far from where its real factor puts it

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.int64]


def find_scales(
    multiplier: Wide, shift: Wide, reach: int, outputs: tuple[int, int, int]
) -> tuple[Floats, Floats] | None:
    """Factors and offsets with clamp(floor(factor * sum + offset)) equal to the reference's output.

    Outputs never fall as sums grow: it is enough that every output begins at the same sum as in the
    reference. Multiplied and added without rounding (or rounded down, which the floor does anyway)
    both sides of each such step are checked here in exact arithmetic.

    Args:
        multiplier, shift: Of each channel, as in `tin_requantize`; shifts below 0.
        reach: No sum is larger.
        outputs: Zero point, minimum and maximum.

    Returns:
        Of each channel; None when some channel has no such pair.
    """
    zero_point, low, high = outputs
    if reach >= _EXACT or not multiplier.all() or low == high:
        return None
    values = np.arange(low + 1, high + 1, dtype=np.int64)
    first = _thresholds(multiplier, shift, values - zero_point)
    if first is None:
        return None
    is_reached = np.abs(first) <= reach
    nearest = (multiplier * 2.0 ** (shift - 31)).astype(np.float32)
    steps = sorted(range(-_SEARCH, _SEARCH + 1), key=abs)
    found = np.full(len(multiplier), np.nan, np.float32)
    factors = nearest.copy()
    for step in steps:
        trial = (nearest.view(np.int32) + step).astype(np.int32).view(np.float32)
        wide = trial.astype(np.float64)[:, None]
        least = np.where(is_reached, values - first * wide, -np.inf).max(axis=1)
        limit = np.where(is_reached, values - (first - 1) * wide, np.inf).min(axis=1)
        least, limit = np.maximum(least, -1e6), np.minimum(limit, 1e6)
        middle = ((least + limit) / 2).astype(np.float32)
        is_new = (least <= middle) & (middle < limit) & np.isnan(found)
        found[is_new], factors[is_new] = middle[is_new], trial[is_new]
        if not np.isnan(found).any():
            return factors, found
    return None


def _thresholds(multiplier: Wide, shift: Wide, values: Wide) -> Wide | None:
    """The smallest sum that gives at least each value, [channels][values]; None: not found."""
    real = 2.0 ** (31 - shift) / multiplier
    middle = np.floor((values - 0.5) * real[:, None]).astype(np.int64)
    candidates = middle[:, :, None] + np.arange(-_AROUND, _AROUND + 1)
    factors, shifts = multiplier[:, None, None], -shift[:, None, None]
    products = (candidates * factors + (1 << 30)) >> 31
    mask = (1 << shifts) - 1
    threshold = (mask >> 1) + (products < 0)
    outputs = (products >> shifts) + ((products & mask) > threshold)
    too_small = (outputs < values[:, None]).sum(axis=2)
    if too_small.min() == 0 or too_small.max() == candidates.shape[2]:
        return None
    found: Wide = candidates[:, :, 0] + too_small
    return found
