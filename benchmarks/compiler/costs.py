"""Measures the table of costs by which the compiler chooses among kernels for DSP instructions.

    python -m benchmarks.compiler.costs

Single layers of many shapes run in the emulator; a fit of least squared relative errors gives the
instructions of each part of the work, printed as `TABLE` of
`tinsmith/compiler/backends/armv7em_dsp_costs.py`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from tinsmith.compiler.backends import armv7em_dsp_costs as costs
from tinsmith.compiler.backends.armv7em_dsp_convolution import is_linear, tuned_conv2d
from tinsmith.compiler.backends.armv7em_dsp_dense import lower_dense
from tinsmith.compiler.backends.armv7em_dsp_depthwise import tuned_depthwise
from tinsmith.compiler.backends.armv7em_dsp_winograd import winograd
from tinsmith.compiler.compile import build_model, lower_graph
from tinsmith.compiler.ir import Graph, Node, Quantization, Tensor
from tinsmith.compiler.operators import Lowering, Operation
from tinsmith.compiler.operators.window import window_of
from tinsmith.compiler.plan import choose_steps
from tinsmith.emulation.network import random_inputs, run_network
from tinsmith.toolchain import target

_BACKEND, _CORE, _NAME = "armv7em_dsp", "cortex-m4f", "network"
_MOST_TAPS = 900  # that surely fit the gathering kernel's sums


@dataclass(frozen=True)
class Layer:
    """A layer to time.

    Args:
        algorithm: Key of the table.
        size: Height, width and channels of the input; of dense layers 1, rows, depth.
        outputs: Channels; the same as the input's for depthwise layers.
        relu: Outputs begin at -128, as those of layers with a ReLU do.
    """

    algorithm: str
    size: tuple[int, int, int]
    outputs: int
    kernel: tuple[int, int] = (3, 3)
    stride: int = 1
    relu: bool = False

    @property
    def padding(self) -> str:
        """Long kernels see no padding."""
        fits = self.kernel[0] <= self.size[0] and self.kernel[1] <= self.size[1]
        return "VALID" if fits and max(self.kernel) > 5 else "SAME"

    @property
    def pixels(self) -> tuple[int, int]:
        """Height and width of the output."""
        lost = [k - 1 if self.padding == "VALID" else 0 for k in self.kernel]
        height, width = (-(-(n - k) // self.stride) for n, k in zip(self.size, lost, strict=False))
        return height, width


def layers(algorithm: str) -> Iterator[Layer]:
    """Shapes of every kind."""
    if algorithm == "dense":
        for rows, depth, outputs in (
            (1, 16, 4),
            (1, 64, 10),
            (1, 256, 2),
            (2, 40, 12),
            (1, 128, 64),
        ):
            yield Layer(algorithm, (1, rows, depth), outputs)
        return
    is_depthwise = "lines" in algorithm
    kernels = {
        "pointwise": [(1, 1)],
        "gathered": [(3, 3), (8, 5), (1, 3)],
        "lines": [(5, 5), (1, 5), (1, 10), (1, 20), (3, 2), (7, 1)],
    }.get(algorithm, [(3, 3)])
    sizes = [(12, 12, 4), (16, 16, 16), (9, 7, 8), (8, 8, 32), (4, 4, 64), (30, 20, 8), (1, 20, 24)]
    if algorithm == "gathered":
        sizes = [(32, 32, 3), (24, 24, 1), *sizes[:5]]
    number = 0
    for size in sizes:
        for kernel in kernels:
            for stride in (1, 2) if algorithm not in ("pointwise", "Winograd") else (1,):
                taps = 1 if is_depthwise else size[2] * kernel[0] * kernel[1]
                if taps > _MOST_TAPS or (algorithm == "Winograd" and size[2] % 4):
                    continue
                number += 1
                outputs = size[2] if is_depthwise else (4, 16, 8, 32, 6)[number % 5]
                yield Layer(algorithm, size, outputs, kernel, stride, relu=number % 2 == 0)


def graph_of(found: Sequence[Layer]) -> Graph:
    """All layers side by side, each with its own input."""
    rng = np.random.default_rng(1)
    tensors: list[Tensor] = []
    nodes: list[Node] = []
    for layer in found:
        height, width, channels = layer.size
        is_dense, is_depthwise = layer.algorithm == "dense", "lines" in layer.algorithm
        first = layer.outputs if not is_depthwise else 1
        shape: tuple[int, ...] = (first, *layer.kernel, channels)
        out: tuple[int, ...] = (1, *layer.pixels)
        source: tuple[int, ...] = (1, height, width, channels)
        if is_dense:
            shape, out, source = (layer.outputs, channels), (width,), (width, channels)
        out_scale = 0.01 * np.sqrt(np.prod(shape) / first)
        at = len(tensors)
        tensors += [
            _tensor("input", source, 0.05, 3),
            _tensor("weights", shape, 0.01, 0, rng.integers(-127, 128, shape).astype(np.int8)),
            _tensor("output", (*out, layer.outputs), float(out_scale), -128 if layer.relu else 5),
        ]
        operator = "CONV_2D" if not is_depthwise else "DEPTHWISE_CONV_2D"
        options: dict[str, int | str] = {"activation": "NONE"}
        if not is_dense:
            options |= {"padding": layer.padding, "stride_height": layer.stride}
            options |= {"stride_width": layer.stride}
        name = "FULLY_CONNECTED" if is_dense else operator
        nodes.append(Node(name, (at, at + 1), (at + 2,), options, len(nodes)))
    ends = [range(start, len(tensors), 3) for start in (0, 2)]
    return Graph(tuple(tensors), tuple(nodes), tuple(ends[0]), tuple(ends[1]))


def _tensor(
    name: str,
    shape: tuple[int, ...],
    scale: float,
    zero_point: int,
    data: npt.NDArray[np.int8] | None = None,
) -> Tensor:
    return Tensor(name, shape, "int8", Quantization((scale,), (zero_point,)), data)


def _lower(algorithm: str, operation: Operation) -> Lowering:
    lower = {"Winograd": winograd, "dense": lower_dense}.get(
        algorithm, tuned_depthwise if "lines" in algorithm else tuned_conv2d
    )
    lowering = lower(operation)
    assert lowering is not None
    return lowering


def parts_of(algorithm: str, operation: Operation, lowering: Lowering) -> costs.Parts:
    """What the layer's work consists of."""
    weights = operation.constant(1, "weights")
    if algorithm == "dense":
        return costs.dense_parts(operation.input().shape[0], weights.shape[1], len(weights))
    image = window_of(operation, weights.shape[1:3])
    if algorithm == "Winograd":
        return costs.winograd_parts(image, len(weights))
    if "lines" in algorithm:
        turned = dataclasses.replace(image, height=image.width, width=image.height)
        is_3x3 = algorithm == "3 x 3 lines"
        count = costs.depthwise3_parts if is_3x3 else costs.depthwise_any_parts
        ways = [count(image), count(turned)]
        return min(ways, key=lambda parts: costs.estimate(algorithm, parts))
    linear = is_linear(lowering)
    return costs.convolution_parts(image.flattened(), len(weights), is_linear=linear)


def measure(algorithm: str) -> tuple[dict[str, float], float]:
    """(the table's row, the largest relative error on what was measured)."""
    network = lower_graph(graph_of(list(layers(algorithm))), backend=_BACKEND, passes=())
    operations = [Operation(network.graph, node) for node in network.graph.nodes]
    lowerings = [_lower(algorithm, operation) for operation in operations]
    forced = dataclasses.replace(network, lowerings=lowerings, kernels=[None] * len(lowerings))
    steps, plan = choose_steps(forced, "balanced")
    compiled = build_model(_NAME, forced, steps, plan, model_hash="")
    inputs = random_inputs(compiled.inputs, 1)
    counted = [
        cost.instructions for cost in run_network(compiled, _NAME, target(_CORE), inputs).layers
    ]
    parts = [parts_of(algorithm, *pair) for pair in zip(operations, lowerings, strict=True)]
    names = list(costs.TABLE[algorithm])
    matrix = np.array([[row.get(name, 0) for name in names] for row in parts], np.float64)
    relative = matrix / np.array(counted)[:, None]
    found, _ = nnls(relative, np.ones(len(counted)))
    row = {name: float(f"{value:.3g}") for name, value in zip(names, found, strict=True)}
    return row, float(np.abs(relative @ np.array(list(row.values())) - 1).max())


def main() -> int:
    """Prints the table."""
    for algorithm in sys.argv[1:] or costs.TABLE:
        row, error = measure(algorithm)
        print(f'    "{algorithm}": {{  # within {error:.0%}')
        for name, value in row.items():
            print(f'        "{name}": {value:g},')
        print("    },", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
