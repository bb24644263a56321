"""UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and layer normalisation."""

from __future__ import annotations

import math

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, Operator
from tinsmith.compiler.operators.svdf import require_state
from tinsmith.core.cvalue import Array, Struct, Value

# Positions of inputs: gates in the order input, forget, cell, output.
_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES = 1, 5, 12
_HIDDEN, _MEMORY = 18, 19
_GATES = ("input", "forget", "cell", "output")
_OPTIONAL = {
    **dict.fromkeys((9, 10, 11), "peephole connections"),
    **dict.fromkeys((16, 17), "a projection"),
    **dict.fromkeys((20, 21, 22, 23), "layer normalisation"),
}
_GATE_SCALE = 2.0**-12  # of what the gates' functions see
_UNIT_SCALE = 2.0**-15  # of what they give
_MAX_DEPTH = 1 << 15


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(0), operation.output
    operation.require_types(source, target)
    operation.require_quantized(source, target)
    for position, what in _OPTIONAL.items():
        if operation.optional_input(position) is not None:
            raise operation.reject(f"has {what}; supported: the plain layer")
    if operation.text("function") != "TANH":
        raise operation.reject(f"has activation {operation.text('function')}; expected TANH")
    clips = [float(operation.node.attributes[name]) for name in ("cell_clip", "proj_clip")]  # type: ignore[arg-type]
    if clips[0] < 0.0 or clips[1] != 0.0:
        raise operation.reject(
            f"clips its cells at {clips[0]:g} and its projection at {clips[1]:g}"
        )
    cells = operation.input(_RECURRENT_WEIGHTS + 1).shape[-1:]
    if len(cells) != 1:
        raise operation.reject("has recurrent weights of no shape")
    if len(source.shape) != 3 or max(source.shape[2], cells[0]) > _MAX_DEPTH:
        raise operation.reject(
            f"has an input of shape {list(source.shape)} and {cells[0]} cells; "
            f"expected 3 axes and at most {_MAX_DEPTH} values a step"
        )
    for gate in range(4):
        _require_gate(operation, gate, source.shape[2], cells[0])
    _require_memory(operation, cells[0])
    return (*source.shape[:2], cells[0])


def _require_gate(operation: Operation, gate: int, input_size: int, cells: int) -> None:
    dtype = operation.input(0).dtype
    for first, size in ((_INPUT_WEIGHTS, input_size), (_RECURRENT_WEIGHTS, cells)):
        tensor = operation.input(first + gate)
        operation.constant(first + gate, "weights")
        operation.require_types(tensor, types=(dtype,))
        if tensor.shape != (cells, size):
            raise operation.reject(
                f"has weights of shape {list(tensor.shape)}; expected {[cells, size]}"
            )
        quantization = tensor.quantization
        if dtype == "int8" and (
            quantization is None or quantization.is_per_channel or quantization.zero_point[0]
        ):
            raise operation.reject(f"needs one scale and zero point 0 for {tensor.name!r}")
    bias = operation.input(_BIASES + gate)
    operation.constant(_BIASES + gate, "bias")
    operation.require_types(bias, types=("int32" if dtype == "int8" else dtype,))
    if bias.size != cells:
        raise operation.reject(f"has {bias.size} biases; expected {cells}")


def _require_memory(operation: Operation, cells: int) -> None:
    source, target = operation.input(0), operation.output
    size = _batches(operation) * cells
    hidden = require_state(operation, _HIDDEN, size, (source.dtype,))
    is_int8 = source.dtype == "int8"
    memory = require_state(operation, _MEMORY, size, ("int16" if is_int8 else source.dtype,))
    if not is_int8:
        return
    operation.require_same_quantization(hidden, target)
    fraction, exponent = math.frexp(memory.scale)
    if fraction != 0.5 or not -31 <= exponent - 1 <= -1 or memory.zero_point:
        raise operation.reject(
            f"has cell state scale {memory.scale:g} and zero point {memory.zero_point}; "
            "expected a power of two and 0"
        )


def _batches(operation: Operation) -> int:
    return operation.input(0).shape[1 if operation.number("time_major") else 0]


def _layout(operation: Operation) -> Struct:
    rows, columns, input_size = operation.input(0).shape
    is_time_major = bool(operation.number("time_major"))
    fields = (
        ("batches", columns if is_time_major else rows),
        ("steps", rows if is_time_major else columns),
        ("input_size", input_size),
        ("cells", operation.output.shape[2]),
        ("time_step", columns if is_time_major else 1),
        ("batch_step", 1 if is_time_major else columns),
    )
    return Struct("tin_lstm_shape", fields)


def _gate_s8(operation: Operation, gate: int) -> Struct:
    bias = np.asarray(operation.constant(_BIASES + gate, "bias"), np.int64).ravel()
    fields: dict[str, Value] = {}
    for name, first, source, given in (
        ("input", _INPUT_WEIGHTS, operation.input(0), bias),
        ("recurrent", _RECURRENT_WEIGHTS, operation.input(_HIDDEN), np.zeros_like(bias)),
    ):
        tensor = operation.input(first + gate)
        weights = operation.constant(first + gate, "weights")
        offsets = given - source.zero_point * weights.astype(np.int64).sum(axis=1)
        with np.errstate(all="ignore"):
            scale = float(np.float32(source.scale) * np.float32(tensor.scale))
        multiplier, shift = _factor(operation, scale / _GATE_SCALE)
        fields[f"{name}_weights"] = Array(np.ascontiguousarray(weights.ravel()))
        fields[f"{name}_bias"] = Array.i32([fixedpoint.wrap(int(value)) for value in offsets])
        fields[f"{name}_multiplier"] = multiplier
        fields[f"{name}_shift"] = shift
    names = [f"{side}_{part}" for part in ("weights", "bias") for side in ("input", "recurrent")]
    names += [
        f"{side}_{part}" for side in ("input", "recurrent") for part in ("multiplier", "shift")
    ]
    return Struct("tin_lstm_gate_s8", tuple((name, fields[name]) for name in names))


def _factor(operation: Operation, factor: float) -> tuple[int, int]:
    if not math.isfinite(factor) or factor >= 1 << 30:
        raise operation.reject(f"scales its values up by {factor:g}; expected less than 2^30")
    return fixedpoint.quantize_multiplier(factor)


def _logistic_table() -> Array:
    """2^16 / (1 + exp(-i / 24)), as the format's int16 functions have it: each entry lies half as
    far above the curve as the chord to the next lies below it in the middle."""
    exact = 65536.0 / (1.0 + np.exp(-np.arange(0.0, 256.5, 0.5) / 24.0))
    here, middle, following = exact[:-2:2], exact[1:-1:2], exact[2::2]
    raised = np.floor(here + (middle - (here + following) / 2.0) / 2.0 + 0.5)
    return Array(np.array([*raised[:255], 65535], np.uint16))


def _params_s8(operation: Operation) -> Struct:
    memory, target = operation.input(_MEMORY), operation.output
    forget = _factor(operation, _UNIT_SCALE * memory.scale / memory.scale)
    accept = _factor(operation, _UNIT_SCALE * _UNIT_SCALE / memory.scale)
    emit = _factor(operation, _UNIT_SCALE * _UNIT_SCALE / target.scale)
    clip = float(operation.node.attributes["cell_clip"])  # type: ignore[arg-type]
    power = math.frexp(memory.scale)[1] - 1 + 12  # of the cell state's scale over 2^-12
    gates = tuple((name, _gate_s8(operation, index)) for index, name in enumerate(_GATES))
    fields: tuple[tuple[str, Value], ...] = (
        ("shape", _layout(operation)),
        *gates,
        ("logistic", _logistic_table()),
        ("forget_multiplier", forget[0]),
        ("forget_shift", forget[1]),
        ("input_multiplier", accept[0]),
        ("input_shift", accept[1]),
        ("output_multiplier", emit[0]),
        ("output_shift", emit[1]),
        ("zero_point", target.zero_point),
        ("clip", int(min(clip / memory.scale, 32767.0))),
        ("tanh_factor", 3 << max(power, 0)),
        ("tanh_shift", max(-power, 0)),
    )
    return Struct("tin_lstm_s8", fields)


def _gate_f32(operation: Operation, gate: int) -> Struct:
    fields = (
        ("input_weights", Array.f32(operation.constant(_INPUT_WEIGHTS + gate, "weights"))),
        ("recurrent_weights", Array.f32(operation.constant(_RECURRENT_WEIGHTS + gate, "weights"))),
        ("bias", Array.f32(operation.constant(_BIASES + gate, "bias"))),
    )
    return Struct("tin_lstm_gate_f32", fields)


def _params_f32(operation: Operation) -> Struct:
    gates = tuple((name, _gate_f32(operation, index)) for index, name in enumerate(_GATES))
    clip = float(operation.node.attributes["cell_clip"])  # type: ignore[arg-type]
    return Struct("tin_lstm_f32", (("shape", _layout(operation)), *gates, ("clip", clip)))


def _lower(operation: Operation) -> Lowering:
    is_int8 = operation.input(0).dtype == "int8"
    node = operation.node
    call = KernelCall(
        function="tin_lstm_run_s8" if is_int8 else "tin_lstm_run_f32",
        header="tin/nn/lstm.h",
        params=_params_s8(operation) if is_int8 else _params_f32(operation),
        inputs=node.inputs[:1],
        outputs=(node.inputs[_HIDDEN], node.inputs[_MEMORY], *node.outputs),
    )
    depth = operation.input(0).shape[2] + operation.output.shape[2]
    sources = ("nn/tin_lstm.c", "nn/tin_activation.c", "dsp/tin_math.c")
    return Lowering((call,), sources, macs=4 * operation.output.size * depth)


OPERATORS = (Operator("UNIDIRECTIONAL_SEQUENCE_LSTM", "lstm", _shape, _lower),)
