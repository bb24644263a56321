"""From the bytes of a model file to C: the pipeline in one visible place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tinsmith.compiler.backends import Backend, find_backend
from tinsmith.compiler.choice import DEFAULT_GROWTH, choose_algorithms
from tinsmith.compiler.emit import emit_model
from tinsmith.compiler.ir import ABSENT, Graph, Shape
from tinsmith.compiler.operators import OPERATORS, Lowering, Operation
from tinsmith.compiler.operators.base import INTEGER_LIMITS, SUFFIXES, RowKernel
from tinsmith.compiler.passes import CLEANING, PIPELINE, Pass
from tinsmith.compiler.passes.dead_channels import Removal, removals
from tinsmith.compiler.plan import (
    MemoryPlan,
    Network,
    Step,
    check_plan,
    choose_steps,
    printable,
    state_of,
)
from tinsmith.compiler.plan.stream import row_count
from tinsmith.compiler.read import read_tflite
from tinsmith.compiler.schedule import schedule
from tinsmith.compiler.verify import (
    verify_operators,
    verify_pass,
    verify_shapes,
    verify_structure,
)
from tinsmith.core.errors import DesignError, UnsupportedError
from tinsmith.core.hashing import hash_bytes

_MAX_ARENA_BYTES = 1 << 30
_MOST_ROWS = 1 << 14  # of images that may run row by row


@dataclass(frozen=True)
class Layer:
    """One step of the compiled network.

    Args:
        index: Position in the order of execution.
        operator: As the model file calls it.
        symbol: C function, for profiles.
        macs: Multiply-accumulates of one inference, padding counted.
        name: Of its output in the user's model.
        algorithm: What its kernel does; where the backend has no word for that, the kernel's name.
        estimate: Instructions of one inference by the backend's table of costs; None: not known.
    """

    index: int
    operator: str
    symbol: str
    macs: int
    name: str
    algorithm: str = ""
    estimate: int | None = None


@dataclass(frozen=True)
class Port:
    """An input or output of the network.

    Args:
        scale, zero_point: value = scale * (q - zero_point) for int8; 1 and 0 for float32.
        offset: Bytes from the start of the arena.
    """

    name: str
    shape: Shape
    dtype: str
    scale: float
    zero_point: int
    offset: int


@dataclass(frozen=True)
class CompiledModel:
    """A network as C.

    Args:
        source, header: `<name>.c` and `<name>.h`, which declares `extern const tin_model <name>;`.
        core_sources: C core files it calls, relative to `runtime/src`.
        arena_bytes: Memory for state, activations and kernel scratch together.
        state_bytes: Its first bytes, which must be kept from one run to the next.
        weights_bytes: Constant data.
        plan: The memory plan.
        layers: Steps in order of execution.
        inputs, outputs: What lies in the arena before and after.
        removed: Layers that lost channels on which no output depends.
    """

    source: str
    header: str
    core_sources: tuple[str, ...]
    arena_bytes: int
    state_bytes: int
    weights_bytes: int
    plan: MemoryPlan
    layers: tuple[Layer, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    removed: tuple[Removal, ...] = ()


def compile_model(
    tflite: bytes,
    *,
    name: str,
    backend: str = "generic",
    memory: str = "balanced",
    growth: float = DEFAULT_GROWTH,
    passes: Sequence[Pass] = PIPELINE,
) -> CompiledModel:
    """Compiles a `.tflite` model; the same arguments give the same C.

    Args:
        tflite: The model file; untrusted.
        name: C identifier of the model and base name of its files.
        backend: Whose kernels to call, see `backends`; results do not depend on it, and every
            backend's kernels compile for every machine.
        memory: "balanced": outputs lie over inputs that are used up. "smallest": operators on
            images also run together, row by row, where that needs less memory; a little slower.
        growth: Share by which constants, and memory, may grow over the least for faster algorithms;
            with "smallest" memory they do not.
        passes: What is done to the graph; others than these are for looking inside a network.

    Raises:
        DecodeError: The bytes are not a well-formed model.
        UnsupportedOperatorError: An operator has no kernel.
        UnsupportedError: A type, shape or option is not handled.
        DesignError: `name` is no C identifier, or there is no such backend.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,50}", name):
        raise DesignError(f"the model's name is {name!r}; expected a lower-case C identifier")
    whole = read_checked(tflite)
    network = lower_graph(whole, backend=backend, passes=passes)
    if memory == "balanced":
        network = choose_algorithms(network, growth)
    steps, plan = choose_steps(network, memory)
    check_plan(network.graph, steps, plan)
    if plan.arena_bytes > _MAX_ARENA_BYTES:
        raise UnsupportedError(
            f"the model needs {plan.arena_bytes} bytes for activations; at most {_MAX_ARENA_BYTES}"
        )
    model = build_model(name, network, steps, plan, model_hash=hash_bytes(tflite))
    return dataclasses.replace(model, removed=removals(whole, network.graph))


def lower_model(tflite: bytes, *, backend: str = "generic") -> Network:
    """A model file as nodes in order, each with the ways in which it can run."""
    return lower_graph(read_checked(tflite), backend=backend)


def lower_graph(graph: Graph, *, backend: str, passes: Sequence[Pass] = PIPELINE) -> Network:
    """A checked graph, optimised and scheduled, with the ways in which its nodes can run."""
    graph = schedule(optimise(graph, passes))
    kernels = find_backend(backend)
    lowerings = [_lower(graph, step, kernels) for step in range(len(graph.nodes))]
    rows = [_row_kernel(graph, step, lowering) for step, lowering in enumerate(lowerings)]
    return Network(graph, lowerings, rows, state_of(graph), kernels.is_thrifty)


def build_model(
    name: str, network: Network, steps: Sequence[Step], plan: MemoryPlan, *, model_hash: str
) -> CompiledModel:
    """C of a network whose nodes run in these steps by this plan."""
    graph, lowerings = network.graph, network.lowerings
    emitted = emit_model(name, graph, plan, steps, model_hash=model_hash, state=network.state)
    return CompiledModel(
        source=emitted.source,
        header=emitted.header,
        core_sources=_core_sources(lowerings, steps),
        arena_bytes=plan.arena_bytes,
        state_bytes=plan.state_bytes,
        weights_bytes=emitted.weights_bytes,
        plan=plan,
        layers=_layers(graph, lowerings, emitted.symbols),
        inputs=_ports(graph, plan, graph.inputs),
        outputs=_ports(graph, plan, graph.outputs),
    )


def read_checked(tflite: bytes) -> Graph:
    """Reads a model and checks that every operator in use is supported as it is used."""
    graph = read_tflite(tflite)
    verify_structure(graph)
    for cleaning in CLEANING:
        graph = cleaning(graph)
    verify_structure(graph)
    verify_operators(graph)
    _verify_ports(graph)
    verify_shapes(graph)
    return graph


def optimise(graph: Graph, passes: Sequence[Pass] = PIPELINE) -> Graph:
    """All passes in order, the graph verified after each."""
    for step in passes:
        graph = step(graph)
        verify_pass(graph, step.__name__)
    return graph


def _verify_ports(graph: Graph) -> None:
    for index in (*graph.inputs, *graph.outputs):
        tensor = graph.tensors[index]
        what = "input" if index in graph.inputs else "output"
        if tensor.dtype not in SUFFIXES:
            raise UnsupportedError(
                f"the model's {what} {tensor.name!r} is {tensor.dtype}; "
                f"supported: {', '.join(SUFFIXES)}",
                hint="export it as float32, or as full-integer int8 with int8 input and output",
            )
        if tensor.is_constant or tensor.is_variable:
            kind = "constant" if tensor.is_constant else "variable"
            raise UnsupportedError(f"the model's {what} {tensor.name!r} is a {kind}")
        if tensor.dtype in INTEGER_LIMITS and (
            tensor.quantization is None or tensor.quantization.is_per_channel
        ):
            raise UnsupportedError(f"the model's {what} {tensor.name!r} has no single scale")


def _lower(graph: Graph, step: int, backend: Backend) -> Lowering | None:
    node = graph.nodes[step]
    if OPERATORS[node.operator].lower is None:
        return None
    return backend.lower(Operation(graph, node))


def _row_kernel(graph: Graph, step: int, lowering: Lowering | None) -> RowKernel | None:
    """The row kernel of a node; where its backend has none, the portable one. Its images must be
    computed, as rows of constants have no place in a plan, and of a height whose rows can be
    planned one by one."""
    node = graph.nodes[step]
    portable = OPERATORS[node.operator].lower
    if lowering is None or portable is None:
        return None
    kernel = lowering.rows
    if kernel is None:
        other = portable(Operation(graph, node))
        if other.rows is None:
            return None
        sources = (*other.sources, *other.rows.sources)
        kernel = dataclasses.replace(other.rows, sources=sources)
    images = [graph.tensors[node.inputs[window.input]] for window in kernel.windows]
    is_constant = any(image.is_constant for image in images)
    tallest = max(row_count(graph, t) for t in (*node.inputs[:2], *node.outputs) if t != ABSENT)
    return None if is_constant or tallest > _MOST_ROWS else kernel


def _core_sources(lowerings: Sequence[Lowering | None], steps: Sequence[Step]) -> tuple[str, ...]:
    """All C files behind the steps."""
    sources = {"nn/tin_model.c"}
    for step in steps:
        for position in step.nodes:
            lowering = lowerings[position] if step.lowering is None else step.lowering
            sources.update(lowering.sources if lowering else ())
        if step.stream is not None:
            sources.add("nn/tin_stream.c")
            kernels = [stage.kernel for stage in step.stream.stages if stage.kernel]
            sources.update(source for kernel in kernels for source in kernel.sources)
    return tuple(sorted(sources))


def _layers(
    graph: Graph, lowerings: Sequence[Lowering | None], symbols: tuple[str | None, ...]
) -> tuple[Layer, ...]:
    found: list[Layer] = []
    for node, lowering, symbol in zip(graph.nodes, lowerings, symbols, strict=True):
        if lowering is not None and symbol is not None:
            name = printable(graph.tensors[(node.outputs or node.inputs)[0]].name)
            algorithm = lowering.algorithm or lowering.calls[0].function
            found.append(
                Layer(
                    index=len(found),
                    operator=node.operator,
                    symbol=symbol,
                    macs=lowering.macs,
                    name=name,
                    algorithm=algorithm,
                    estimate=lowering.instructions,
                )
            )
    return tuple(found)


def _ports(graph: Graph, plan: MemoryPlan, indices: tuple[int, ...]) -> tuple[Port, ...]:
    ports = []
    for index in indices:
        tensor = graph.tensors[index]
        scale, zero = (
            (tensor.scale, tensor.zero_point) if tensor.dtype in INTEGER_LIMITS else (1.0, 0)
        )
        offset = plan.tensors[index]
        ports.append(Port(printable(tensor.name), tensor.shape, tensor.dtype, scale, zero, offset))
    return tuple(ports)
