"""MAX_POOL_2D and AVERAGE_POOL_2D on DSP instructions."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.operators.base import Lowering, Operation

_MOST_TAPS = 255
"""Values of int8 whose sum surely fits int16."""


def lower_pool2d(operation: Operation) -> Lowering | None:
    """The portable lowering with a faster kernel for whole images; None for what it cannot do."""
    name = operation.node.operator
    taps = operation.number("kernel_height") * operation.number("kernel_width")
    if operation.input().dtype != "int8" or (name == "AVERAGE_POOL_2D" and taps > _MOST_TAPS):
        return None
    portable = OPERATORS[name].lower
    assert portable is not None
    lowering = portable(operation)
    (call,) = lowering.calls
    tuned = dataclasses.replace(
        call,
        function=call.function.replace("tin_", "tin_dsp_", 1),
        header="tin/nn/armv7em_dsp/dsp_pool2d.h",
    )
    return dataclasses.replace(
        lowering, calls=(tuned,), sources=("nn/armv7em_dsp/tin_dsp_pool2d.c",)
    )
