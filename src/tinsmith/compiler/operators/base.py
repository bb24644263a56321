"""What an entry of the operator table is, and what its functions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Graph, Node, Shape, Tensor, describe
from tinsmith.compiler.operators.arity import arity_problem
from tinsmith.core.cvalue import Struct
from tinsmith.core.errors import UnsupportedError

TYPES = ("float32", "int8")
"""Element types that activations of most operators may have."""

TYPES_16 = (*TYPES, "int16")
"""Those of operators that also work on int16."""

SUFFIXES = {
    "float32": "f32",
    "int8": "s8",
    "int16": "s16",
    "int32": "s32",
    "bool": "bool",
}
"""How C names end, by element type."""

INTEGER_LIMITS = {"int8": (-128, 127), "int16": (-32768, 32767)}
"""Smallest and largest value of quantised types."""

SCALE_LIMITS = (2.0**-60, 2.0**60)
"""Smallest and largest scale of activations: products and quotients of two fit float32."""


@dataclass(frozen=True)
class Operation:
    """One node as its table entry sees it: tensors by position, options by name."""

    graph: Graph
    node: Node

    def input(self, position: int = 0) -> Tensor:
        """A required input."""
        if position >= len(self.node.inputs) or self.node.inputs[position] == ABSENT:
            raise self.reject(f"has no input {position}")
        return self.graph.tensors[self.node.inputs[position]]

    def optional_input(self, position: int) -> Tensor | None:
        """An input that may be absent."""
        if position >= len(self.node.inputs) or self.node.inputs[position] == ABSENT:
            return None
        return self.graph.tensors[self.node.inputs[position]]

    def constant(self, position: int, what: str) -> npt.NDArray[Any]:
        """The value of an input that must be known at compile time."""
        tensor = self.input(position)
        if tensor.data is None:
            raise self.reject(
                f"has {what} {tensor.name!r} computed at run time; expected a constant"
            )
        return tensor.data

    @property
    def output(self) -> Tensor:
        """The only output."""
        return self.graph.tensors[self.node.outputs[0]]

    def number(self, name: str) -> int:
        """An integer option."""
        return int(self.node.attributes[name])  # type: ignore[arg-type]

    def text(self, name: str) -> str:
        """An option that is a word."""
        return str(self.node.attributes[name])

    def reject(self, problem: str, hint: str | None = None) -> UnsupportedError:
        """The error that says what this operator cannot do."""
        return UnsupportedError(f"{describe(self.graph, self.node)} {problem}", hint=hint)

    def require_types(self, *tensors: Tensor, types: Sequence[str] = TYPES) -> str:
        """The one element type of all `tensors`, which must be among `types`."""
        found = {tensor.dtype for tensor in tensors}
        if len(found) != 1 or not found <= set(types):
            listed = ", ".join(f"{tensor.name!r} {tensor.dtype}" for tensor in tensors)
            raise self.reject(
                f"works on {listed}; supported: all {' or all '.join(types)}",
                hint="export the model as float32 or as full-integer int8",
            )
        return tensors[0].dtype

    def require_quantized(self, *tensors: Tensor) -> None:
        """Every int8 or int16 activation has one scale; the zero point of int16 is 0."""
        for tensor in tensors:
            if tensor.dtype not in INTEGER_LIMITS:
                continue
            if tensor.quantization is None or tensor.quantization.is_per_channel:
                raise self.reject(f"needs one scale and zero point for {tensor.name!r}")
            smallest, largest = SCALE_LIMITS
            if not smallest <= tensor.scale <= largest:
                raise self.reject(
                    f"has scale {tensor.scale:g} on {tensor.name!r}; "
                    f"expected {smallest:g} to {largest:g}"
                )
            low, high = (-128, 127) if tensor.dtype == "int8" else (0, 0)
            if not low <= tensor.zero_point <= high:
                raise self.reject(
                    f"has zero point {tensor.zero_point} on {tensor.name!r}; "
                    f"expected {low} to {high} of {tensor.dtype}"
                )

    def require_same_quantization(self, *tensors: Tensor) -> None:
        """All int8 or int16 tensors mean the same by the same integer."""
        self.require_quantized(*tensors)
        if tensors[0].dtype not in INTEGER_LIMITS:
            return
        if len({(tensor.scale, tensor.zero_point) for tensor in tensors}) != 1:
            listed = ", ".join(f"{t.name!r} {t.scale:g}/{t.zero_point}" for t in tensors)
            raise self.reject(
                f"changes scale or zero point: {listed}; expected the same everywhere"
            )


@dataclass(frozen=True)
class KernelCall:
    """One call of the C core: function(&params, inputs..., output[, scratch]).

    Args:
        function: C name.
        header: Its header, relative to `runtime/include`.
        params: The constant parameter struct.
        inputs: Tensor indices.
        outputs: Tensor indices.
        scratch: C type of the scratch argument's elements, or None when there is no such argument.
    """

    function: str
    header: str
    params: Struct
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    scratch: str | None = None


@dataclass(frozen=True)
class RowKernel:
    """A kernel that makes one row of an image from the rows its window covers.

    C signature: `function(&params, rows, output[, scratch])`. `rows` is `const int8_t *const *`
    whatever the element type and holds, for one input after the other, a pointer to each row of the
    window from top to bottom (NULL: a row of padding); `output` is where the new row goes. Rows are
    [width][channels].

    Args:
        function, header: As in `KernelCall`.
        params: Constant parameter struct.
        windows: For each image input, how its rows are walked.
        scratch_bytes: Needed during one call.
        scratch: C type of the scratch argument's elements, or None when there is no such argument.
        is_whole: The function works on whole images, here of one row: it takes a pointer to the row
            of each input instead of `rows`.
        is_sum: All rows make one output: called for each input row, with scratch that is 0 before
            the first row and kept until the last, when the output is written.
        sources: C files that the lowering of the whole image does not name.
    """

    function: str
    header: str
    params: Struct
    windows: tuple[RowWindow, ...]
    scratch_bytes: int = 0
    scratch: str | None = None
    is_whole: bool = False
    is_sum: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowWindow:
    """Rows of one input that output row r needs: from r * stride - before, `dilation` apart.

    Args:
        input: Position among the node's inputs.
    """

    input: int
    taps: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0


@dataclass(frozen=True)
class Lowering:
    """How an operator runs.

    Args:
        calls: In order.
        sources: C files behind them, relative to `runtime/src`.
        scratch_bytes: Memory besides inputs and outputs, during this operator only.
        macs: Multiply-accumulates, padding counted.
        distances: By input position, where output may overwrite a dying input: results are right
            whenever the output starts at least so many bytes before that input (0: at the same
            place; negative: so far behind its start). Inputs that are not here must be disjoint.
        variants: Other ways to run it, dearer in time, that need less memory in some plans.
        rows: The row kernel that gives the same results, where there is one.
        algorithm: What the kernel does, in a word or two; the kernel's name by default.
        instructions: Estimate of what it executes; None: not known.
        faster: Other ways to run it that need more constants; see `compiler.choice`.
    """

    calls: tuple[KernelCall, ...]
    sources: tuple[str, ...]
    scratch_bytes: int = 0
    macs: int = 0
    distances: Mapping[int, int] = field(default_factory=dict)
    variants: tuple[Lowering, ...] = ()
    rows: RowKernel | None = None
    algorithm: str = ""
    instructions: int | None = None
    faster: tuple[Lowering, ...] = ()


@dataclass(frozen=True)
class Operator:
    """Entry of the operator table.

    Args:
        name: As the file format calls it.
        stem: Of its C file and layer symbols.
        shape: Output shape that follows from the inputs, or a list with one for each output; raises
            UnsupportedError for what is not supported (types, dynamic values, ranks).
        lower: Node to kernel calls; None when the output is the input's memory seen differently.
        evaluate: Value of the output, or a list with one for each output, when all inputs are
            constants; where folding helps.
        types: Element types it works on, for the reference pages; the shape rule decides.
        moves: It copies values and computes none.
        defined_here: Those of `types` for which the reference interpreter has no kernel.
    """

    name: str
    stem: str
    shape: Callable[[Operation], Shape | list[Shape]]
    lower: Callable[[Operation], Lowering] | None
    evaluate: Callable[[Operation], npt.NDArray[Any] | list[npt.NDArray[Any]]] | None = None
    types: tuple[str, ...] = TYPES
    moves: bool = False
    defined_here: tuple[str, ...] = ()

    def shapes(self, operation: Operation) -> list[Shape]:
        """Shapes of all outputs.

        Raises:
            UnsupportedError: Too few or too many inputs, or what the shape rule refuses.
        """
        problem = arity_problem(operation.node)
        if problem is not None:
            raise operation.reject(problem)
        found = self.shape(operation)
        return found if isinstance(found, list) else [found]


ELEMENTWISE: Mapping[int, int] = MappingProxyType({0: 0})
"""Distances of kernels that walk one input and the output in step, values as wide or narrower."""


def simple_lowering(
    operation: Operation,
    stem: str,
    function: str,
    params: Struct,
    *extra_sources: str,
    distances: Mapping[int, int] = MappingProxyType({}),
) -> Lowering:
    """One call with the first input and the outputs, from one C file."""
    call = KernelCall(
        function=function,
        header=f"tin/nn/{stem}.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    return Lowering((call,), (f"nn/tin_{stem}.c", *extra_sources), distances=distances)


def float32(value: float) -> float:
    """A number rounded to float32, as a Python float."""
    return float(np.float32(value))
