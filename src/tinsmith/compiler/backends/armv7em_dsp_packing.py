"""Layouts of weights and scales that the kernels for DSP instructions read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.scaling import Ints, Scaling
from tinsmith.core.cvalue import Array, Struct, Value


def factor_of(multiplier: int) -> int:
    """2 * multiplier - 2^32, which fits a signed word."""
    return 2 * multiplier - (1 << 32)


def clamp_fields(fields: Struct | Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """is_clamped, minimum, maximum; the kernels saturate to int8 anyway."""
    low, high = fields["minimum"], fields["maximum"]
    is_clamped = int((low, high) != (-128, 127))
    return (("is_clamped", is_clamped), ("minimum", low), ("maximum", high))


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
