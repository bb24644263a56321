"""Networks that keep values in resource variables from one run to the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from operator_cases.making import NONE, Case, scale_of

CASES: dict[str, Case] = {}


def handle(maker: Any, name: str) -> int:
    """A tensor that names a variable."""
    index = int(maker.tensor((1,), "resource"))
    maker.operator("VAR_HANDLE", [], [index], container="", sharedName=name)
    return index


def begin(maker: Any, values: dict[str, tuple[tuple[int, ...], str, Any]]) -> None:
    """A subgraph that gives variables their first values, and its call."""
    first = maker.another()
    for name, (shape, dtype, data) in values.items():
        value = first.tensor(shape, dtype, data=data, **scale_of(dtype, 0.05, 2))
        first.operator("ASSIGN_VARIABLE", [handle(first, name), value], [])
    maker.operator("CALL_ONCE", [], [], initSubgraphIndex=1)


def _accumulate(dtype: str, *, initialised: bool = True) -> Case:
    """state := state + input; the sum is the output too."""
    shape = (1, 12)

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source, read, target = (
            maker.tensor(shape, dtype, **scale_of(dtype, 0.05, 2)) for _ in range(3)
        )
        if initialised:
            begin(maker, {"sum": (shape, dtype, rng.standard_normal(shape) * 20)})
        state = handle(maker, "sum")
        maker.operator("READ_VARIABLE", [state], [read])
        maker.operator("ADD", [read, source], [target], fusedActivationFunction=NONE)
        maker.operator("ASSIGN_VARIABLE", [state, target], [])
        return bytes(maker.finish([source], [target]))

    return make


def _before_and_after(dtype: str) -> Case:
    """Reads on both sides of an assignment see different values; so do two variables."""
    shape = (2, 7)

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source, before, after, other, difference, target = (
            maker.tensor(shape, dtype, **scale_of(dtype, 0.05, 2)) for _ in range(6)
        )
        values = {
            name: (shape, dtype, rng.standard_normal(shape) * 20) for name in ("last", "last but 1")
        }
        begin(maker, values)
        last, older = handle(maker, "last"), handle(maker, "last but 1")
        maker.operator("READ_VARIABLE", [older], [other])
        maker.operator("READ_VARIABLE", [last], [before])
        maker.operator("ASSIGN_VARIABLE", [older, before], [])
        maker.operator("ASSIGN_VARIABLE", [last, source], [])
        maker.operator("READ_VARIABLE", [last], [after])
        maker.operator("SUB", [after, before], [difference], fusedActivationFunction=NONE)
        maker.operator("ADD", [difference, other], [target], fusedActivationFunction=NONE)
        return bytes(maker.finish([source], [target, before]))

    return make


def _reshaped(dtype: str) -> Case:
    """A variable that is seen in another shape, and one that is only kept."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        scale = scale_of(dtype, 0.05, 2)
        source, moved = maker.tensor((1, 6), dtype, **scale), maker.tensor((2, 3), dtype, **scale)
        read, target = maker.tensor((1, 6), dtype, **scale), maker.tensor((2, 3), dtype, **scale)
        begin(maker, {"kept": ((1, 6), dtype, rng.standard_normal(6) * 20)})
        kept, unread = handle(maker, "kept"), handle(maker, "unread")
        maker.operator("READ_VARIABLE", [kept], [read])
        shape = maker.tensor((2,), "int32", data=[2, 3])
        maker.operator("RESHAPE", [read, shape], [moved], newShape=[2, 3])
        maker.operator("RELU", [moved], [target])
        maker.operator("ASSIGN_VARIABLE", [kept, source], [])
        maker.operator("ASSIGN_VARIABLE", [unread, source], [])
        return bytes(maker.finish([source], [target]))

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    CASES[f"accumulate_{_short}"] = _accumulate(_type)
    CASES[f"accumulate_from_nothing_{_short}"] = _accumulate(_type, initialised=False)
    CASES[f"before_and_after_{_short}"] = _before_and_after(_type)
    CASES[f"reshaped_variable_{_short}"] = _reshaped(_type)
