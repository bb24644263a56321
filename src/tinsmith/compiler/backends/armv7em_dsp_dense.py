"""FULLY_CONNECTED on DSP instructions, and convolutions of a single pixel, which are the same."""

from __future__ import annotations

from tinsmith.compiler.backends import armv7em_dsp_costs as costs
from tinsmith.compiler.backends.armv7em_dsp_packing import (
    clamp_fields,
    dense_order,
    fits_mixed,
    pack_bias,
    pack_mixed,
    pack_scales,
)
from tinsmith.compiler.backends.scaling import Ints, scaling_of
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation
from tinsmith.compiler.operators.product import requantization
from tinsmith.core.cvalue import Array, Struct

_GROUP = 4  # outputs


def lower_dense(operation: Operation) -> Lowering | None:
    """Four outputs at a time; None for what this kernel does not do."""
    if operation.input().dtype != "int8":
        return None
    weights = operation.constant(1, "weights").astype("int64")
    return dense_lowering(operation, weights)


def dense_lowering(operation: Operation, weights: Ints) -> Lowering | None:
    """Rows of the input times `weights` [outputs][depth]."""
    requantize = requantization(operation, weights)
    scaled = scaling_of(requantize, weights)
    if scaled is None or not fits_mixed(scaled[1], scaled[0].bias):
        return None
    scaling, weights = scaled
    num_outputs, depth = weights.shape
    scales, scale_step = pack_scales(scaling, _GROUP)
    params = Struct(
        "tin_dsp_dense_s8",
        (
            ("weights", Array(pack_mixed(weights, dense_order(depth), _GROUP))),
            ("bias", pack_bias(scaling.bias, _GROUP)),
            ("scales", scales),
            ("scale_step", scale_step),
            ("depth", depth),
            ("num_outputs", num_outputs),
            ("zero_point", scaling.zero_point),
            ("num_rows", operation.input().size // depth),
            *clamp_fields(requantize),
        ),
    )
    call = KernelCall(
        function="tin_dsp_dense_run_s8",
        header="tin/nn/armv7em_dsp/dsp_dense.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    return Lowering(
        calls=(call,),
        sources=("nn/armv7em_dsp/tin_dsp_dense.c",),
        macs=operation.output.size * depth,
        algorithm="dense",
        instructions=round(costs.dense(operation.input().size // depth, depth, num_outputs)),
    )
