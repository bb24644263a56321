"""What convolutions and dense layers share: checks of weights, folded biases, output scaling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.operators.activations import float_limits, int8_limits
from tinsmith.compiler.operators.base import Operation
from tinsmith.compiler.operators.product16 import require_int16
from tinsmith.core.cvalue import Array, Struct, Value

MATMUL_SOURCES = ("nn/tin_matmul.c", "nn/tin_requantize.c")

_BLOCK = 8  # outputs side by side in tin_matmul_f32
_NARROW = 1 << 30  # sums below this take the short way to outputs (tin_requantize_narrow)
_MAX_DEPTH = (1 << 17) - 1  # of int8 products whose sums surely fit 32 bits


def require_product(operation: Operation, axis: int) -> npt.NDArray[Any]:
    """Checks input, weights (input 1), bias (input 2) and output; returns the weights.

    Args:
        axis: Of the weights, along which the outputs lie.
    """
    source, target = operation.input(), operation.output
    weights = operation.constant(1, "weights")
    if weights.ndim <= axis:
        raise operation.reject(f"has weights of shape {list(weights.shape)}")
    if source.dtype == target.dtype == "int16":
        require_int16(operation, weights.shape[axis])
        _require_weight_scales(operation, axis)
        return weights
    dtype = operation.require_types(source, operation.input(1), target)
    operation.require_quantized(source, target)
    bias = operation.optional_input(2)
    if bias is not None:
        operation.constant(2, "bias")
        expected = "int32" if dtype == "int8" else "float32"
        if bias.dtype != expected or bias.size != weights.shape[axis]:
            raise operation.reject(
                f"has bias {bias.name!r} of type {bias.dtype} and {bias.size} values; "
                f"expected {expected} and {weights.shape[axis]}"
            )
    if dtype == "int8":
        _require_weight_scales(operation, axis)
        depth = weights.size // max(weights.shape[axis], 1)
        if depth > _MAX_DEPTH:
            raise operation.reject(f"sums {depth} products; at most {_MAX_DEPTH} fit 32 bits")
    return weights


def _require_weight_scales(operation: Operation, axis: int) -> None:
    tensor = operation.input(1)
    quantization = tensor.quantization
    if quantization is None or any(quantization.zero_point):
        raise operation.reject(f"needs symmetric weights {tensor.name!r} (scale, zero point 0)")
    if quantization.is_per_channel and quantization.axis != axis:
        raise operation.reject(
            f"has weights scaled along axis {quantization.axis}; expected axis {axis}"
        )


def requantization(
    operation: Operation,
    by_output: npt.NDArray[np.int64],
    *,
    fold_zero_point: bool = True,
) -> Struct:
    """How the sums of the int8 kernels become outputs.

    The input's zero point z is folded: sum w (x - z) + b = sum w x + (b - z sum w), in 32 bits.

    Args:
        by_output: The weights of each output, [num_outputs][depth].
        fold_zero_point: False for kernels that subtract z themselves.
    """
    source, weights, target = operation.input(), operation.input(1), operation.output
    bias = operation.optional_input(2)
    given = np.int64(0) if bias is None else np.asarray(bias.data, np.int64).ravel()
    zero_point = source.zero_point if fold_zero_point else 0
    offsets = given - zero_point * by_output.sum(axis=1)
    folded = [fixedpoint.wrap(int(value)) for value in offsets]
    assert weights.quantization is not None
    scales = weights.quantization.scale
    products = [source.scale * scale for scale in scales]
    if not all(math.isfinite(value) for value in products):
        raise operation.reject(f"has input scale {source.scale:g} and weight scale {scales[0]:g}")
    factors = [fixedpoint.quantize_multiplier(value / target.scale) for value in products]
    if any(shift > 30 for _, shift in factors):
        raise operation.reject(f"scales its sums up by more than 2^30 (output {target.scale:g})")
    # A factor that vanishes gives 0 whatever its shift.
    factors = [factor if factor[0] else (0, -1) for factor in factors]
    reach = 128 if fold_zero_point else 255
    largest = int((np.abs(offsets) + reach * np.abs(by_output).sum(axis=1)).max())
    is_narrow = largest < _NARROW and all(-31 <= shift <= -1 for _, shift in factors)
    fields: tuple[tuple[str, Value], ...] = (
        ("bias", Array.i32(folded)),
        ("multiplier", Array.i32([multiplier for multiplier, _ in factors])),
        ("shift", Array(np.array([shift for _, shift in factors], np.int8))),
        ("per_channel", int(len(factors) > 1)),
        ("is_narrow", int(is_narrow)),
        *int8_output_fields(operation),
    )
    return Struct("tin_requantize_s8", fields)


def int8_output_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    """zero_point, minimum, maximum."""
    low, high = int8_limits(operation.text("activation"), operation.output)
    return (("zero_point", operation.output.zero_point), ("minimum", low), ("maximum", high))


def float_output_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    """minimum, maximum."""
    low, high = float_limits(operation.text("activation"))
    return (("minimum", low), ("maximum", high))


def float_bias(operation: Operation, num_outputs: int) -> Array:
    """The bias, zeros when there is none."""
    bias = operation.optional_input(2)
    return Array.f32(np.zeros(num_outputs) if bias is None else np.asarray(bias.data))


def matmul(operation: Operation, weights: npt.NDArray[Any]) -> Struct:
    """The C product of rows with weights [num_outputs][depth], int8 or float32."""
    num_outputs, depth = weights.shape
    sizes: tuple[tuple[str, Value], ...] = (("depth", depth), ("num_outputs", num_outputs))
    if weights.dtype == np.float32:
        packed = Array.f32(pack_blocks(weights))
        fields = (("weights", packed), ("bias", float_bias(operation, num_outputs)), *sizes)
        return Struct("tin_matmul_f32", (*fields, *float_output_fields(operation)))
    wide = weights.astype(np.int64)
    requantize = requantization(operation, wide)
    flat = Array(np.ascontiguousarray(weights.ravel()))
    return Struct("tin_matmul_s8", (("weights", flat), *sizes, ("requantize", requantize)))


def pack_blocks(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """[num_outputs][depth] to blocks of 8 outputs [depth][8], then the others as [depth][rest]."""
    blocks = [weights[i : i + _BLOCK].T.ravel() for i in range(0, len(weights), _BLOCK)]
    return np.concatenate(blocks).astype(np.float32)
