"""Layouts of weights and scales that the kernels for DSP instructions read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.core.cvalue import Array, Struct, Value

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


def factor_of(multiplier: int) -> int:
    """2 * multiplier - 2^32, which fits a signed word."""
    return 2 * multiplier - (1 << 32)


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


def clamp_fields(fields: Struct | Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """is_clamped, minimum, maximum; the kernels saturate to int8 anyway."""
    low, high = fields["minimum"], fields["maximum"]
    is_clamped = int((low, high) != (-128, 127))
    return (("is_clamped", is_clamped), ("minimum", low), ("maximum", high))


def _values(value: object) -> Ints:
    assert isinstance(value, Array)
    return value.values.astype(np.int64)


def run_order(count: int) -> list[int]:
    """Bytes of one kernel row in the order in which they are widened, two to a pair; -1: none."""
    order = [4 * word + byte for word in range(count // 4) for byte in (0, 2, 1, 3)]
    start = count // 4 * 4
    rest: dict[int, list[int]] = {0: [], 1: [0, -1], 2: [0, 1], 3: [0, 2, 1, -1]}
    return order + [start + i if i >= 0 else -1 for i in rest[count - start]]


def dense_order(depth: int) -> list[int]:
    """Taps of a row, four at a time, those that are left over first; -1: none."""
    whole = depth // 4 * 4
    rest = [whole + i if whole + i < depth else -1 for i in (0, 2, 1, 3)]
    return (rest if whole < depth else []) + run_order(whole)


def window_order(rows: int, run: int) -> list[int]:
    """The same for a window of `rows` kernel rows of `run` bytes."""
    row = run_order(run)
    return [y * run + i if i >= 0 else -1 for y in range(rows) for i in row]


def fits_mixed(weights: Ints, bias: Ints) -> bool:
    """Whether outputs can share words: no half overflows, no odd output's sum needs 24 bits."""
    pairs = _paired(weights)
    a, b = pairs[:, 0], pairs[:, 1]
    halves_fit = bool((256 * b + a >= -(1 << 15)).all())
    largest = 128 * np.abs(weights).sum(axis=1) + np.abs(bias)
    return halves_fit and bool((largest[1::2] < 1 << 23).all())


def pack_mixed(weights: Ints, order: list[int], group: int = 2) -> npt.NDArray[np.uint32]:
    """Words of two taps and two outputs a, b each: 256 b + a as int16, twice.

    Args:
        weights: [outputs][depth].
        order: Taps, two to a word; -1: none.
        group: Outputs whose words alternate.

    Returns:
        [outputs / group rounded up][words][group / 2].
    """
    padded = np.pad(weights, ((0, 0), (0, 1)))[:, order]
    padded = np.pad(padded, ((0, -len(padded) % group), (0, 0)))
    a, b = _paired(padded)[:, 0], _paired(padded)[:, 1]
    halves = (256 * b + a) & 0xFFFF
    words = (halves[:, 0::2] | halves[:, 1::2] << 16).astype(np.uint32)
    blocks = words.reshape(-1, group // 2, words.shape[1])
    return np.ascontiguousarray(blocks.transpose(0, 2, 1)).ravel()


def pack_bias(bias: Ints, group: int = 2) -> Array:
    """a's bias and what 256 b + a starts from, for the pairs of whole groups of outputs."""
    padded = np.pad(bias, (0, -len(bias) % group))
    a, b = padded[0::2], padded[1::2]
    both = (a + 256 * b + (1 << 31)) % (1 << 32) - (1 << 31)
    return Array.i32(np.stack([a, both], axis=1))


def pack_scales(scaling: Scaling, group: int = 2) -> tuple[Array, int]:
    """(factors and shifts for the pairs of whole groups of outputs, bytes from pair to pair)."""
    is_single = len(scaling.factors) == 1
    missing = 1 if is_single else -len(scaling.factors) % group
    factors, shifts = (
        np.pad(values, (0, missing), mode="edge") for values in (scaling.factors, scaling.shift)
    )
    rows = np.stack([factors[0::2], factors[1::2], shifts[0::2] | shifts[1::2] << 8], axis=1)
    return Array.i32(rows), 0 if is_single else 12


def _paired(values: Ints) -> Ints:
    """[outputs][...] as [pairs][2][...], a zero added to an odd number."""
    padded = np.pad(values, ((0, len(values) % 2), *((0, 0),) * (values.ndim - 1)))
    return padded.reshape(-1, 2, *values.shape[1:])
