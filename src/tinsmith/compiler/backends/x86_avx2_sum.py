"""ADD and SUB of int8 tensors of one shape on x86-64."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation
from tinsmith.core.cvalue import Struct

_HEADROOM_BITS = 20  # inputs are raised by so much before they are rescaled
_SUM_BITS = 31
_MAX_SHIFT = 24
_SEARCH = 6  # steps of a factor around its nearest value

Wide = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Affine:
    """(factor1 x1 + factor2 x2 + offset) >> shift."""

    factor1: int
    factor2: int
    offset: int
    shift: int

    def outputs(self) -> Wide:
        """Of all pairs of inputs, [256][256]."""
        x = np.arange(-128, 128, dtype=np.int64)
        return (self.factor1 * x[:, None] + self.factor2 * x + self.offset) >> self.shift


def lower_sum(sign: int) -> Callable[[Operation], Lowering | None]:
    """The lowering of ADD (1) or SUB (-1); None where it cannot be done by one formula."""

    def lower(operation: Operation) -> Lowering | None:
        portable = OPERATORS[operation.node.operator].lower
        first, second, target = operation.input(0), operation.input(1), operation.output
        if portable is None or {first.dtype, second.dtype, target.dtype} != {"int8"}:
            return None
        if not first.shape == second.shape == target.shape:
            return None
        exact = portable(operation).calls[0].params
        values = {name: value for name, value in exact.fields if isinstance(value, int)}
        ratios = (first.scale / target.scale, sign * second.scale / target.scale)
        zeros = (first.zero_point, second.zero_point, target.zero_point)
        limits = (values["minimum"], values["maximum"])
        affine = find_affine(ratios, zeros, reference(values, sign), limits)
        return None if affine is None else _lowering(operation, affine, values)

    return lower


def reference(values: dict[str, int], sign: int) -> Wide:
    """Outputs of the portable kernel for all pairs of inputs, [256][256].

    Args:
        values: The fields of its `tin_add_s8`.
    """
    x = np.arange(-128, 128, dtype=np.int64)
    first, second = (
        _rescale(
            (x + values[f"offset{i}"]) << _HEADROOM_BITS, values, f"multiplier{i}", f"shift{i}"
        )
        for i in (1, 2)
    )
    sums = first[:, None] + sign * second
    sums = _rescale(sums, values, "output_multiplier", "output_shift") + values["zero_point"]
    return np.clip(sums, values["minimum"], values["maximum"])


def _rescale(x: Wide, values: dict[str, int], multiplier: str, shift: str) -> Wide:
    high = (x * values[multiplier] + (1 << 30)) >> 31
    mask = (1 << values[shift]) - 1
    threshold = (mask >> 1) + (high < 0)
    return (high >> values[shift]) + ((high & mask) > threshold)


def find_affine(
    ratios: tuple[float, float],
    zeros: tuple[int, int, int],
    wanted: Wide,
    limits: tuple[int, int],
) -> Affine | None:
    """One multiplication for each input, if there is such a formula.

    The reference rounds each input and their sum, twice each. A formula counts only if it gives the
    same output for every one of the 2^16 pairs of inputs.

    Args:
        ratios: Scales of both inputs by that of the output.
        zeros: Zero points of both inputs and of the output.
        wanted: Outputs of all pairs.
        limits: What sums are clamped to.
    """
    constant = zeros[2] + 0.5 - ratios[0] * zeros[0] - ratios[1] * zeros[1]
    # The highest shift whose sums surely fit 32 bits.
    largest = 128 * (abs(ratios[0]) + abs(ratios[1])) + abs(constant)
    shift = min(_SUM_BITS - int(np.ceil(np.log2(largest))), _MAX_SHIFT)
    if shift < 1:
        return None
    factors = [round(ratio * 2.0**shift) for ratio in ratios]
    steps = sorted(range(-_SEARCH, _SEARCH + 1), key=abs)
    for step1, step2 in sorted(
        itertools.product(steps, steps), key=lambda s: abs(s[0]) + abs(s[1])
    ):
        factor1, factor2 = factors[0] + step1, factors[1] + step2
        limit = (1 << _SUM_BITS) - 128 * (abs(factor1) + abs(factor2))
        offset = _offset(Affine(factor1, factor2, 0, 0).outputs(), shift, wanted, limits)
        if offset is not None and abs(offset) < limit:
            return Affine(factor1, factor2, offset, shift)
    return None


def _offset(products: Wide, shift: int, wanted: Wide, limits: tuple[int, int]) -> int | None:
    """What to add before the shift, such that clamped results are as wanted; None: nothing does."""
    least = (wanted << shift) - products
    below, above = wanted > limits[0], wanted < limits[1]
    lowest = int(least[below].max(initial=-(1 << _SUM_BITS)))
    highest = int(least[above].min(initial=1 << _SUM_BITS)) + (1 << shift) - 1
    return (lowest + highest) // 2 if lowest <= highest else None


def _lowering(operation: Operation, affine: Affine, values: dict[str, Any]) -> Lowering:
    fields = (
        ("count", operation.output.size),
        ("factor1", affine.factor1),
        ("factor2", affine.factor2),
        ("offset", affine.offset),
        ("shift", affine.shift),
        ("minimum", values["minimum"]),
        ("maximum", values["maximum"]),
    )
    call = KernelCall(
        function="tin_x86_sum_run_s8",
        header="tin/nn/x86_avx2/sum.h",
        params=Struct("tin_x86_sum_s8", fields),
        inputs=operation.node.inputs[:2],
        outputs=operation.node.outputs,
    )
    sources = ("nn/x86_avx2/tin_sum_s8.c", "nn/x86_avx2/tin_level.c")
    return Lowering((call,), sources, distances={0: 0, 1: 0})
