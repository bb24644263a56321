"""Layer by layer: what quantisation to int8 costs a network, measured with the compiled code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import compile_model
from tinsmith.compiler.compile import optimise, read_checked
from tinsmith.compiler.ir import Graph, Node, Shape
from tinsmith.compiler.operators.base import INTEGER_LIMITS
from tinsmith.compiler.passes import WHOLE, Pass
from tinsmith.compiler.passes.probe import cut_layers, fed_layers, layers, tap_layers
from tinsmith.compiler.plan import printable
from tinsmith.core.errors import DatasetError
from tinsmith.emulation.network import run_network
from tinsmith.emulation.noise import (
    Remedy,
    advise,
    dequantized,
    measure,
    quantized,
    sqnr_db,
    weight_spread,
)
from tinsmith.toolchain import target

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[Any]

_CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")
_WEIGHTS_AXIS = {"CONV_2D": 0, "FULLY_CONNECTED": 0, "DEPTHWISE_CONV_2D": 3}


@dataclass(frozen=True)
class LayerQuantization:
    """One layer of both models. Ratios are signal over quantisation noise, at most 120 dB.

    Args:
        name: Of its output in the quantised model.
        operator: As the model file calls it.
        sqnr_db: Against the float32 network; holds the noise of all layers before.
        own_db: The layer's own: against float32 arithmetic on the inputs the quantised layer saw.
        worst_channel, worst_channel_db: Of the layer's own noise.
        saturation: Share of output values beyond the range of the integers.
        utilisation: Share of the integers' range in use.
        remedy, reason: What would help, and why; "fine" where nothing needs to.
    """

    name: str
    operator: str
    sqnr_db: float
    own_db: float
    worst_channel: int
    worst_channel_db: float
    saturation: float
    utilisation: float
    remedy: Remedy
    reason: str


@dataclass(frozen=True)
class QuantizationReport:
    """All layers that both models have.

    Args:
        layers: In the order of the quantised model.
        inputs: Number of inputs measured.
        unmatched: Layers of the quantised model without counterpart.
    """

    layers: tuple[LayerQuantization, ...]
    inputs: int
    unmatched: tuple[str, ...]

    @property
    def weakest(self) -> LayerQuantization:
        """The layer with the most noise of its own."""
        return min(self.layers, key=lambda layer: layer.own_db)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "weakest": self.weakest.name}


def compare_models(
    float32: bytes, quantised: bytes, inputs: Sequence[Sequence[Floats]]
) -> QuantizationReport:
    """Compares a quantised model with the float32 model it was made from.

    Both run here, compiled, with every layer's result as an output. A third run feeds each float32
    layer with what the quantised layer before it made, which tells the layer's own noise from what
    it was given.

    Args:
        float32, quantised: `.tflite` files of one network.
        inputs: Representative inputs: for each, one array for each input of the float32 model.

    Raises:
        DatasetError: No inputs, inputs of another shape, or models without a common layer.
        InputError: A model the compiler refuses.
    """
    if not inputs:
        raise DatasetError("there are no inputs to compare the models on")
    wide, narrow = (optimise(read_checked(model), WHOLE) for model in (float32, quantised))
    pairs = match_layers(wide, narrow)
    feeds = [_taken(wide, narrow, row) for row in inputs]
    integers = _run(quantised, narrow, tap_layers, feeds)
    reference = _run(float32, wide, tap_layers, inputs)
    seen = {**reference, **_seen(wide, narrow, pairs, feeds, integers)}
    own = _run(float32, wide, cut_layers, _rows(wide, seen, len(inputs)))
    found = []
    for whole, layer in pairs:
        target_index, index = whole.outputs[0], layer.outputs[0]
        values = reference[target_index], own[target_index], integers[index]
        found.append(_compare(wide, whole, narrow, layer, values))
    matched = {layer.outputs[0] for _, layer in pairs}
    rest = (node for node in _compared(narrow) if node.outputs[0] not in matched)
    return QuantizationReport(tuple(found), len(inputs), tuple(_name(narrow, n) for n in rest))


def match_layers(wide: Graph, narrow: Graph) -> list[tuple[Node, Node]]:
    """Layers of the float32 and of the quantised graph that compute the same.

    By position where both have the same operators with the same shapes, else by name.

    Raises:
        DatasetError: There is not one.
    """
    ours, theirs = _compared(wide), _compared(narrow)
    if [_kind(wide, node) for node in ours] == [_kind(narrow, node) for node in theirs]:
        pairs = list(zip(ours, theirs, strict=True))
    else:
        named = {(wide.tensors[n.outputs[0]].name, _kind(wide, n)): n for n in ours}
        keys = ((narrow.tensors[n.outputs[0]].name, _kind(narrow, n)) for n in theirs)
        pairs = [(named[k], n) for k, n in zip(keys, theirs, strict=True) if k in named]
    pairs = [pair for pair in pairs if narrow.tensors[pair[1].outputs[0]].dtype in INTEGER_LIMITS]
    if not pairs:
        raise DatasetError(
            "the two models have no quantised layer in common",
            hint="give the float32 model that the int8 model was made from",
        )
    return pairs


def _compared(graph: Graph) -> list[Node]:
    return [node for node in layers(graph) if node.operator not in _CONVERSIONS]


def _kind(graph: Graph, node: Node) -> tuple[str, Shape]:
    return node.operator, graph.tensors[node.outputs[0]].shape


def _name(graph: Graph, node: Node) -> str:
    return printable(graph.tensors[node.outputs[0]].name)


def _taken(wide: Graph, narrow: Graph, row: Sequence[Floats]) -> list[Values]:
    """Inputs of the float32 model as the quantised one takes them.

    Raises:
        DatasetError: Inputs that do not fit the models, or models that do not fit each other.
    """
    expected = [wide.tensors[index].shape for index in wide.inputs]
    other = [narrow.tensors[index].shape for index in narrow.inputs]
    if expected != other:
        raise DatasetError(f"one model takes inputs of shape {expected}, the other {other}")
    if [values.shape for values in row] != expected:
        shapes = [list(values.shape) for values in row]
        raise DatasetError(f"inputs have the shapes {shapes}; the models take {expected}")
    tensors = [narrow.tensors[index] for index in narrow.inputs]
    return [
        quantized(values, tensor) if tensor.dtype in INTEGER_LIMITS else values
        for values, tensor in zip(row, tensors, strict=True)
    ]


def _run(
    model: bytes, graph: Graph, probe: Pass, rows: Sequence[Sequence[Values]]
) -> dict[int, Values]:
    """What each layer computes, [n, ...], by the tensor of the graph."""
    compiled = compile_model(model, name="probed", passes=(*WHOLE, probe))
    ran = run_network(compiled, "probed", target("host"), rows)
    indices = [node.outputs[0] for node in layers(graph)]
    columns = zip(*ran.outputs, strict=True)
    return {index: np.stack(values) for index, values in zip(indices, columns, strict=True)}


def _seen(
    wide: Graph,
    narrow: Graph,
    pairs: Sequence[tuple[Node, Node]],
    feeds: Sequence[Sequence[Values]],
    integers: Mapping[int, Values],
) -> dict[int, Values]:
    """What the quantised layers read, as real numbers, by the tensor of the float32 graph."""
    given = dict(zip(narrow.inputs, map(np.stack, zip(*feeds, strict=True)), strict=True))
    same = [
        *zip(wide.inputs, narrow.inputs, strict=True),
        *((ours.outputs[0], theirs.outputs[0]) for ours, theirs in pairs),
    ]
    found = {}
    for ours, theirs in same:
        values = given[theirs] if theirs in given else integers[theirs]
        tensor = narrow.tensors[theirs]
        found[ours] = dequantized(values, tensor) if tensor.dtype in INTEGER_LIMITS else values
    return found


def _rows(graph: Graph, seen: Mapping[int, Values], count: int) -> list[list[Values]]:
    """One list of inputs for each run of the cut graph."""
    order = (*graph.inputs, *(node.outputs[0] for node in fed_layers(graph)))
    return [[seen[index][row] for index in order] for row in range(count)]


def _compare(
    wide: Graph, whole: Node, narrow: Graph, layer: Node, values: tuple[Values, Values, Values]
) -> LayerQuantization:
    """`values`: of the float32 network, of its layer by itself, of the quantised layer."""
    reference, own, integers = values
    tensor = narrow.tensors[layer.outputs[0]]
    noise = measure(own, integers, tensor)
    remedy, reason = advise(noise, _spread(wide, whole, narrow, layer))
    return LayerQuantization(
        name=_name(narrow, layer),
        operator=layer.operator,
        sqnr_db=sqnr_db(reference, dequantized(integers, tensor) - reference),
        own_db=noise.own_db,
        worst_channel=noise.worst_channel,
        worst_channel_db=noise.worst_channel_db,
        saturation=noise.saturation,
        utilisation=noise.utilisation,
        remedy=remedy,
        reason=reason,
    )


def _spread(wide: Graph, whole: Node, narrow: Graph, layer: Node) -> float | None:
    """How far the ranges of filters differ that share one scale."""
    axis = _WEIGHTS_AXIS.get(layer.operator)
    if axis is None:
        return None
    quantization = narrow.tensors[layer.inputs[1]].quantization
    weights = wide.tensors[whole.inputs[1]].data
    if weights is None or quantization is None or quantization.is_per_channel:
        return None
    return weight_spread(weights, axis)
