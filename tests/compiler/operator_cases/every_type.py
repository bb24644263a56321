"""The smallest network of each operator that moves values, on each type it declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from operator_cases.making import SHORT, Case, scale_of
from operator_cases.moves import gather, join, move, resize
from operator_cases.variables import handle
from tinsmith.compiler.operators import OPERATORS


def _scale(dtype: str) -> dict[str, Any]:
    return scale_of(dtype, 0.06, 0 if dtype == "int16" else 11)


def _bordered(dtype: str) -> Case:
    """PADV2 with a value of its own."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source, target = (maker.tensor(s, dtype, **_scale(dtype)) for s in ((2, 3), (4, 5)))
        pairs = maker.tensor((2, 2), "int32", data=[[1, 1], [0, 2]])
        value = maker.tensor((1,), dtype, data=[1], **_scale(dtype))
        maker.operator("PADV2", [source, pairs, value], [target])
        return bytes(maker.finish([source], [target]))

    return make


def _kept(dtype: str) -> Case:
    """What came in at the run before."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source, target = (maker.tensor((2, 3), dtype, **_scale(dtype)) for _ in range(2))
        state = handle(maker, "last")
        maker.operator("READ_VARIABLE", [state], [target])
        maker.operator("ASSIGN_VARIABLE", [state, source], [])
        return bytes(maker.finish([source], [target]))

    return make


SMALLEST: dict[str, Callable[[str], Case]] = {
    "ASSIGN_VARIABLE": _kept,
    "BROADCAST_TO": lambda t: move("BROADCAST_TO", (1, 3), (2, 3), t, [[2, 3]]),
    "CONCATENATION": lambda t: join("CONCATENATION", [(2, 4), (1, 4)], (3, 4), t, axis=0),
    "DEPTH_TO_SPACE": lambda t: move("DEPTH_TO_SPACE", (1, 2, 2, 4), (1, 4, 4, 1), t, blockSize=2),
    "EXPAND_DIMS": lambda t: move("EXPAND_DIMS", (3,), (1, 3), t, [0]),
    "GATHER": lambda t: gather((4, 5), [4, 3, 0], t, axis=1),
    "MIRROR_PAD": lambda t: move("MIRROR_PAD", (3, 4), (7, 8), t, [[[2, 2], [1, 3]]], mode=0),
    "PACK": lambda t: join("PACK", [(3, 4)] * 2, (2, 3, 4), t, axis=0, valuesCount=2),
    "PAD": lambda t: move("PAD", (2, 3), (4, 5), t, [[[1, 1], [0, 2]]]),
    "PADV2": _bordered,
    "READ_VARIABLE": _kept,
    "RESHAPE": lambda t: move("RESHAPE", (3, 4), (2, 6), t, [[2, 6]]),
    "RESIZE_NEAREST_NEIGHBOR": lambda t: resize(
        "RESIZE_NEAREST_NEIGHBOR", (1, 2, 3, 1), (4, 4), t, "plain"
    ),
    "SLICE": lambda t: move("SLICE", (3, 4), (2, 2), t, [[1, 1], [2, 2]]),
    "SPACE_TO_DEPTH": lambda t: move("SPACE_TO_DEPTH", (1, 4, 4, 1), (1, 2, 2, 4), t, blockSize=2),
    "SPLIT": lambda t: move("SPLIT", (4, 2), [(2, 2)] * 2, t, [0], data=1, numSplits=2),
    "SPLIT_V": lambda t: move("SPLIT_V", (4, 2), [(1, 2), (3, 2)], t, [[1, 3], 0], numSplits=2),
    "SQUEEZE": lambda t: move("SQUEEZE", (1, 3), (3,), t),
    "STRIDED_SLICE": lambda t: move("STRIDED_SLICE", (6,), (3,), t, [[0], [6], [2]]),
    "TRANSPOSE": lambda t: move("TRANSPOSE", (3, 4), (4, 3), t, [[1, 0]]),
    "UNPACK": lambda t: move("UNPACK", (2, 3), [(3,)] * 2, t, axis=0, num=2),
}
"""By operator: a type to the network."""

# int8 and float32 have larger cases; the reference has no kernel for types that are defined here.
CASES: dict[str, Case] = {
    f"{operator.lower()}_every_{SHORT[dtype]}": make(dtype)
    for operator, make in SMALLEST.items()
    for dtype in OPERATORS[operator].types
    if dtype not in ("int8", "float32", *OPERATORS[operator].defined_here)
    and operator != "ASSIGN_VARIABLE"  # that of READ_VARIABLE
}
