"""Channels that nothing depends on disappear, and no output changes by a bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operator_cases.making import RELU, SAME, VALID

from tinsmith.compiler import compile_model
from tinsmith.compiler.compile import optimise, read_checked
from tinsmith.compiler.passes.dead_channels import removals, remove_dead_channels
from tinsmith.compiler.passes.depthwise_to_conv import depthwise_to_conv
from tinsmith.compiler.passes.fuse_pad import fuse_pad
from tinsmith.compiler.verify import verify_pass

_SCALE = 0.05
_DEAD = range(2, 10, 2)  # four of twelve channels


class Drawing:
    """A network under construction; its layers are drawn one behind the other."""

    def __init__(self, maker: Any, channels: int = 5) -> None:
        self.maker, self.rng = maker, np.random.default_rng(channels)
        self.source = self._tensor((1, 9, 7, channels), zero_point=-3)
        self.shapes: dict[int, tuple[int, ...]] = {self.source: (1, 9, 7, channels)}
        self.scales: dict[int, float] = {}

    def _tensor(self, shape: Sequence[int], scale: float = _SCALE, zero_point: int = -128) -> int:
        return int(self.maker.tensor(shape, scale=scale, zero_point=zero_point))

    def step(self, operator: str, inputs: list[int], shape: Sequence[int], **options: Any) -> int:
        scale, zero_point = options.pop("scale", _SCALE), options.pop("zero_point", -128)
        target = self._tensor(shape, scale, zero_point)
        self.maker.operator(operator, inputs, [target], **options)
        self.shapes[target], self.scales[target] = tuple(shape), scale
        return target

    def _bias(self, count: int, given: Mapping[int, int]) -> int:
        data = self.rng.integers(-3000, 3000, count)
        data[list(given)] = list(given.values())
        return int(self.maker.tensor((count,), "int32", scale=0.0005, data=data))

    def conv(
        self,
        at: int,
        outputs: int = 12,
        kernel: int = 1,
        *,
        padding: int = SAME,
        empty: Sequence[int] = (),
        unread: Sequence[int] = (),
        constant: int = 4000,
        low: Sequence[int] = (),
    ) -> int:
        """A convolution with RELU. `empty` filters hold zeros and the bias `constant`, filters in
        `low` a bias that no input overcomes; `unread` input channels meet zeros in every filter."""
        _, height, width, channels = self.shapes[at]
        data = self.rng.integers(-30, 31, (outputs, kernel, kernel, channels))
        data[list(empty)], data[..., list(unread)] = 0, 0
        scale = list(self.rng.uniform(0.005, 0.02, outputs))
        weights = self.maker.tensor(data.shape, scale=scale, data=data)
        lows = dict.fromkeys(low, -(1 << 24))
        cut = kernel - 1 if padding == VALID else 0
        return self.step(
            "CONV_2D",
            [at, weights, self._bias(outputs, {**dict.fromkeys(empty, constant), **lows})],
            (1, height - cut, width - cut, outputs),
            scale=0.016 * float(np.sqrt(data[0].size)),
            padding=padding,
            strideH=1,
            strideW=1,
            fusedActivationFunction=RELU,
        )

    def depthwise(
        self, at: int, *, multiplier: int = 1, padding: int = SAME, empty: Sequence[int] = ()
    ) -> int:
        _, height, width, channels = self.shapes[at]
        count = channels * multiplier
        data = self.rng.integers(-60, 61, (1, 3, 3, count))
        data[..., list(empty)] = 0
        weights = self.maker.tensor(data.shape, scale=0.01, axis=3, data=data)
        cut = 2 if padding == VALID else 0
        return self.step(
            "DEPTHWISE_CONV_2D",
            [at, weights, self._bias(count, dict.fromkeys(empty, 0))],
            (1, height - cut, width - cut, count),
            scale=0.06,
            padding=padding,
            depthMultiplier=multiplier,
            strideH=1,
            strideW=1,
            fusedActivationFunction=RELU,
        )

    def dense(self, at: int, outputs: int = 3, *, unread: Sequence[int] = ()) -> int:
        """Reads its input flattened; no bias."""
        depth = int(np.prod(self.shapes[at]))
        data = self.rng.integers(-60, 61, (outputs, depth))
        data[:, list(unread)] = 0
        weights = self.maker.tensor(data.shape, scale=0.01, data=data)
        scale = 0.02 * float(np.sqrt(depth))
        return self.step("FULLY_CONNECTED", [at, weights], (1, outputs), scale=scale, zero_point=7)

    def flatten(self, at: int) -> int:
        size = int(np.prod(self.shapes[at]))
        shape = self.maker.tensor((2,), "int32", data=[1, size])
        return self.like("RESHAPE", [at, shape], (1, size))

    def like(self, operator: str, inputs: list[int], shape: Sequence[int], **options: Any) -> int:
        """An operator that keeps the quantisation of its first input."""
        return self.step(operator, inputs, shape, scale=self.scales[inputs[0]], **options)

    def pool(self, at: int, operator: str = "AVERAGE_POOL_2D") -> int:
        _, height, width, channels = self.shapes[at]
        window = {"filterHeight": 3, "filterWidth": 3, "strideH": 2, "strideW": 2}
        shape = (1, -(-height // 2), -(-width // 2), channels)
        return self.like(operator, [at], shape, padding=SAME, **window)

    def finish(self, *outputs: int) -> bytes:
        return bytes(self.maker.finish([self.source], list(outputs)))


Draw = Callable[[Drawing], bytes]


def _pair(*, constant: int = 4000, **second: Any) -> Draw:
    """A convolution with four empty filters, and another that reads it."""

    def draw(net: Drawing) -> bytes:
        first = net.conv(net.source, empty=_DEAD, constant=constant)
        return net.finish(net.conv(first, **second))

    return draw


def _unread(net: Drawing) -> bytes:
    first = net.conv(net.source, kernel=3)
    return net.finish(net.conv(first, kernel=3, unread=_DEAD))


def _always_below_zero(net: Drawing) -> bytes:
    return net.finish(net.conv(net.conv(net.source, low=_DEAD), kernel=3))


def _separable(net: Drawing) -> bytes:
    at = net.conv(net.source, empty=(3, 4), constant=-1)
    at = net.depthwise(at, empty=(7, 8))
    at = net.pool(net.conv(at, empty=_DEAD, constant=-1), "MAX_POOL_2D")
    return net.finish(net.dense(net.flatten(net.pool(at))))


def _depth_multiplier(net: Drawing) -> bytes:
    at = net.depthwise(net.conv(net.source, empty=_DEAD, constant=-1), multiplier=2)
    return net.finish(net.conv(at))


def _dense_reads_image(net: Drawing) -> bytes:
    return net.finish(net.dense(net.conv(net.source, empty=_DEAD)))


def _averaged(net: Drawing) -> bytes:
    at = net.conv(net.source, empty=_DEAD, constant=-1)
    axes = net.maker.tensor((2,), "int32", data=[1, 2])
    return net.finish(net.dense(net.like("MEAN", [at, axes], (1, 12), keepDims=False)))


def _sum(second_empty: Sequence[int]) -> Draw:
    def draw(net: Drawing) -> bytes:
        first = net.conv(net.source, empty=_DEAD, constant=-1)
        second = net.conv(net.source, empty=second_empty, constant=-1)
        total = net.like("ADD", [first, second], net.shapes[first])
        return net.finish(net.conv(total, kernel=3))

    return draw


def _scaled(net: Drawing) -> bytes:
    at = net.conv(net.source, empty=_DEAD, constant=-1)
    data = net.rng.integers(-100, 101, 12)
    factors = net.maker.tensor((12,), scale=0.02, zero_point=3, data=data)
    return net.finish(net.conv(net.like("MUL", [at, factors], net.shapes[at]), kernel=3))


def _joined(net: Drawing) -> bytes:
    first, second = net.conv(net.source, empty=_DEAD), net.conv(net.source, unread=())
    shape = (1, 9, 7, 24)
    return net.finish(net.conv(net.like("CONCATENATION", [first, second], shape, axis=3)))


def _padded_and_pooled(net: Drawing) -> bytes:
    at = net.conv(net.source, empty=_DEAD, constant=-1)
    pairs = net.maker.tensor((4, 2), "int32", data=[[0, 0], [1, 2], [0, 1], [0, 0]])
    at = net.like("PAD", [at, pairs], (1, 12, 8, 12))
    return net.finish(net.conv(net.pool(at), kernel=3))


def _table(net: Drawing) -> bytes:
    at = net.conv(net.source, empty=_DEAD)
    at = net.step("LOGISTIC", [at], net.shapes[at], scale=1.0 / 256.0)
    return net.finish(net.conv(at))


CASES: dict[str, tuple[Draw, list[int]]] = {
    "pointwise": (_pair(), [8, 12]),
    "valid": (_pair(kernel=3, padding=VALID), [8, 12]),
    "beside_padding": (_pair(kernel=3), [12, 12]),
    "zero_beside_padding": (_pair(constant=-4000, kernel=3), [8, 12]),
    "unread": (_unread, [8, 12]),
    "saturated": (_pair(constant=1 << 24, kernel=3, padding=VALID), [8, 12]),
    "below_zero": (_always_below_zero, [8, 12]),
    "separable": (_separable, [8, 8, 8, 8, 8, 48, 3]),
    "depth_multiplier": (_depth_multiplier, [8, 16, 12]),
    "dense_reads_image": (_dense_reads_image, [8, 3]),
    "averaged": (_averaged, [8, 8, 3]),
    "sum": (_sum(_DEAD), [8, 8, 8, 12]),
    "sum_with_a_living_branch": (_sum(()), [12, 12, 12, 12]),
    "scaled": (_scaled, [8, 8, 12]),
    "joined": (_joined, [8, 12, 20, 12]),
    "padded_and_pooled": (_padded_and_pooled, [8, 8, 8, 12]),
    "table": (_table, [8, 8, 12]),
}


def _widths(graph: Any) -> list[int]:
    return [graph.tensors[node.outputs[0]].shape[-1] for node in graph.nodes]


@pytest.fixture(scope="module")
def files(new_maker: type) -> dict[str, bytes]:
    return {name: draw(Drawing(new_maker())) for name, (draw, _) in CASES.items()}


@pytest.fixture(scope="module")
def outputs(files: dict[str, bytes], bundle_of: Any) -> Any:
    bundle = bundle_of(files)
    windows = bundle.windows(24)
    values = bundle.run("host", windows).values
    inputs = [bundle.split_inputs(window) for window in windows]
    return inputs, [bundle.split_outputs(row) for row in values]


@pytest.mark.parametrize("name", CASES)
def test_exactly_the_dead_channels_go(name: str, files: dict[str, bytes]) -> None:
    assert _widths(optimise(read_checked(files[name]))) == CASES[name][1]


@pytest.mark.parametrize("name", CASES)
def test_outputs_equal_those_of_the_whole_network(
    name: str, files: dict[str, bytes], outputs: Any, oracle: Any
) -> None:
    reference = oracle(files[name])
    for window, by_case in zip(*outputs, strict=True):
        np.testing.assert_array_equal(by_case[name][0], reference.run(window[name]))


def _removed(draw: Draw, new_maker: type, granule: int = 1) -> list[int]:
    graph = remove_dead_channels(read_checked(draw(Drawing(new_maker()))), granule)
    verify_pass(graph, "remove_dead_channels")
    return _widths(graph)


@pytest.mark.parametrize(("granule", "expected"), [(1, 7), (2, 8), (3, 9), (4, 8), (16, 12)])
def test_a_granule_keeps_rows_even(granule: int, expected: int, new_maker: type) -> None:
    def draw(net: Drawing) -> bytes:
        return net.finish(net.conv(net.conv(net.source, empty=range(5))))

    assert _removed(draw, new_maker, granule) == [expected, 12]


def test_a_channel_kept_for_evenness_costs_no_others(new_maker: type) -> None:
    def draw(net: Drawing) -> bytes:
        first = net.conv(net.source, unread=(), empty=(0,))
        second = net.conv(first, empty=(11,), unread=(1, 2))
        return net.finish(net.conv(second, unread=(3, 4)))

    assert _removed(draw, new_maker, 2) == [10, 10, 12]


def test_the_channels_of_an_output_stay(new_maker: type) -> None:
    def draw(net: Drawing) -> bytes:
        first = net.conv(net.source, empty=_DEAD)
        return net.finish(first, net.conv(first))

    assert _removed(draw, new_maker) == [12, 12]


def test_a_layer_that_nothing_reads_keeps_one_channel(new_maker: type) -> None:
    def draw(net: Drawing) -> bytes:
        return net.finish(net.conv(net.conv(net.source), unread=range(12)))

    assert _removed(draw, new_maker) == [1, 12]


def test_a_dense_layer_scaled_by_output_keeps_two(new_maker: type) -> None:
    def draw(net: Drawing) -> bytes:
        at = net.conv(net.source, outputs=4)
        weights = net.maker.tensor(
            (3, 252), scale=[0.01, 0.02, 0.03], data=net.rng.integers(-9, 10, (3, 252))
        )
        at = net.step("FULLY_CONNECTED", [at, weights], (1, 3))
        return net.finish(net.dense(at, unread=(0, 2)))

    assert _removed(draw, new_maker) == [4, 2, 3]


def test_a_depthwise_convolution_of_one_channel_loses_outputs(new_maker: type) -> None:
    data = Drawing(new_maker(), channels=1)
    at = data.depthwise(data.source, multiplier=12, empty=_DEAD)
    graph = depthwise_to_conv(fuse_pad(read_checked(data.finish(data.conv(at)))))
    assert _widths(remove_dead_channels(graph)) == [8, 12]


def test_float32_layers_stay_whole(maker: Any) -> None:
    source = maker.tensor((1, 4), "float32")
    zeros = maker.tensor((4, 4), "float32", data=np.zeros((4, 4)))
    middle, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    maker.operator("FULLY_CONNECTED", [source, zeros], [middle])
    maker.operator("FULLY_CONNECTED", [middle, zeros], [target])
    graph = read_checked(maker.finish([source], [target]))
    assert remove_dead_channels(graph) is graph


def test_removals_name_layers_and_what_is_saved(files: dict[str, bytes]) -> None:
    graph = read_checked(files["pointwise"])
    first, second = removals(graph, optimise(graph))
    assert (first.operator, first.inputs, first.outputs) == ("CONV_2D", (5, 5), (12, 8))
    assert (first.macs, first.weights_bytes) == (63 * 5 * 4, 4 * (5 + 4))
    assert (second.inputs, second.outputs) == ((12, 8), (12, 12))
    assert (second.macs, second.weights_bytes) == (63 * 4 * 12, 4 * 12)
    whole = read_checked(files["beside_padding"])
    assert removals(whole, optimise(whole)) == ()


def test_half_of_the_public_person_model_is_dead(shared_models: Path) -> None:
    data = (shared_models / "mlperf_vww_mbv1_025_96_int8.tflite").read_bytes()
    model = compile_model(data, name="network")
    assert sum(layer.macs for layer in model.layers) < 3_770_000
    assert sum(removal.macs for removal in model.removed) > 3_720_000
    assert sum(removal.weights_bytes for removal in model.removed) > 177_000
