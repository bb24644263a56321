"""ADD of tensors of one shape on DSP instructions."""

from __future__ import annotations

from tinsmith.compiler.backends.armv7em_dsp_packing import clamp_fields, factor_of
from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, RowWindow
from tinsmith.compiler.operators.rows import is_image, whole_rows
from tinsmith.core.cvalue import Struct, Value

_EXACT_HALF = (1 << 30, 0)
"""Multiplier and right shift of the input with the larger scale."""


def lower_add(operation: Operation) -> Lowering | None:
    """None for float, int16 and inputs that are repeated or constant."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    if target.dtype != "int8" or not first.shape == second.shape == target.shape:
        return None
    if first.is_constant or second.is_constant:
        return None
    portable = OPERATORS["ADD"].lower
    assert portable is not None
    fields = dict(portable(operation).calls[0].params.fields)
    params = _params(fields, target.size)
    if params is None:
        return None
    call = KernelCall(
        function="tin_dsp_add_run_s8",
        header="tin/nn/armv7em_dsp/dsp_add.h",
        params=params,
        inputs=operation.node.inputs[:2],
        outputs=operation.node.outputs,
    )
    rows = None
    if is_image(operation):
        row = _params(fields, target.size // target.shape[1])
        assert row is not None
        rows = whole_rows(call, row, (RowWindow(0), RowWindow(1)))
    sources = ("nn/armv7em_dsp/tin_dsp_add.c",)
    return Lowering((call,), sources, distances={0: 0, 1: 0}, rows=rows)


def _params(fields: dict[str, Value], count: int) -> Struct | None:
    inputs = [
        tuple(_int(fields[f"{name}{position}"]) for name in ("multiplier", "shift", "offset"))
        for position in (1, 2)
    ]
    is_swapped = inputs[0][:2] != _EXACT_HALF
    coarse, fine = inputs[::-1] if is_swapped else inputs
    multiplier, shift, fine_offset = fine
    if coarse[:2] != _EXACT_HALF or not multiplier or shift > 31:
        return None
    return Struct(
        "tin_dsp_add_s8",
        (
            ("coarse_offset", coarse[2]),
            ("fine_offset", fine_offset),
            ("fine_factor", factor_of(multiplier)),
            ("fine_shift", shift),
            ("factor", factor_of(_int(fields["output_multiplier"]))),
            ("shift", _int(fields["output_shift"])),
            ("zero_point", fields["zero_point"]),
            ("count", count),
            ("is_swapped", int(is_swapped)),
            *clamp_fields(fields),
        ),
    )


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value
