"""What the user is told about removed channels."""

from __future__ import annotations

from dataclasses import dataclass

from tinsmith.compiler.ir import ABSENT, Graph, Node


@dataclass(frozen=True)
class Removal:
    """A layer that computes less than the model file says.

    Args:
        name: Of its output in the user's model.
        operator: As the model file calls it.
        inputs, outputs: Channels (before, after).
        macs: Multiply-accumulates of one inference saved.
        weights_bytes: Weights and biases saved.
    """

    name: str
    operator: str
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    macs: int
    weights_bytes: int


def removals(before: Graph, after: Graph) -> tuple[Removal, ...]:
    """The layers with weights that became smaller or vanished, in the order of the model.

    Args:
        before: As read.
        after: Of the same model, after all passes.
    """
    left = {node.source: node for node in after.nodes if _has_weights(after, node)}
    found = []
    for node in before.nodes:
        if _has_weights(before, node):
            removal = _compare(before, node, after, left.get(node.source))
            if removal.macs > 0:
                found.append(removal)
    return tuple(found)


def _has_weights(graph: Graph, node: Node) -> bool:
    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    return node.operator in kinds and graph.tensors[node.inputs[1]].is_constant


def _compare(before: Graph, node: Node, after: Graph, left: Node | None) -> Removal:
    inputs, outputs, macs, weights = _size(before, node)
    inputs_left, outputs_left, macs_left, weights_left = _size(after, left) if left else (0,) * 4
    return Removal(
        name=before.tensors[node.outputs[0]].name,
        operator=node.operator,
        inputs=(inputs, inputs_left),
        outputs=(outputs, outputs_left),
        macs=macs - macs_left,
        weights_bytes=weights - weights_left,
    )


def _size(graph: Graph, node: Node) -> tuple[int, int, int, int]:
    """Input channels, output channels, multiply-accumulates, bytes of weights and bias."""
    source, weights = (graph.tensors[index] for index in node.inputs[:2])
    target = graph.tensors[node.outputs[0]]
    num_outputs = target.shape[-1]
    constants = [index for index in node.inputs[1:3] if index != ABSENT]
    return (
        source.shape[-1] if source.shape else 1,
        num_outputs,
        target.size * (weights.size // num_outputs),
        sum(graph.tensors[index].num_bytes for index in constants),
    )
