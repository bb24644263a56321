"""QUANTIZE and DEQUANTIZE inside a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.activations import (
    clamp,
    conversion_distances,
    lookup,
    rescaler,
    rescaling,
)
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.rows import with_elementwise_rows
from tinsmith.core.cvalue import Struct, Symbol

_INTEGERS = ("int8", "int16", "int32")


def _quantize_shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    pair = (source.dtype, target.dtype)
    operation.require_types(target, types=_INTEGERS)
    operation.require_types(source, types=("float32", *_INTEGERS))
    if pair in (("float32", "int32"), ("int32", "int32")):
        raise operation.reject(f"turns {pair[0]} into {pair[1]}; supported: int8, int16")
    operation.require_quantized(source, target)
    for tensor in (source, target):
        if tensor.dtype == "int32" and tensor.quantization is None:
            raise operation.reject(f"needs a scale for {tensor.name!r}")
    return source.shape


def _lower_quantize(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    if source.dtype == "float32":
        return _conversion(operation, target)
    if source.dtype == target.dtype == "int8":
        rescale = rescaler(source, target)
        return lookup(operation, lambda value: clamp(rescale(value)))
    bits = np.iinfo(target.dtype)
    return rescaling(operation, int(bits.min), int(bits.max))


def _dequantize_shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(target, types=("float32",))
    if source.dtype == "float16" and source.is_constant:
        return source.shape
    operation.require_types(source, types=("int8", "int16"))
    operation.require_quantized(source)
    return source.shape


def _lower_dequantize(operation: Operation) -> Lowering:
    return _conversion(operation, operation.input())


def _conversion(operation: Operation, tensor: Tensor) -> Lowering:
    """Between float32 and the integers of `tensor`."""
    source, target = (SUFFIXES[t.dtype] for t in (operation.input(), operation.output))
    fields = (
        ("type", Symbol(f"TIN_TYPE_{SUFFIXES[tensor.dtype].upper()}")),
        ("count", tensor.size),
        ("offset", 0),
        ("scale", tensor.scale),
        ("zero_point", tensor.zero_point),
    )
    params = Struct("tin_model_tensor", fields)
    name = "quantize" if source == "f32" else "dequantize"
    lowering = simple_lowering(
        operation,
        "quantize",
        f"tin_{name}_run_{source}_{target}",
        params,
        "nn/tin_model.c",
        distances=conversion_distances(operation),
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
    Operator(
        "QUANTIZE", "quantize", _quantize_shape, _lower_quantize, types=("float32", *_INTEGERS)
    ),
    Operator(
        "DEQUANTIZE",
        "dequantize",
        _dequantize_shape,
        _lower_dequantize,
        evaluate=_evaluate_dequantize,
        types=("int8", "int16"),
    ),
)
