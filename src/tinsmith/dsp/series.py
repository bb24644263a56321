"""What the blocks over time series share: the part of a configuration that describes the window."""

from __future__ import annotations

import math

from tinsmith.core.cvalue import Array, Value
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter
from tinsmith.dsp.block import BlockInput

SCALE_AXES = Parameter(
    name="scale_axes",
    type="float",
    default=1.0,
    title="Scale axes",
    help="Every value is multiplied by this first. Useful to bring data of another unit to the one "
    "the rest of the design was made for, for example 9.80665 from g to m/s².",
    group="Filter",
)


def window_fields(seen: BlockInput) -> tuple[tuple[str, Value], ...]:
    """The fields `num_frames`, `num_axes`, `axes`, `num_selected` every such block begins with.

    Raises:
        DesignError: The window is empty, or an axis is not in it.
    """
    if seen.num_frames < 1:
        raise DesignError(
            f"the window has {seen.num_frames} frames; expected at least 1",
            hint="make the window longer",
        )
    if not seen.axes:
        raise DesignError("no axis is selected; expected at least one", hint="select an axis")
    for axis in seen.axes:
        if not 0 <= axis < seen.num_axes:
            raise DesignError(
                f"axis {axis} is selected; the window has axes 0..{seen.num_axes - 1}"
            )
    return (
        ("num_frames", seen.num_frames),
        ("num_axes", seen.num_axes),
        ("axes", Array.i32(seen.axes)),
        ("num_selected", len(seen.axes)),
    )


def finite_scale(value: float) -> float:
    """`value` if a float32 holds it, and not as zero.

    Raises:
        DesignError: It is zero, or too large or small for a float32.
    """
    if not 1e-30 <= math.fabs(value) <= 1e30:
        raise DesignError(
            f"scale_axes is {value}; expected a factor of magnitude 1e-30 to 1e30",
            hint="1 leaves the values as they are",
        )
    return float(value)
