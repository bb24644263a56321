"""Requantisation by one multiplication: (sum * factor + constant) / 2^bits, saturated to int8.

The reference rounds twice. As an output can only be one of 256 values, all that matters is from
which sum on it is at least k, for each k. The kernels' form puts these thresholds on a straight
line; here a line is found whose thresholds are those of the reference, for every sum that a channel
can have. There is none where a channel's negative sums are rounded away from zero, or where a
factor would have too few bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.scaling import Ints, Scaling

BITS = 2
"""Of the fraction when int8 is cut out of a result; more would not fit small shifts, fewer would
leave factors too few digits."""

_MOST_SHIFT = 20
_OFFSETS = (1 << 8, 1 << 16)
"""How many are tried at once, few first."""

_FACTOR_STEPS = sorted(range(-60, 61), key=abs)
"""From the exact factor: those beside it tilt the line a little."""

_LARGEST_SUM = 1 << 22


@dataclass(frozen=True)
class Lines:
    """Output = saturate8((round((sum + offset) * factor / 2^32) + constant) >> BITS).

    Where sums come times 256 (see tin_dsp_gemm), offsets count in 256ths and BITS is 8 more.

    Args:
        factor, offset, constant: [outputs]. The factor is 0 where all sums have one output.
    """

    factor: Ints
    offset: Ints
    constant: Ints


def lines_of(scaling: Scaling, weights: Ints, units: Ints) -> Lines | None:
    """Lines with the reference's outputs for all sums, or None where a channel has none.

    Args:
        weights: [outputs][depth].
        units: [outputs], 1 or 256: what sums are multiples of.
    """
    if scaling.from_zero:
        return None
    lowest = scaling.bias + np.minimum(127 * weights, -128 * weights).sum(axis=1)
    highest = scaling.bias + np.maximum(127 * weights, -128 * weights).sum(axis=1)
    count = len(weights)
    multipliers, shifts = (
        np.broadcast_to(values, count) for values in (scaling.multiplier, scaling.shift)
    )
    found: list[tuple[int, int, int]] = []
    for index in range(count):
        channel = _Channel(
            int(multipliers[index]),
            int(shifts[index]),
            scaling.zero_point,
            (int(lowest[index]), int(highest[index])),
            int(units[index]),
        )
        line = channel.line()
        if line is None:
            return None
        found.append(line)
    factor, offset, constant = np.array(found, np.int64).reshape(-1, 3).T
    return Lines(factor, offset, constant)


@dataclass(frozen=True)
class _Channel:
    multiplier: int
    shift: int
    zero_point: int
    sums: tuple[int, int]
    """Smallest and largest."""
    unit: int

    def line(self) -> tuple[int, int, int] | None:
        """(factor, offset, constant)."""
        low, high = self.sums
        if self.shift > _MOST_SHIFT or max(-low, high) >= _LARGEST_SUM:
            return None
        thresholds = self._thresholds()
        inside = (thresholds > low) & (thresholds <= high)
        if not inside.any():
            return 0, 0, (-128 + int((thresholds <= low).sum())) * (self.unit << BITS)
        exact = self.multiplier * 2.0 ** (BITS + 1 - self.shift)
        for step in _FACTOR_STEPS:
            factor = round(exact) + step
            if 0 < factor < 1 << 31:
                found = self._fit(thresholds, inside, factor)
                if found is not None:
                    return found
        return None

    def _thresholds(self) -> Ints:
        """The smallest sum whose output is at least k, for k = -127 ... 127; halves go up."""
        levels = np.arange(-127, 128, dtype=np.int64) - self.zero_point
        rounded = (levels << self.shift) - (1 << (self.shift - 1))
        return -(-((rounded << 31) - (1 << 30)) // self.multiplier)

    def _fit(
        self, thresholds: Ints, inside: npt.NDArray[np.bool_], factor: int
    ) -> tuple[int, int, int] | None:
        """Offset and constant for a factor: the threshold of k is where (sum * unit + offset) *
        factor / 2^32 reaches k * unit * 2^BITS - constant - 1/2."""
        scale = 2.0**32 / factor
        levels = np.arange(-127, 128)
        slopes = (levels << BITS) * scale
        gaps = thresholds - slopes
        least, most = float((gaps[inside] - 1).max()), float(gaps[inside].min())
        if least >= most:
            return None
        middle, reach = (least + most) / 2 * self.unit, (most - least) / 4 * self.unit
        for count in _OFFSETS:
            offsets = np.arange(count)
            constants = np.rint(-(middle + offsets) / scale - 0.5)
            distances = np.abs((-constants - 0.5) * scale - offsets - middle)
            best = int((distances > reach).argmin())
            if distances[best] <= reach:
                break
        else:
            best = int(distances.argmin())
        line = factor, int(offsets[best]), int(constants[best])
        return line if self._is_exact(thresholds, line) else None

    def _is_exact(self, thresholds: Ints, line: tuple[int, int, int]) -> bool:
        """No sum that can occur lies on the wrong side of a threshold."""
        factor, offset, constant = line
        low, high = self.sums
        levels = np.arange(-127, 128, dtype=np.int64) * (self.unit << BITS)
        wanted = ((levels - constant) << 32) - (1 << 31)
        reached = -(-(-(-wanted // factor) - offset) // self.unit)
        same = np.clip(reached, low, high + 1) == np.clip(thresholds, low, high + 1)
        return bool(same.all())
