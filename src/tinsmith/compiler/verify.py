"""What makes a graph legal; checked after reading and between passes."""

from __future__ import annotations

from tinsmith.compiler.ir import ABSENT, Graph, Node, describe
from tinsmith.compiler.operators import OPERATORS, Operation
from tinsmith.core.errors import DecodeError, InputError, InternalError, UnsupportedOperatorError

_WITHOUT_OUTPUT = ("ASSIGN_VARIABLE",)


def verify_structure(graph: Graph) -> None:
    """Every value exists before it is used and is written once.

    Raises:
        DecodeError: It is not so; the message names the operator.
    """
    if not graph.inputs or not graph.outputs:
        raise DecodeError(
            f"the model has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "expected at least one of each"
        )
    if len(set(graph.inputs)) != len(graph.inputs):
        raise DecodeError("the model lists an input twice")
    written = {
        index
        for index, tensor in enumerate(graph.tensors)
        if tensor.is_constant or tensor.is_variable
    }
    _write(graph, written, graph.inputs, "the model's inputs")
    for node in graph.nodes:
        if not node.outputs and node.operator not in _WITHOUT_OUTPUT:
            raise DecodeError(f"operator {node.source} ({node.operator}) writes nothing")
        for index in node.inputs:
            if index != ABSENT and index not in written:
                name = graph.tensors[index].name
                raise DecodeError(f"{describe(graph, node)} reads {name!r} before it is computed")
        _write(graph, written, node.outputs, describe(graph, node))
    for index in graph.outputs:
        if index not in written:
            raise DecodeError(f"nothing computes the model's output {graph.tensors[index].name!r}")


def _write(graph: Graph, written: set[int], indices: tuple[int, ...], what: str) -> None:
    for index in indices:
        if index in written:
            raise DecodeError(f"{what} overwrite {graph.tensors[index].name!r}, which has a value")
        written.add(index)


def verify_operators(graph: Graph) -> None:
    """Every operator is in the table.

    Raises:
        UnsupportedOperatorError: Names each operator that is not, its tensors, and the table.
    """
    unknown = [node for node in graph.nodes if node.operator not in OPERATORS]
    if unknown:
        listed = "; ".join(_with_inputs(graph, node) for node in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise UnsupportedOperatorError(
            f"no kernel for {listed}{more}", hint=f"supported: {', '.join(sorted(OPERATORS))}"
        )


def _with_inputs(graph: Graph, node: Node) -> str:
    names = ", ".join(repr(graph.tensors[i].name) for i in node.inputs if i != ABSENT)
    return f"{describe(graph, node)}, input {names or 'none'}"


def verify_shapes(graph: Graph) -> None:
    """Every node's tensors have the types, shapes and quantisation its operator needs.

    Raises:
        UnsupportedError: The operator cannot do that.
        DecodeError: The output's shape contradicts the inputs.
    """
    for node in graph.nodes:
        operation = Operation(graph, node)
        expected = OPERATORS[node.operator].shapes(operation)
        if len(node.outputs) != len(expected):
            raise DecodeError(
                f"{describe(graph, node)} has {len(node.outputs)} outputs; expected {len(expected)}"
            )
        for index, shape in zip(node.outputs, expected, strict=True):
            found = graph.tensors[index].shape
            if found != shape:
                raise DecodeError(
                    f"{describe(graph, node)} has output shape {list(found)}; "
                    f"its inputs make it {list(shape)}"
                )


def verify_pass(graph: Graph, name: str) -> None:
    """A graph after a pass of ours is as legal as before.

    Raises:
        InternalError: The pass broke it.
    """
    try:
        verify_structure(graph)
        verify_operators(graph)
        verify_shapes(graph)
    except InputError as error:
        raise InternalError(f"the compiler pass {name} broke the graph: {error}") from error
