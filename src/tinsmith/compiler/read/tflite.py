"""`.tflite` file → graph. Every byte is untrusted: what cannot be right is refused here."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Attributes, Graph, Node, Quantization, Shape, Tensor
from tinsmith.compiler.read.flatbuffer import FlatBuffer, Table
from tinsmith.compiler.read.options import CUSTOM, read_options
from tinsmith.compiler.read.variables import bind_variables, called_once, zeros
from tinsmith.core.errors import DecodeError, UnsupportedError

_IDENTIFIER = b"TFL3"
_DTYPES = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    9: "int8",
    10: "float64",
    13: "resource",
    12: "uint64",
    15: "uint32",
    16: "uint16",
}
_CUSTOM = 32
_MAX_DIMENSION = 1 << 24
_MAX_ELEMENTS = 1 << 28
_MAX_AXES = 6
_MAX_OPERATORS = 2048


def read_tflite(data: bytes) -> Graph:
    """Reads a model file.

    Raises:
        DecodeError: The bytes are not a well-formed `.tflite` model.
        UnsupportedError: Well-formed, with something the compiler does not handle.
    """
    if data[4:8] != _IDENTIFIER:
        raise DecodeError(
            f"the file has {data[4:8]!r} where a .tflite model has {_IDENTIFIER!r} (bytes 4 to 7)",
            hint="give a TensorFlow Lite flatbuffer, as LiteRT and TensorFlow export it",
        )
    model = FlatBuffer(data).root()
    version = model.scalar(0, "uint32")
    if version != 3:
        raise UnsupportedError(f"the model has schema version {version}; expected 3")
    subgraphs = model.tables(2)
    if not subgraphs:
        raise DecodeError("the model has no subgraph")
    operators, constants = _operator_names(model), _Constants(model.tables(4))
    main = _read_graph(subgraphs[0], operators, constants)
    called = called_once(main)
    if set(range(1, len(subgraphs))) != called:
        raise UnsupportedError(
            f"the model has {len(subgraphs)} subgraphs, of which CALL_ONCE runs {len(called)}; "
            "expected one, and those that give variables their first values",
            hint="models with control flow (IF, WHILE) or several signatures are not supported",
        )
    first = {index: _read_graph(subgraphs[index], operators, constants) for index in called}
    return bind_variables(main, first)


def _read_graph(subgraph: Table, operators: Sequence[str], data: _Constants) -> Graph:
    tables = subgraph.tables(0)
    tensors = tuple(_read_tensor(table, index, data) for index, table in enumerate(tables))
    count = len(tensors)
    nodes = subgraph.tables(3)
    if len(nodes) > _MAX_OPERATORS:
        raise UnsupportedError(f"the model has {len(nodes)} operators; at most {_MAX_OPERATORS}")
    return Graph(
        tensors=tensors,
        nodes=tuple(
            _read_node(table, position, operators, count) for position, table in enumerate(nodes)
        ),
        inputs=_indices(subgraph.array(1, "int32"), count, "the model's inputs"),
        outputs=_indices(subgraph.array(2, "int32"), count, "the model's outputs"),
    )


def _operator_names(model: Table) -> tuple[str, ...]:
    names = []
    for table in model.tables(1):
        # Codes above 127 do not fit the old field; the larger of the two counts.
        code = max(table.scalar(0, "int8"), table.scalar(3, "int32"))
        if code == _CUSTOM:
            name = table.text(1)
            names.append(name if name in CUSTOM else f"custom operator {name!r}")
        else:
            names.append(_builtin_name(code))
    return tuple(names)


def _builtin_name(code: int) -> str:
    from ai_edge_litert import schema_py_generated as schema

    for name, value in vars(schema.BuiltinOperator).items():
        if not name.startswith("_") and value == code:
            return str(name)
    raise DecodeError(f"the model uses operator number {code}, which the format does not define")


class _Constants:
    """The buffers of the file, each looked at once."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables
        self._seen: dict[int, npt.NDArray[Any]] = {}

    def bytes_of(self, number: int, name: str) -> npt.NDArray[Any]:
        if not 0 <= number < len(self._tables):
            raise DecodeError(
                f"tensor {name!r} names buffer {number}; the model has {len(self._tables)}"
            )
        if number not in self._seen:
            table = self._tables[number]
            if table.scalar(1, "uint64") > 1:
                raise UnsupportedError("the model keeps its weights outside the flatbuffer")
            self._seen[number] = table.array(0, "uint8")
        value = self._seen[number]
        self._tables[number].buffer.spend(value.size)  # each use copies it
        return value


def _read_tensor(table: Table, index: int, constants: _Constants) -> Tensor:
    name = table.text(3) or f"tensor {index}"
    code = table.scalar(1, "int8")
    if code not in _DTYPES:
        raise UnsupportedError(
            f"tensor {name!r} has element type number {code}; supported are float32 and int8"
        )
    if table.scalar(10, "uint32"):
        raise UnsupportedError("the model keeps its weights outside the flatbuffer")
    if table.table(6) is not None:
        raise UnsupportedError(f"tensor {name!r} is stored sparse; expected dense weights")
    shape = _read_shape(table, name)
    quantization = _read_quantization(table.table(4), shape, name)
    raw = constants.bytes_of(table.scalar(2, "uint32"), name)
    if table.scalar(5, "bool"):
        return _variable(Tensor(name, shape, _DTYPES[code], quantization), raw)
    value = _constant(raw, shape, _DTYPES[code], name) if raw.size else None
    return Tensor(name, shape, _DTYPES[code], quantization, value)


def _variable(tensor: Tensor, raw: npt.NDArray[Any]) -> Tensor:
    """A tensor that an operator changes in place and finds again at the next run."""
    if raw.size:
        raise UnsupportedError(f"variable {tensor.name!r} has {raw.size} bytes of data; expected 0")
    return dataclasses.replace(tensor, initial=zeros(tensor))


def _read_shape(table: Table, name: str) -> Shape:
    dims = table.array(0, "int32")
    if dims.size > _MAX_AXES:
        raise UnsupportedError(
            f"tensor {name!r} has {dims.size} axes; at most {_MAX_AXES} are supported"
        )
    shape = tuple(int(value) for value in dims)
    if any(value < 0 for value in shape):
        raise UnsupportedError(
            f"tensor {name!r} has the dynamic shape {list(shape)}",
            hint="export the model with fixed shapes and a batch size of 1",
        )
    if any(not 0 < value <= _MAX_DIMENSION for value in shape) or math.prod(shape) > _MAX_ELEMENTS:
        raise DecodeError(f"tensor {name!r} has the impossible shape {list(shape)}")
    return shape


def _constant(raw: npt.NDArray[Any], shape: Shape, dtype: str, name: str) -> npt.NDArray[Any]:
    if dtype == "resource":
        raise DecodeError(f"tensor {name!r} is a handle and a constant")
    kind = np.dtype(dtype).newbyteorder("<")
    expected = math.prod(shape) * kind.itemsize
    if raw.size != expected:
        raise DecodeError(
            f"constant {name!r} of shape {list(shape)} and type {dtype} holds {raw.size} bytes; "
            f"expected {expected}"
        )
    value = np.frombuffer(raw.tobytes(), kind).astype(dtype).reshape(shape)
    if kind.kind == "f" and not np.isfinite(value).all():
        raise DecodeError(f"constant {name!r} contains NaN or infinity")
    return value


def _read_quantization(table: Table | None, shape: Shape, name: str) -> Quantization | None:
    if table is None:
        return None
    scales = tuple(float(value) for value in table.array(2, "float32"))
    zeros = tuple(int(value) for value in table.array(3, "int64"))
    if not scales:
        return None
    zeros = zeros or (0,) * len(scales)
    if len(zeros) == 1:
        zeros *= len(scales)
    axis = table.scalar(6, "int32") if len(shape) > 1 else 0  # some old files say 3 for biases
    per_axis = len(scales) > 1 and (not 0 <= axis < len(shape) or shape[axis] != len(scales))
    if len(zeros) != len(scales) or per_axis:
        raise DecodeError(
            f"tensor {name!r} of shape {list(shape)} has {len(scales)} scales and "
            f"{len(zeros)} zero points along axis {axis}"
        )
    if any(not math.isfinite(value) or value <= 0.0 for value in scales):
        raise DecodeError(f"tensor {name!r} has a quantisation scale that is not above 0")
    if any(not -(1 << 31) <= value < 1 << 31 for value in zeros):
        raise DecodeError(f"tensor {name!r} has a zero point that does not fit 32 bits")
    return Quantization(scales, zeros, axis)


def _read_node(table: Table, position: int, operators: Sequence[str], count: int) -> Node:
    code = table.scalar(0, "uint32")
    if code >= len(operators):
        raise DecodeError(
            f"operator {position} names code {code}; the model has {len(operators)} codes"
        )
    name = operators[code]
    where = f"operator {position} ({name})"
    return Node(
        operator=name,
        inputs=_indices(table.array(1, "int32"), count, f"inputs of {where}", optional=True),
        outputs=_indices(table.array(2, "int32"), count, f"outputs of {where}"),
        attributes=_attributes(name, table),
        source=position,
    )


def _attributes(name: str, table: Table) -> Attributes:
    if name in CUSTOM:
        return {"custom_options": tuple(table.array(5, "uint8").tolist())}
    return read_options(name, table.scalar(3, "uint8"), table.table(4))


def _indices(
    values: npt.NDArray[Any], count: int, what: str, *, optional: bool = False
) -> tuple[int, ...]:
    lowest = ABSENT if optional else 0
    for value in values:
        if not lowest <= value < count:
            raise DecodeError(f"{what}: tensor {value} does not exist; the model has {count}")
    return tuple(int(value) for value in values)
