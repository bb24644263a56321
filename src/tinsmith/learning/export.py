"""Operators to a float32 `.tflite` file: same operators, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.learning.operators import (
    Convolution,
    FullyConnected,
    Mean,
    Operator,
    Pooling,
    Shape,
    Softmax,
)

INPUT_NAME = "features"


def export_float32(operators: Sequence[Operator], input_shape: Shape) -> bytes:
    """A `.tflite` with the input `features` [1, *input_shape].

    Conv1d layers are 1 × k convolutions; a RESHAPE stands wherever an operator wants another shape
    than the one before it gives.
    """
    writer = _Writer()
    current = writer.add_tensor(INPUT_NAME, (1, *input_shape))
    first = current
    for operator in operators:
        current = _write(writer, operator, current)
    writer.set_ends(first, current)
    return pack(writer.model())


def pack(model: Any) -> bytes:
    """The bytes of a schema object, tensor data aligned to 16 bytes as the format asks."""
    import flatbuffers

    class Builder(flatbuffers.Builder):  # type: ignore[misc]
        def StartVector(self, elemSize: int, numElems: int, alignment: int) -> Any:  # noqa: N802, N803
            wanted = 16 if elemSize == 1 else alignment
            return super().StartVector(elemSize, numElems, wanted)

    builder = Builder(1 << 16)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class _Writer:
    """Collects tensors, buffers and operators of the one subgraph."""

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema: Any = schema
        self.tensors: list[Any] = []
        self.shapes: list[Shape] = []
        self.buffers: list[Any] = [schema.BufferT()]  # buffer 0 means "no data"
        self.operators: list[Any] = []
        self.codes: list[int] = []
        self.ends = (0, 0)

    def add_tensor(self, name: str, shape: Shape, data: npt.NDArray[Any] | None = None) -> int:
        """A tensor, constant if it has data (float32 or int32)."""
        schema = self.schema
        tensor = schema.TensorT()
        tensor.name = name.encode()
        tensor.shape = list(shape)
        is_int = data is not None and data.dtype == np.int32
        tensor.type = schema.TensorType.INT32 if is_int else schema.TensorType.FLOAT32
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), dtype=np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        self.shapes.append(shape)
        return len(self.tensors) - 1

    def add_operator(self, code: str, inputs: list[int], output: int, options: Any) -> int:
        """An operator with the builtin options object of its kind; returns `output`."""
        number = getattr(self.schema.BuiltinOperator, code)
        if number not in self.codes:
            self.codes.append(number)
        operator = self.schema.OperatorT()
        operator.opcodeIndex = self.codes.index(number)
        operator.inputs = inputs
        operator.outputs = [output]
        kind = type(options).__name__.removesuffix("T")
        operator.builtinOptionsType = getattr(self.schema.BuiltinOptions, kind)
        operator.builtinOptions = options
        self.operators.append(operator)
        return output

    def set_ends(self, first: int, last: int) -> None:
        """Which tensors are the input and the output."""
        self.ends = (first, last)

    def model(self) -> Any:
        """The finished schema object."""
        schema = self.schema
        graph = schema.SubGraphT()
        graph.name = b"main"
        graph.tensors = self.tensors
        graph.operators = self.operators
        graph.inputs, graph.outputs = [self.ends[0]], [self.ends[1]]
        model = schema.ModelT()
        model.version = 3
        model.description = b"Tinsmith"
        model.operatorCodes = [self._code(number) for number in self.codes]
        model.subgraphs = [graph]
        model.buffers = self.buffers
        model.signatureDefs = [self._signature()]
        return model

    def _code(self, number: int) -> Any:
        code = self.schema.OperatorCodeT()
        code.builtinCode = number
        code.deprecatedBuiltinCode = min(number, 127)
        code.version = 1
        return code

    def _signature(self) -> Any:
        signature = self.schema.SignatureDefT()
        signature.signatureKey = b"serving_default"
        signature.inputs = [self._named(self.ends[0])]
        signature.outputs = [self._named(self.ends[1])]
        signature.subgraphIndex = 0
        return signature

    def _named(self, index: int) -> Any:
        entry = self.schema.TensorMapT()
        entry.name = self.tensors[index].name
        entry.tensorIndex = index
        return entry


def _write(writer: _Writer, operator: Operator, current: int) -> int:
    match operator:
        case FullyConnected():
            return _write_dense(writer, operator, current)
        case Convolution():
            return _write_convolution(writer, operator, current)
        case Pooling():
            return _write_pooling(writer, operator, current)
        case Mean():
            return _write_mean(writer, operator, current)
        case Softmax():
            options = writer.schema.SoftmaxOptionsT()
            options.beta = 1.0
            output = writer.add_tensor(operator.name, operator.output_shape)
            return writer.add_operator("SOFTMAX", [current], output, options)


def _reshaped(writer: _Writer, current: int, shape: Shape, name: str) -> int:
    if writer.shapes[current] == shape:
        return current
    options = writer.schema.ReshapeOptionsT()
    options.newShape = list(shape)
    sizes = writer.add_tensor(f"{name}/shape", (len(shape),), np.array(shape, np.int32))
    output = writer.add_tensor(f"{name}/input", shape)
    return writer.add_operator("RESHAPE", [current, sizes], output, options)


def _write_dense(writer: _Writer, operator: FullyConnected, current: int) -> int:
    name = operator.name
    source = _reshaped(writer, current, (1, operator.weights.shape[1]), name)
    weights = writer.add_tensor(f"{name}/weights", operator.weights.shape, operator.weights)
    bias = writer.add_tensor(f"{name}/bias", operator.bias.shape, operator.bias)
    options = writer.schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = _activation(writer, operator.activation)
    output = writer.add_tensor(name, operator.output_shape)
    return writer.add_operator("FULLY_CONNECTED", [source, weights, bias], output, options)


def _write_convolution(writer: _Writer, operator: Convolution, current: int) -> int:
    schema, name = writer.schema, operator.name
    source = _reshaped(writer, current, operator.input_shape, name)
    weights = writer.add_tensor(f"{name}/weights", operator.weights.shape, operator.weights)
    bias = writer.add_tensor(f"{name}/bias", operator.bias.shape, operator.bias)
    if operator.is_depthwise:
        options = schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier = operator.multiplier
    else:
        options = schema.Conv2DOptionsT()
    options.padding = getattr(schema.Padding, operator.padding.upper())
    options.strideH, options.strideW = operator.stride
    options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = _activation(writer, operator.activation)
    output = writer.add_tensor(name, operator.output_shape)
    code = "DEPTHWISE_CONV_2D" if operator.is_depthwise else "CONV_2D"
    return writer.add_operator(code, [source, weights, bias], output, options)


def _write_pooling(writer: _Writer, operator: Pooling, current: int) -> int:
    schema = writer.schema
    source = _reshaped(writer, current, operator.input_shape, operator.name)
    options = schema.Pool2DOptionsT()
    options.padding = getattr(schema.Padding, operator.padding.upper())
    options.filterHeight, options.filterWidth = operator.size
    options.strideH, options.strideW = operator.stride
    options.fusedActivationFunction = _activation(writer, "none")
    output = writer.add_tensor(operator.name, operator.output_shape)
    code = "MAX_POOL_2D" if operator.mode == "max" else "AVERAGE_POOL_2D"
    return writer.add_operator(code, [source], output, options)


def _write_mean(writer: _Writer, operator: Mean, current: int) -> int:
    source = _reshaped(writer, current, operator.input_shape, operator.name)
    axes = writer.add_tensor(f"{operator.name}/axes", (2,), np.array([1, 2], np.int32))
    options = writer.schema.ReducerOptionsT()
    options.keepDims = False
    output = writer.add_tensor(operator.name, operator.output_shape)
    return writer.add_operator("MEAN", [source, axes], output, options)


def _activation(writer: _Writer, activation: str) -> int:
    number: int = getattr(writer.schema.ActivationFunctionType, activation.upper())
    return number
