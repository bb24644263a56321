"""The compiler's one intermediate form: a small immutable graph of typed tensors and operators."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Shape = tuple[int, ...]
Attributes = Mapping[str, int | float | str | tuple[int, ...]]

ABSENT = -1
"""Index of an optional input that a node does not have."""


@dataclass(frozen=True)
class Quantization:
    """value = scale * (q - zero_point), for the whole tensor or per index along `axis`."""

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0

    @property
    def is_per_channel(self) -> bool:
        """More than one scale."""
        return len(self.scale) > 1


@dataclass(frozen=True)
class Tensor:
    """A value of the network.

    Args:
        name: As the model file has it; for messages only.
        shape: Row-major; () is a scalar.
        dtype: NumPy name of the element type.
        quantization: How integers map to real values, or None.
        data: The value, of a constant.
        initial: What a variable holds before the first run; it keeps its value between runs, and
            operators change it in place.
    """

    name: str
    shape: Shape
    dtype: str
    quantization: Quantization | None = None
    data: npt.NDArray[Any] | None = field(default=None, repr=False, compare=False)
    initial: npt.NDArray[Any] | None = field(default=None, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def num_bytes(self) -> int:
        """Bytes in memory."""
        return self.size * np.dtype(self.dtype).itemsize

    @property
    def is_constant(self) -> bool:
        """The value is known at compile time."""
        return self.data is not None

    @property
    def is_variable(self) -> bool:
        """The value is kept from one run to the next."""
        return self.initial is not None

    @property
    def scale(self) -> float:
        """The one scale of a per-tensor quantisation."""
        assert self.quantization is not None
        return self.quantization.scale[0]

    @property
    def zero_point(self) -> int:
        """The one zero point of a per-tensor quantisation."""
        assert self.quantization is not None
        return self.quantization.zero_point[0]


@dataclass(frozen=True)
class Node:
    """One operator of the network.

    Args:
        operator: Name in the operator table (`CONV_2D`).
        inputs: Tensor indices; `ABSENT` for an optional input that is not there.
        outputs: Tensor indices.
        attributes: Its options, by name.
        source: Position of the operator in the user's model.
    """

    operator: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attributes: Attributes
    source: int


@dataclass(frozen=True)
class Graph:
    """A network: nodes in an order that computes everything before it is used."""

    tensors: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def consumers(self, tensor: int) -> tuple[Node, ...]:
        """The nodes that read a tensor."""
        return tuple(node for node in self.nodes if tensor in node.inputs)

    def producer(self, tensor: int) -> Node | None:
        """The node that writes a tensor; None for inputs and constants."""
        return next((node for node in self.nodes if tensor in node.outputs), None)

    @property
    def variables(self) -> tuple[int, ...]:
        """The variables in use, in the order of the model's tensors."""
        used = {index for node in self.nodes for index in node.inputs}
        return tuple(i for i, tensor in enumerate(self.tensors) if tensor.is_variable and i in used)

    def with_nodes(self, nodes: tuple[Node, ...]) -> Graph:
        """The same graph with other nodes."""
        return dataclasses.replace(self, nodes=nodes)

    def with_tensor(self, index: int, tensor: Tensor) -> Graph:
        """The same graph with one tensor replaced."""
        tensors = (*self.tensors[:index], tensor, *self.tensors[index + 1 :])
        return dataclasses.replace(self, tensors=tensors)


def describe(graph: Graph, node: Node) -> str:
    """How messages name a node: operator, position and what it writes."""
    written = node.outputs or node.inputs[:1]
    names = ", ".join(repr(graph.tensors[index].name) for index in written)
    return f"{node.operator} (operator {node.source}, output {names})"
