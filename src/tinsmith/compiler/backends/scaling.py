"""Factors of int8 outputs in the form of backends that multiply by 31 bits and shift right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.core.cvalue import Array, Struct

Ints = npt.NDArray[np.int64]

_DEAD = (1 << 30, 31)
"""Factor and shift that take every sum below 2^30 to 0, in the form that kernels expect."""


@dataclass(frozen=True)
class Scaling:
    """How sums become outputs: round(sum * multiplier / 2^31) / 2^shift + zero point.

    Args:
        bias: [outputs], what sums start from.
        multiplier: [outputs] or [1], in [2^30, 2^31).
        shift: As `multiplier`, 1 to 31.
        zero_point: Of the output.
        from_zero: False where no negative sum gives an output above -128.
    """

    bias: Ints
    multiplier: Ints
    shift: Ints
    zero_point: int
    from_zero: bool

    @property
    def factors(self) -> Ints:
        """In the form that kernels expect."""
        return 2 * self.multiplier - (1 << 32)


def scaling_of(requantize: Struct, weights: Ints) -> tuple[Scaling, Ints] | None:
    """The scaling that a `tin_requantize_s8` describes and the weights that go with it, or None
    where a factor is one half or more.

    Args:
        weights: [outputs][depth].
    """
    bias, multiplier, shift = (
        _values(requantize[name]) for name in ("bias", "multiplier", "shift")
    )
    zero_point = requantize["zero_point"]
    assert isinstance(zero_point, int)
    if requantize["per_channel"]:
        weights = weights.copy()
        for index in range(len(bias)):
            offset = _constant_offset(bias[index], multiplier[index], shift[index], weights[index])
            if offset is not None:
                weights[index] = 0
                bias[index], multiplier[index], shift[index] = 4 * offset, 1 << 30, -1
    elif not multiplier[0]:
        multiplier, shift = np.array([_DEAD[0]]), np.array([-_DEAD[1]])
        if int((np.abs(bias) + 128 * np.abs(weights).sum(axis=1)).max()) >= 1 << 30:
            return None
    if not ((multiplier > 0) & (shift >= -31) & (shift <= -1)).all():
        return None
    return Scaling(bias, multiplier, -shift, zero_point, zero_point != -128), weights


def _constant_offset(bias: int, multiplier: int, shift: int, weights: Ints) -> int | None:
    """What a channel adds to the zero point where that never depends on the input, as in channels
    that training has given up. Their biases can be far larger than any sum, others' cannot.

    Offsets beyond +-255 give the same outputs as these.
    """
    lowest, highest = (
        np.minimum(127 * weights, -128 * weights),
        np.maximum(127 * weights, -128 * weights),
    )
    ends = [int(bias + lowest.sum()), int(bias + highest.sum())]
    if ends[0] < fixedpoint.INT32_MIN or ends[1] > fixedpoint.INT32_MAX or shift > 0:
        return None
    first, last = (fixedpoint.requantize(end, int(multiplier), int(shift)) for end in ends)
    first, last = max(-255, min(first, 255)), max(-255, min(last, 255))
    return first if first == last else None


def _values(value: object) -> Ints:
    assert isinstance(value, Array)
    return value.values.astype(np.int64)
