"""Scaling of int8 sums by one float multiplication, where that is exact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_SEARCH = 12  # factors tried on either side of the nearest one
_EXACT = 1 << 24  # integers below it are floats
_FAR = 1e6  # beyond every output
_AROUND = 4  # a threshold lies at most so far from where its real factor puts it

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.int64]


def find_scales(
    multiplier: Wide, shift: Wide, reach: int, outputs: tuple[int, int, int]
) -> tuple[Floats, Floats, Floats] | None:
    """Factors and offsets with clamp(floor(factor * sum + offset)) equal to the reference's output.

    There is an offset for sums below 0 and one for the others: the reference rounds away from 0.

    Outputs never fall as sums grow: it is enough that every output begins at the same sum as in the
    reference. Multiplied and added without rounding (or rounded down, which the floor does anyway)
    both sides of each such step are checked here in exact arithmetic.

    Args:
        multiplier, shift: Of each channel, as in `tin_requantize`; shifts below 0.
        reach: No sum is larger.
        outputs: Zero point, minimum and maximum.

    Returns:
        Factors, offsets, and offsets below 0 of each channel; None when one cannot be done so.
    """
    zero_point, low, high = outputs
    if reach >= _EXACT or not multiplier.all() or low == high:
        return None
    values = np.arange(low + 1, high + 1, dtype=np.int64)
    first = _thresholds(multiplier, shift, values - zero_point)
    if first is None:
        return None
    nearest = (multiplier * 2.0 ** (shift - 31)).astype(np.float32)
    factors, offsets = nearest.copy(), np.full((2, len(nearest)), np.nan, np.float32)
    is_open = np.full(len(nearest), True)
    for step in sorted(range(-_SEARCH, _SEARCH + 1), key=abs):
        trial = (nearest.view(np.int32) + step).astype(np.int32).view(np.float32)
        found = [_offsets(trial, first, values, side) for side in ((-reach, -1), (0, reach))]
        is_new = is_open & np.isfinite(found[0]) & np.isfinite(found[1])
        factors[is_new], is_open = trial[is_new], is_open & ~is_new
        offsets[:, is_new] = np.array(found)[:, is_new]
        if not is_open.any():
            return factors, offsets[1], offsets[0]
    return None


def _offsets(factors: Floats, first: Wide, values: Wide, side: tuple[int, int]) -> Floats:
    """Offsets that put the first sum of each value, and the last before it, where they belong.

    Args:
        first: Of each value, [channels][values].
        side: The smallest and largest sum that count.

    Returns:
        Of each channel, NaN where there is none.
    """
    wide = factors.astype(np.float64)[:, None]
    within = np.clip(first, side[0], side[1] + 1)  # values that begin beyond count at the edge
    least = np.where(within <= side[1], values - within * wide, -_FAR).max(axis=1)
    limit = np.where(within > side[0], values - (within - 1) * wide, _FAR).min(axis=1)
    middle = ((least + limit) / 2).astype(np.float32)
    return np.where((least <= middle) & (middle < limit), middle, np.float32(np.nan))


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
