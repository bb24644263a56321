"""What PAD and PADV2 fill their border with."""

from __future__ import annotations

import math

from tinsmith.compiler.operators import Operation

PADS = ("PAD", "PADV2")


def fill_of(operation: Operation) -> float:
    """The value of the border, in the tensor's own steps; zero where none is given."""
    source = operation.input()
    if operation.optional_input(2) is not None:
        return float(operation.constant(2, "value").ravel()[0])
    return 0.0 if source.dtype == "float32" else float(source.zero_point)


def fills_with_zero(operation: Operation) -> bool:
    """The border stands for the real value 0 (and for float32 not for -0)."""
    source, fill = operation.input(), fill_of(operation)
    zero = 0.0 if source.dtype == "float32" else float(source.zero_point)
    return same_number(fill, zero)


def same_number(first: float, second: float) -> bool:
    """Equal, and of the same sign where both are zero."""
    return first == second and math.copysign(1.0, first) == math.copysign(1.0, second)
