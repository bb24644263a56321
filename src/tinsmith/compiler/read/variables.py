"""Resource variables: handles and the subgraphs behind CALL_ONCE become tensors that keep state."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Graph, Node, Tensor, describe
from tinsmith.core.errors import DecodeError, UnsupportedError

_Name = tuple[str, str]  # container, shared name
_MAX_BYTES = 1 << 26
_ACCESS = ("READ_VARIABLE", "ASSIGN_VARIABLE")


def called_once(graph: Graph) -> set[int]:
    """Numbers of the subgraphs that run before the first inference.

    Raises:
        DecodeError: A subgraph would call the main one.
    """
    called = {int(node.attributes["init_subgraph"]) for node in _calls(graph)}  # type: ignore[arg-type]
    if any(index < 1 for index in called):
        raise DecodeError(f"CALL_ONCE names the subgraphs {sorted(called)}; the main one is 0")
    return called


def bind_variables(main: Graph, first: Mapping[int, Graph]) -> Graph:
    """The main graph with a variable tensor in the place of each handle.

    Args:
        first: The subgraphs that CALL_ONCE runs, by number; their assignments become first values.

    Raises:
        UnsupportedError: A handle is used otherwise, types differ, or a first value is computed.
    """
    _check_order(main)
    names = _handles(main)
    initial = _first_values(main, first)
    indices: dict[_Name, int] = {}
    tensors = list(main.tensors)
    nodes = []
    for node in main.nodes:
        if node.operator in ("VAR_HANDLE", "CALL_ONCE"):
            continue
        if node.operator in _ACCESS:
            name, value = _name_of(main, node, names), main.tensors[_value_of(main, node)]
            if name not in indices:
                indices[name] = len(tensors)
                tensors.append(_variable(main, node, name, value, initial.get(name)))
            _check_value(main, node, tensors[indices[name]], value)
            node = dataclasses.replace(node, inputs=(indices[name], *node.inputs[1:]))
        nodes.append(node)
    graph = dataclasses.replace(main, tensors=tuple(tensors), nodes=tuple(nodes))
    _check_handles_are_gone(graph, names)
    return graph


def _calls(graph: Graph) -> tuple[Node, ...]:
    return tuple(node for node in graph.nodes if node.operator == "CALL_ONCE")


def _check_order(graph: Graph) -> None:
    """First values must be there before anything reads a variable."""
    order = [node.operator for node in graph.nodes if node.operator in (*_ACCESS, "CALL_ONCE")]
    if "CALL_ONCE" in order[len(_calls(graph)) :]:
        raise UnsupportedError("the model uses a variable before CALL_ONCE gives it a value")


def _handles(graph: Graph) -> dict[int, _Name]:
    """The variable behind each tensor that VAR_HANDLE writes."""
    found: dict[int, _Name] = {}
    for node in graph.nodes:
        if node.operator == "VAR_HANDLE":
            name = str(node.attributes["container"]), str(node.attributes["shared_name"])
            found.update(dict.fromkeys(node.outputs, name))
    return found


def _name_of(graph: Graph, node: Node, names: Mapping[int, _Name]) -> _Name:
    handle = node.inputs[0] if node.inputs else ABSENT
    if handle not in names:
        raise UnsupportedError(
            f"{describe(graph, node)} has no variable that VAR_HANDLE names before it"
        )
    return names[handle]


def _value_of(graph: Graph, node: Node) -> int:
    """The tensor that is read or assigned."""
    is_read = node.operator == "READ_VARIABLE"
    if (len(node.inputs), len(node.outputs)) != ((1, 1) if is_read else (2, 0)):
        raise DecodeError(
            f"{describe(graph, node)} has {len(node.inputs)} inputs and {len(node.outputs)} outputs"
        )
    index = node.outputs[0] if is_read else node.inputs[1]
    if index == ABSENT:
        raise DecodeError(f"{describe(graph, node)} assigns nothing")
    return index


def _variable(
    graph: Graph, node: Node, name: _Name, value: Tensor, initial: npt.NDArray[Any] | None
) -> Tensor:
    first = zeros(value) if initial is None else initial
    if first.size != value.size or first.dtype != value.dtype:
        raise UnsupportedError(
            f"{describe(graph, node)} takes variable {name[1]!r} for {value.dtype} of shape "
            f"{list(value.shape)}; it begins as {first.dtype} of shape {list(first.shape)}"
        )
    title = f"variable {'/'.join(part for part in name if part)}"
    shaped = first.reshape(value.shape)
    return Tensor(title, value.shape, value.dtype, value.quantization, initial=shaped)


def zeros(tensor: Tensor) -> npt.NDArray[Any]:
    """What a variable without a first value begins with: zero, in int8 the step that means it."""
    if tensor.dtype not in ("float32", "int8", "int16", "int32", "bool"):
        raise UnsupportedError(f"variable {tensor.name!r} is {tensor.dtype}")
    if tensor.num_bytes > _MAX_BYTES:
        raise UnsupportedError(
            f"variable {tensor.name!r} has {tensor.num_bytes} bytes; at most {_MAX_BYTES}"
        )
    zero = tensor.zero_point if tensor.dtype == "int8" and tensor.quantization is not None else 0
    if not -128 <= zero <= 127:
        raise DecodeError(f"variable {tensor.name!r} is int8 with zero point {zero}")
    return np.full(tensor.shape, zero, tensor.dtype)


def _check_value(graph: Graph, node: Node, variable: Tensor, value: Tensor) -> None:
    if (variable.dtype, variable.shape) != (value.dtype, value.shape):
        raise UnsupportedError(
            f"{describe(graph, node)} moves {value.dtype} of shape {list(value.shape)} to or from "
            f"{variable.name!r}, which is {variable.dtype} of shape {list(variable.shape)}"
        )


def _first_values(main: Graph, first: Mapping[int, Graph]) -> dict[_Name, npt.NDArray[Any]]:
    """What the subgraphs assign, in the order of their calls."""
    found: dict[_Name, npt.NDArray[Any]] = {}
    for call in _calls(main):
        graph = first[int(call.attributes["init_subgraph"])]  # type: ignore[arg-type]
        names = _handles(graph)
        for node in graph.nodes:
            if node.operator == "VAR_HANDLE":
                continue
            if node.operator != "ASSIGN_VARIABLE":
                raise UnsupportedError(
                    f"{describe(graph, node)} runs before the first inference; supported there: "
                    "VAR_HANDLE and ASSIGN_VARIABLE of constants"
                )
            name, value = _name_of(graph, node, names), graph.tensors[_value_of(graph, node)]
            if value.data is None:
                raise UnsupportedError(f"{describe(graph, node)} assigns no constant")
            found[name] = value.data
    return found


def _check_handles_are_gone(graph: Graph, names: Mapping[int, _Name]) -> None:
    for node in graph.nodes:
        if any(index in names for index in node.inputs):
            raise UnsupportedError(
                f"{describe(graph, node)} works on a handle; supported: "
                "READ_VARIABLE and ASSIGN_VARIABLE"
            )
