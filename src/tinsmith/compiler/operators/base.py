"""What an entry of the operator table is, and what its functions share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Graph, Node, Shape, Tensor, describe
from tinsmith.core.cvalue import Struct
from tinsmith.core.errors import UnsupportedError

TYPES = ("float32", "int8")
"""Element types that activations may have."""

SUFFIXES = {"float32": "f32", "int8": "s8"}


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
        """Every int8 activation has one scale and a zero point within int8."""
        for tensor in tensors:
            if tensor.dtype != "int8":
                continue
            if tensor.quantization is None or tensor.quantization.is_per_channel:
                raise self.reject(f"needs one scale and zero point for {tensor.name!r}")
            if not -128 <= tensor.zero_point <= 127:
                raise self.reject(
                    f"has zero point {tensor.zero_point} on {tensor.name!r}; expected -128 to 127"
                )

    def require_same_quantization(self, *tensors: Tensor) -> None:
        """All int8 tensors mean the same by the same integer."""
        self.require_quantized(*tensors)
        if tensors[0].dtype != "int8":
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
        output: Tensor index.
        scratch: C type of the scratch argument's elements, or None when there is no such argument.
    """

    function: str
    header: str
    params: Struct
    inputs: tuple[int, ...]
    output: int
    scratch: str | None = None


@dataclass(frozen=True)
class Lowering:
    """How an operator runs: calls in order, the C files behind them, what it costs."""

    calls: tuple[KernelCall, ...]
    sources: tuple[str, ...]
    scratch_bytes: int = 0
    macs: int = 0


@dataclass(frozen=True)
class Operator:
    """Entry of the operator table.

    Args:
        name: As the file format calls it.
        stem: Of its C file and layer symbols.
        shape: Output shape that follows from the inputs; raises UnsupportedError for what is not
            supported (types, dynamic values, ranks).
        lower: Node to kernel calls; None when the output is the input's memory seen differently.
        in_place: The output may overwrite an input of at least its size that nothing else needs.
        evaluate: Value of the output when all inputs are constants, where folding helps.
    """

    name: str
    stem: str
    shape: Callable[[Operation], Shape]
    lower: Callable[[Operation], Lowering] | None
    in_place: bool = False
    evaluate: Callable[[Operation], npt.NDArray[Any]] | None = None


def simple_lowering(
    operation: Operation, stem: str, function: str, params: Struct, *extra_sources: str
) -> Lowering:
    """One call with all inputs that are not parameters, from one C file."""
    call = KernelCall(
        function=function,
        header=f"tin/nn/{stem}.h",
        params=params,
        inputs=operation.node.inputs[:1],
        output=operation.node.outputs[0],
    )
    return Lowering((call,), (f"nn/tin_{stem}.c", *extra_sources))


def float32(value: float) -> float:
    """A number rounded to float32, as a Python float."""
    return float(np.float32(value))
