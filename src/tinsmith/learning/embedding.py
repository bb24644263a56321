"""The part of a network before its last layer: what it has made of a window, as a few numbers."""

from __future__ import annotations

from tinsmith.core.errors import UnsupportedError
from tinsmith.learning.export import pack


def without_head(tflite: bytes) -> bytes:
    """A float32 classifier or regressor without its last dense layer and what follows.

    Its output is what that layer took, one row of numbers a window.

    Args:
        tflite: A model as `export_float32` makes it: one input, one output, operators in order.

    Raises:
        UnsupportedError: There is no dense layer, or nothing before the last one.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(tflite))
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    dense = [
        index
        for index, operator in enumerate(graph.operators)
        if codes[operator.opcodeIndex] == schema.BuiltinOperator.FULLY_CONNECTED
    ]
    if not dense:
        raise UnsupportedError(
            "the network does not end in a dense layer, so it has no embedding",
            hint="map the windows by their features instead",
        )
    output = int(graph.operators[dense[-1]].inputs[0])
    kept = list(graph.operators[: dense[-1]])
    if not kept or output in graph.inputs:
        raise UnsupportedError(
            "the network has a single layer: what it takes are the features themselves",
            hint="map the windows by their features instead",
        )
    graph.operators, graph.outputs = kept, [output]
    # Names for interpreters, of an output that is no more.
    model.signatureDefs = []
    return pack(model)
