"""QUANTIZE and DEQUANTIZE inside a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.activations import clamp, lookup, rescaler
from tinsmith.compiler.operators.base import Lowering, Operation, Operator, simple_lowering
from tinsmith.compiler.operators.rows import with_elementwise_rows
from tinsmith.core.cvalue import Struct


def _quantize_shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(target, types=("int8",))
    operation.require_types(source)
    operation.require_quantized(source, target)
    return source.shape


def _lower_quantize(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    if source.dtype == "int8":
        rescale = rescaler(source, target)
        return lookup(operation, lambda value: clamp(rescale(value)))
    return _conversion(operation, target, "tin_quantize_run_f32_s8", 0)


def _dequantize_shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(target, types=("float32",))
    if source.dtype == "float16" and source.is_constant:
        return source.shape
    operation.require_types(source, types=("int8",))
    operation.require_quantized(source)
    return source.shape


def _lower_dequantize(operation: Operation) -> Lowering:
    # Outputs are four times as wide: the last ones are written far behind the last inputs.
    source = operation.input()
    return _conversion(operation, source, "tin_dequantize_run_s8_f32", 3 * source.size)


def _conversion(operation: Operation, tensor: Tensor, function: str, distance: int) -> Lowering:
    fields = (
        ("type", 2),  # TIN_TYPE_S8
        ("count", tensor.size),
        ("offset", 0),
        ("scale", tensor.scale),
        ("zero_point", tensor.zero_point),
    )
    params = Struct("tin_model_tensor", fields)
    lowering = simple_lowering(
        operation, "quantize", function, params, "nn/tin_model.c", distances={0: distance}
    )
    return with_elementwise_rows(operation, lowering)


def _evaluate_dequantize(operation: Operation) -> npt.NDArray[Any]:
    source = operation.input()
    value = operation.constant(0, "input")
    if source.dtype == "float16":
        return value.astype(np.float32)
    steps = (value.astype(np.int32) - source.zero_point).astype(np.float32)
    return np.float32(source.scale) * steps


OPERATORS = (
    Operator("QUANTIZE", "quantize", _quantize_shape, _lower_quantize),
    Operator(
        "DEQUANTIZE",
        "dequantize",
        _dequantize_shape,
        _lower_dequantize,
        evaluate=_evaluate_dequantize,
    ),
)
