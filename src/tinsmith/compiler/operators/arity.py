"""How many inputs each operator has."""

from __future__ import annotations

import sys

from tinsmith.compiler.ir import ABSENT, Node

_ANY = sys.maxsize

_PAIRS = (
    "ADD ARG_MAX ARG_MIN ASSIGN_VARIABLE BATCH_MATMUL BROADCAST_TO DIV FILL GATHER "
    "MAXIMUM MEAN MINIMUM MIRROR_PAD MUL PAD PRELU REDUCE_MAX REDUCE_MIN RESIZE_BILINEAR "
    "RESIZE_NEAREST_NEIGHBOR SPLIT SQUARED_DIFFERENCE SUB SUM TRANSPOSE"
)

_INPUTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_PAIRS.split(), (2, 2)),
    **dict.fromkeys(("PADV2", "SLICE", "SPLIT_V", "TFLite_Detection_PostProcess"), (3, 3)),
    **dict.fromkeys(("CONCATENATION", "PACK"), (1, _ANY)),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "GROUPED_CONV_2D"), (2, 3)),
    **dict.fromkeys(("RESHAPE", "EXPAND_DIMS"), (1, 2)),
    "STRIDED_SLICE": (4, 4),
    "TRANSPOSE_CONV": (3, 4),
    "SVDF": (5, 5),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (20, 24),
}
"""(fewest, most); operators that are not here have one input."""

_MAY_BE_ABSENT = {"SVDF": (3,), "UNIDIRECTIONAL_SEQUENCE_LSTM": tuple(range(24))}
"""Positions before the fewest; those from there on always may."""


def arity_problem(node: Node) -> str | None:
    """What is wrong with the number of a node's inputs, or with those that are absent.

    The inputs of joining operators are all required.
    """
    fewest, most = _INPUTS.get(node.operator, (1, 1))
    count = len(node.inputs)
    if not fewest <= count <= most:
        upper = "or more" if most == _ANY else f"to {most}"
        return f"has {count} inputs; expected {fewest if fewest == most else f'{fewest} {upper}'}"
    required = count if most == _ANY else fewest
    optional = _MAY_BE_ABSENT.get(node.operator, ())
    for position, index in enumerate(node.inputs[:required]):
        if index == ABSENT and position not in optional:
            return f"has no input {position}"
    return None
