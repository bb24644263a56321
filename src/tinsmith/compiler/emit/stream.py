"""C of nodes that run row by row: a function for each, and the list of their turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tinsmith.compiler.emit.nodes import (
    Blank,
    Call,
    Constant,
    ConstantTable,
    Expression,
    Function,
    Name,
    Place,
    Printable,
    RowPointer,
    Unused,
)
from tinsmith.compiler.ir import Graph
from tinsmith.compiler.plan import MemoryPlan, Stage, Step, Stream
from tinsmith.core.cvalue import Array, Struct, Symbol

_PADDING = 65535  # TIN_STREAM_PADDING
_UNITS = (16, 8, 4, 2, 1)
_ROW_PARAMETERS = "uint8_t *arena, const int8_t *const *rows, void *output"


@dataclass(frozen=True)
class StreamCode:
    """C of a stream.

    Args:
        parts: To print.
        call: What runs it.
        structs: Constants among `parts`, which may point to more.
        headers: That they need.
    """

    parts: tuple[Printable, ...]
    call: Call
    structs: tuple[Struct, ...]
    headers: frozenset[str]


@dataclass(frozen=True)
class StreamNames:
    """C names.

    Args:
        base: Of the stream's function, which its other names begin with.
        rows: Function that makes a row of a node, by position in the graph.
        types: C type by element type.
    """

    base: str
    rows: Mapping[int, str]
    types: dict[str, str]


def stream_code(
    graph: Graph, plan: MemoryPlan, index: int, step: Step, names: StreamNames
) -> StreamCode:
    """C of step `index` of the plan, which is a stream."""
    stream = step.stream
    assert stream is not None
    places = dict(zip((name for name, _ in step.scratch), plan.scratch.get(index, ()), strict=True))
    parts: list[Printable] = []
    structs: list[Struct] = []
    rows: list[Struct] = []
    sums = places.get("sums", 0)
    for stage in stream.stages:
        symbol = f"{names.base}_save"
        if stage.kernel is None:
            parts += [_copying(symbol, stage), Blank()]
        else:
            symbol = names.rows[stage.node]
            at = sums if stage.kernel.is_sum else places.get("scratch", 0)
            structs.append(stage.kernel.params)
            parts += [Constant(f"{symbol}_params", stage.kernel.params), Blank()]
            parts += [_making(graph, stage, symbol, at, names), Blank()]
            sums += stage.kernel.scratch_bytes if stage.kernel.is_sum else 0
        fields = (("make", Symbol(symbol)), ("num_rows", stage.num_rows))
        rows.append(Struct("tin_stream_stage", fields))
    table = _table(stream, plan, places.get("rows", 0), f"{names.base}_stages")
    run = _running(names.base, dict(step.scratch).get("sums", 0), places)
    parts += [ConstantTable(f"{names.base}_stages", "tin_stream_stage", tuple(rows)), Blank()]
    parts += [Constant(f"{names.base}_list", table), Blank(), run, Blank()]
    headers = {stage.kernel.header for stage in stream.stages if stage.kernel}
    return StreamCode(
        parts=tuple(parts),
        call=Call(names.base, (Name("arena"),)),
        structs=(*structs, table),
        headers=frozenset({*headers, "tin/nn/stream.h", "tin/nn/bytes.h"}),
    )


def _copying(symbol: str, stage: Stage) -> Function:
    size = Name(str(stage.row_bytes))
    copy = Call("tin_copy_s8", (Name("output"), RowPointer("int8_t", 0), size))
    return Function(symbol, _ROW_PARAMETERS, (Unused("arena"), copy), attribute="TIN_NOINLINE")


def _making(graph: Graph, stage: Stage, symbol: str, scratch: int, names: StreamNames) -> Function:
    """The function that makes a row of one node."""
    kernel, node = stage.kernel, graph.nodes[stage.node]
    assert kernel is not None
    arguments: list[Expression] = [Name(f"{symbol}_params", address=True)]
    if kernel.is_whole:
        for number, window in enumerate(kernel.windows):
            kind = names.types[graph.tensors[node.inputs[window.input]].dtype]
            arguments.append(RowPointer(kind, number))
    else:
        arguments.append(Name("rows"))
    arguments.append(Name("output"))
    body: tuple[Call | Unused, ...] = (Unused("arena"),)
    if kernel.scratch is not None:
        if kernel.scratch_bytes:
            arguments.append(Place(names.types[kernel.scratch], scratch, writable=True))
            body = ()
        else:
            arguments.append(Name("0"))
    call = Call(kernel.function, tuple(arguments))
    return Function(symbol, _ROW_PARAMETERS, (*body, call), attribute="TIN_NOINLINE")


def _running(name: str, sums: int, places: dict[str, int]) -> Function:
    """The function of the whole stream; sums start at 0."""
    run = Call("tin_stream_run", (Name(f"{name}_list", address=True), Name("arena")))
    body: tuple[Call, ...] = (run,)
    if sums:
        start = Place("int8_t", places["sums"], writable=True)
        body = (Call("tin_fill_s8", (start, Name("0"), Name(str(sums)))), run)
    return Function(name, "uint8_t *arena", body, attribute="TIN_NOINLINE")


def _table(stream: Stream, plan: MemoryPlan, lines: int, stages: str) -> Struct:
    places: list[int | None] = []
    for turn in stream.turns:
        for row in (*turn.reads, turn.writes):
            if row is None:
                places.append(None)
            elif row in stream.lines:
                places.append(lines + stream.lines[row])
            else:
                places.append(plan.tensors[row[0]] + row[1] * stream.row_bytes[row[0]])
    known = [place for place in places if place is not None]
    unit = next(unit for unit in _UNITS if all(place % unit == 0 for place in known))
    listed = [_PADDING if place is None else place // unit for place in places]
    turns = np.array([turn.stage for turn in stream.turns], np.uint8)
    return Struct(
        "tin_stream",
        (
            ("stages", Symbol(stages)),
            ("turns", Array(turns)),
            ("places", Array(np.array(listed, np.uint16))),
            ("num_turns", len(stream.turns)),
            ("unit", unit),
        ),
    )
