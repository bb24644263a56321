"""Damages model files in ways that keep them readable: see `fuzz.py`."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 16, 17, 255, 1 << 10, 1 << 16, (1 << 16) + 1, 1 << 24, -1)
_NUMBERS = (*_SIZES, -2, -3, 127, 128, -128, 1 << 30, (1 << 31) - 1, -(1 << 31))
_SCALES = (1.0, 0.5, 1 / 256, 0.003, 7.3, 1e-45, 1e-38, 1e-20, 1e20, 3e38, 0.0, -1.0)
_FLOATS = (*_SCALES, float("inf"), float("nan"), 1e-7, 100.0)
_ZEROS = (0, 1, -1, -128, 127, 128, -129, 32767, (1 << 31) - 1, -(1 << 31), 1 << 62)
_TYPES = (0, 2, 7, 9, 6, 1, 3, 4, 10, 13)
_NAMES = ("ADD", "MUL", "RESHAPE", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "PAD")
_MOST = 1 << 16  # bytes of a constant that is made to fit


def damage(data: bytes, seed: int, others: Sequence[bytes] = ()) -> bytes:
    """One to four changes to tensors, operators, options and constants; the same seed, the same.

    Args:
        data: A model file; one that the schema's classes cannot read comes back as it is.
        others: Models whose operators may be appended.
    """
    chance = random.Random(seed)
    try:
        model = schema.ModelT.InitFromPackedBuf(bytearray(data), 0)
        for _ in range(chance.choice((1, 1, 2, 3, 4))):
            chance.choice(_CHANGES)(model, chance, others)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    except Exception:  # noqa: BLE001 - the schema's classes fail in all ways on damaged files
        return data
    return bytes(builder.Output())


def _graph(model: Any, chance: random.Random) -> Any:
    return chance.choice(model.subgraphs)


def _tensor(model: Any, chance: random.Random) -> Any:
    return chance.choice(_graph(model, chance).tensors)


def _operator(model: Any, chance: random.Random) -> Any:
    return chance.choice(_graph(model, chance).operators)


def _change_shape(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    tensor = _tensor(model, chance)
    shape = [int(size) for size in tensor.shape] if tensor.shape is not None else []
    kind = chance.randrange(5)
    if kind == 0 or not shape:
        shape = [chance.choice(_SIZES[:8]) for _ in range(chance.randrange(7))]
    elif kind == 1:
        shape[chance.randrange(len(shape))] = chance.choice(_SIZES)
    elif kind == 2:
        shape.pop(chance.randrange(len(shape)))
    elif kind == 3:
        shape.insert(chance.randrange(len(shape) + 1), chance.choice((1, 1, 2, 3)))
    else:
        shape = []
    tensor.shape = shape
    if chance.random() < 0.8:
        _fit_constant(model, tensor)


def _fit_constant(model: Any, tensor: Any) -> None:
    """Gives a constant as many bytes as its shape and type say."""
    data = model.buffers[tensor.buffer].data
    if data is None or len(data) == 0:
        return
    width = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 9: 1, 10: 8}.get(tensor.type, 4)
    count = int(np.prod([max(int(size), 0) for size in tensor.shape], dtype=object)) * width
    if 0 < count <= _MOST:
        tensor.buffer = len(model.buffers)
        buffer = schema.BufferT()
        buffer.data = np.resize(np.asarray(data, np.uint8), count)
        model.buffers.append(buffer)


def _change_type(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    tensor = _tensor(model, chance)
    tensor.type = chance.choice(_TYPES)
    _fit_constant(model, tensor)


def _change_all_types(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    """One type becomes another everywhere."""
    before, after = _tensor(model, chance).type, chance.choice(_TYPES[:5])
    for tensor in _graph(model, chance).tensors:
        if tensor.type == before:
            tensor.type = after
            _fit_constant(model, tensor)


def _change_scale(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    tensor = _tensor(model, chance)
    if tensor.quantization is None or chance.random() < 0.1:
        tensor.quantization = schema.QuantizationParametersT()
    elif chance.random() < 0.15:
        tensor.quantization = None
        return
    count = 1
    if chance.random() < 0.3 and tensor.shape is not None and len(tensor.shape):
        axis = chance.randrange(len(tensor.shape))
        tensor.quantization.quantizedDimension = axis
        count = max(min(int(tensor.shape[axis]), 64), 0)
    tensor.quantization.scale = [chance.choice(_SCALES) for _ in range(count)]
    zeros = _ZEROS if chance.random() < 0.3 else (0,)
    tensor.quantization.zeroPoint = [chance.choice(zeros)] * count


def _copy_scale(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    _tensor(model, chance).quantization = _tensor(model, chance).quantization


def _change_option(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    operator = _operator(model, chance)
    if operator.customOptions is not None and len(operator.customOptions):
        raw = np.array(operator.customOptions, np.uint8)
        raw[chance.randrange(len(raw))] = chance.randrange(256)
        operator.customOptions = raw
        return
    options = operator.builtinOptions
    name = chance.choice(list(vars(options)))
    value = getattr(options, name)
    if isinstance(value, float):
        setattr(options, name, chance.choice(_FLOATS))
    elif isinstance(value, bool):
        setattr(options, name, not value)
    else:
        small = name in ("padding", "fusedActivationFunction", "mode")
        setattr(options, name, chance.choice((0, 1, 2, 3) if small else _NUMBERS))


def _change_operator(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    """Another operator with the same tensors and options."""
    code = schema.OperatorCodeT()
    names = [name for name in vars(schema.BuiltinOperator) if not name.startswith("_")]
    name = chance.choice(names if chance.random() < 0.7 else _NAMES)
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 1
    operator = _operator(model, chance)
    operator.opcodeIndex = len(model.operatorCodes)
    if chance.random() < 0.8:
        operator.builtinOptions, operator.builtinOptionsType = None, 0
    model.operatorCodes.append(code)


def _change_links(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    """Which tensors an operator, or the model, reads and writes."""
    graph = _graph(model, chance)
    holder = chance.choice((*graph.operators, graph))
    side = chance.choice(("inputs", "outputs"))
    links = [int(index) for index in getattr(holder, side)]
    kind = chance.randrange(4)
    any_tensor = chance.randrange(-1, len(graph.tensors) + 1)
    if kind == 0 or not links:
        links.append(any_tensor)
    elif kind == 1:
        links.pop(chance.randrange(len(links)))
    elif kind == 2:
        links[chance.randrange(len(links))] = any_tensor
    else:
        chance.shuffle(links)
    setattr(holder, side, links)


def _change_constant(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    """A few elements of a constant become extreme."""
    graph = _graph(model, chance)
    constants = [t for t in graph.tensors if len(_bytes(model, t)) > 0]
    tensor = chance.choice(constants)
    kind = {0: np.float32, 2: np.int32, 4: np.int64, 7: np.int16}.get(tensor.type, np.int8)
    values = np.array(_bytes(model, tensor), np.uint8).view(kind)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(len(values))
        if kind is np.float32:
            values[place] = chance.choice(_FLOATS)
        else:
            limits = np.iinfo(kind)
            number = chance.choice(_NUMBERS)
            values[place] = min(max(number, limits.min), limits.max)
    buffer = schema.BufferT()
    buffer.data = values.view(np.uint8)
    tensor.buffer = len(model.buffers)
    model.buffers.append(buffer)


def _bytes(model: Any, tensor: Any) -> Any:
    data = model.buffers[tensor.buffer].data
    return () if data is None else data


def _toggle_constant(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    """A constant is computed, or the other way round."""
    tensor = _tensor(model, chance)
    if len(_bytes(model, tensor)):
        tensor.buffer = 0
        if chance.random() < 0.5:
            graph = model.subgraphs[0]
            graph.inputs = [*map(int, graph.inputs), graph.tensors.index(tensor)]
        return
    buffer = schema.BufferT()
    buffer.data = np.array([chance.randrange(256) for _ in range(8)], np.uint8)
    tensor.buffer = len(model.buffers)
    model.buffers.append(buffer)
    _fit_constant(model, tensor)


def _toggle_variable(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    tensor = _tensor(model, chance)
    tensor.isVariable = not tensor.isVariable


def _repeat_operator(model: Any, chance: random.Random, _: Sequence[bytes]) -> None:
    """The same operator again, on its own output where it has one."""
    graph = _graph(model, chance)
    place = chance.randrange(len(graph.operators))
    again = copy.copy(graph.operators[place])
    source = graph.tensors[int(again.outputs[0])]
    graph.tensors.append(copy.copy(source))
    again.inputs = [int(graph.operators[place].outputs[0]), *map(int, again.inputs[1:])]
    again.outputs = [len(graph.tensors) - 1, *map(int, again.outputs[1:])]
    graph.operators.insert(place + 1, again)
    graph.outputs = [again.outputs[0]]


def _append_model(model: Any, chance: random.Random, others: Sequence[bytes]) -> None:
    """Another model behind or beside this one."""
    other = schema.ModelT.InitFromPackedBuf(bytearray(chance.choice(others)), 0)
    graph, more = model.subgraphs[0], other.subgraphs[0]
    tensors, codes, buffers = len(graph.tensors), len(model.operatorCodes), len(model.buffers)
    for tensor in more.tensors:
        tensor.buffer += buffers
    for operator in more.operators:
        operator.opcodeIndex += codes
    instead = {}
    if chance.random() < 0.7:
        last, first = int(graph.outputs[0]), int(more.inputs[0])
        instead[first + tensors] = last
        if chance.random() < 0.7:
            kept = more.tensors[first]
            for name in ("shape", "type", "quantization"):
                setattr(graph.tensors[last], name, getattr(kept, name))

    def moved(indices: Any) -> list[int]:
        found = [int(i) + tensors if i >= 0 else -1 for i in indices]
        return [instead.get(i, i) for i in found]

    for operator in more.operators:
        operator.inputs, operator.outputs = moved(operator.inputs), moved(operator.outputs)
    graph.inputs = list(dict.fromkeys([*map(int, graph.inputs), *moved(more.inputs)]))
    if instead:
        graph.inputs = [i for i in graph.inputs if i not in instead.values()]
    graph.outputs = [*(() if instead else map(int, graph.outputs)), *moved(more.outputs)]
    graph.tensors += more.tensors
    graph.operators += more.operators
    model.operatorCodes += other.operatorCodes
    model.buffers += other.buffers


_Change = Callable[[Any, random.Random, Sequence[bytes]], None]
_CHANGES: tuple[_Change, ...] = (
    *(3 * (_change_shape,)),
    _change_type,
    _change_all_types,
    *(3 * (_change_scale,)),
    _copy_scale,
    *(3 * (_change_option,)),
    _change_operator,
    *(2 * (_change_links,)),
    *(2 * (_change_constant,)),
    _toggle_constant,
    _toggle_variable,
    _repeat_operator,
    *(2 * (_append_model,)),
)
