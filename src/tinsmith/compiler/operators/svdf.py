"""SVDF: dense layers over the last few inputs, which are remembered as filter outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.activations import FLOAT_MAX
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, Operator
from tinsmith.core.cvalue import Array, Struct, Value

_STATE = 4
_MAX_INPUT = 1 << 15  # of int8 products whose sums surely fit 32 bits


def require_state(operation: Operation, position: int, size: int, types: tuple[str, ...]) -> Tensor:
    """The variable at an input; nothing else may use it."""
    state = operation.input(position)
    operation.require_types(state, types=types)
    users = operation.graph.consumers(operation.node.inputs[position])
    if not state.is_variable or state.size != size or len(users) != 1:
        raise operation.reject(
            f"keeps its state in {state.name!r} of {state.size} values; "
            f"expected a variable of its own with {size}"
        )
    if state.dtype != "float32" and (
        state.quantization is None or state.quantization.is_per_channel
    ):
        raise operation.reject(f"needs one scale for its state {state.name!r}")
    return state


def _weights(operation: Operation, position: int, dtype: str) -> npt.NDArray[Any]:
    tensor = operation.input(position)
    data = operation.constant(position, "weights")
    operation.require_types(tensor, types=(dtype,))
    if data.ndim != 2:
        raise operation.reject(f"has weights of shape {list(data.shape)}; expected 2 axes")
    if dtype != "float32":
        quantization = tensor.quantization
        if quantization is None or quantization.is_per_channel or quantization.zero_point[0]:
            raise operation.reject(f"needs one scale and zero point 0 for {tensor.name!r}")
    return data


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(0), operation.output
    dtype = operation.require_types(source, target)
    operation.require_quantized(source, target)
    rank, function = operation.number("rank"), operation.text("function")
    if function not in ("NONE", "RELU") or (dtype == "int8" and function != "RELU"):
        raise operation.reject(f"has activation {function}; expected RELU, or NONE in float32")
    features = _weights(operation, 1, dtype)
    time_type = operation.input(2).dtype if dtype == "int8" else dtype
    if time_type not in ("float32", "int8", "int16"):
        raise operation.reject(f"has {time_type} weights over time; expected int8 or int16")
    times = _weights(operation, 2, time_type)
    if rank < 1 or len(features) % rank or len(times) != len(features):
        raise operation.reject(
            f"has rank {rank}, {len(features)} filters over features and {len(times)} over time"
        )
    if len(source.shape) != 2 or source.shape[1] != features.shape[1]:
        raise operation.reject(
            f"has an input of shape {list(source.shape)} and filters of {features.shape[1]}"
        )
    if features.shape[1] > _MAX_INPUT:
        raise operation.reject(f"sums {features.shape[1]} products; at most {_MAX_INPUT}")
    units = len(features) // rank
    bias = operation.optional_input(3)
    if bias is not None:
        operation.constant(3, "bias")
        operation.require_types(bias, types=("int32" if dtype == "int8" else dtype,))
        if bias.size != units:
            raise operation.reject(f"has {bias.size} biases; expected {units}")
    require_state(operation, _STATE, source.shape[0] * times.size, (time_type,))
    return (source.shape[0], units)


def _multiplier(operation: Operation, *scales: float) -> tuple[int, int]:
    """Of the product of two scales over the third."""
    factor = scales[0] * scales[1] / scales[2]
    if factor >= 1 << 30:
        raise operation.reject(f"has the scales {scales}, whose quotient is {factor:g}")
    return fixedpoint.quantize_multiplier(factor)


def _quantized_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    source, features, times = (operation.input(i) for i in range(3))
    state, target = operation.input(_STATE), operation.output
    first = _multiplier(operation, source.scale, features.scale, state.scale)
    second = _multiplier(operation, state.scale, times.scale, target.scale)
    return (
        ("input_offset", -source.zero_point),
        ("feature_multiplier", first[0]),
        ("feature_shift", first[1]),
        ("multiplier", second[0]),
        ("shift", second[1]),
        ("state_zero_point", state.zero_point if state.dtype == "int8" else 0),
        ("zero_point", target.zero_point),
    )


def _lower(operation: Operation) -> Lowering:
    source, target = operation.input(0), operation.output
    features, times = operation.constant(1, "weights"), operation.constant(2, "weights")
    is_int8 = source.dtype == "int8"
    suffix = {"float32": "f32", "int8": "s8", "int16": "s8_s16"}[operation.input(2).dtype]
    sizes = (
        ("batches", source.shape[0]),
        ("input_size", features.shape[1]),
        ("num_units", target.shape[1]),
        ("rank", operation.number("rank")),
        ("memory", times.shape[1]),
    )
    bias = operation.optional_input(3)
    given = np.zeros(target.shape[1]) if bias is None else np.asarray(bias.data)
    fields: tuple[tuple[str, Value], ...] = (
        ("shape", Struct("tin_svdf_shape", sizes)),
        ("feature_weights", Array(np.ascontiguousarray(features.ravel()))),
        ("time_weights", Array(times.ravel().astype(np.int16 if is_int8 else np.float32))),
        ("bias", Array.i32(given) if is_int8 else Array.f32(given)),
    )
    if is_int8:
        fields += _quantized_fields(operation)
    else:
        low = 0.0 if operation.text("function") == "RELU" else -FLOAT_MAX
        fields += (("minimum", low), ("maximum", FLOAT_MAX))
    call = KernelCall(
        function=f"tin_svdf_run_{suffix}",
        header="tin/nn/svdf.h",
        params=Struct(f"tin_svdf_{'s8' if is_int8 else 'f32'}", fields),
        inputs=operation.node.inputs[:1],
        outputs=(operation.node.inputs[_STATE], *operation.node.outputs),
    )
    macs = source.shape[0] * (features.size + times.size)
    return Lowering((call,), ("nn/tin_svdf.c",), macs=macs)


OPERATORS = (Operator("SVDF", "svdf", _shape, _lower),)
