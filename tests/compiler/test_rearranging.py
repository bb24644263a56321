"""Passes that merge, move and drop operators keep every bit of the outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler import compile_model
from tinsmith.compiler.compile import optimise, read_checked

_SHAPE = (1, 5, 4, 3)
Draw = Callable[[Any], bytes]


class Chain:
    """Operators one behind the other, from an input of one type."""

    def __init__(self, maker: Any, dtype: str = "int8", zero_point: int = -128) -> None:
        self.maker, self.dtype, self.zero_point = maker, dtype, zero_point
        self.shape: tuple[int, ...] = _SHAPE
        self.source = self.at = self._tensor(_SHAPE)

    def _tensor(self, shape: tuple[int, ...], dtype: str = "", **quantization: Any) -> int:
        dtype = dtype or self.dtype
        if dtype == "int8":
            quantization = {"scale": 0.05, "zero_point": self.zero_point, **quantization}
        return int(self.maker.tensor(shape, dtype, **quantization))

    def then(
        self,
        operator: str,
        *constants: int,
        shape: tuple[int, ...] | None = None,
        to: dict[str, Any] | None = None,
        first: bool = False,
        **options: Any,
    ) -> Chain:
        """Appends an operator; `to` describes its output where it differs from its input, `first`
        puts the constants before it."""
        self.shape = shape or self.shape
        target = self._tensor(self.shape, **(to or {}))
        inputs = [*constants, self.at] if first else [self.at, *constants]
        self.maker.operator(operator, inputs, [target], **options)
        self.at = target
        return self

    def numbers(self, *values: Any) -> int:
        data = np.array(values)
        return int(self.maker.tensor(data.shape, "int32", data=data))

    def floats(self, value: float, shape: tuple[int, ...] = (1,)) -> int:
        return int(self.maker.tensor(shape, "float32", data=np.full(shape, value)))

    def pad(self, *pairs: tuple[int, int], fill: float | None = None) -> Chain:
        pairs = ((0, 0), *pairs, (0, 0))
        shape = tuple(size + sum(pair) for size, pair in zip(self.shape, pairs, strict=True))
        inputs = [self.numbers(*pairs)]
        if fill is None:
            return self.then("PAD", *inputs, shape=shape)
        value = {"scale": 0.05, "zero_point": self.zero_point} if self.dtype == "int8" else {}
        inputs.append(self.maker.tensor((1,), self.dtype, data=[fill], **value))
        return self.then("PADV2", *inputs, shape=shape)

    def conv(self, scale: float = 0.05) -> Chain:
        """A 3 x 3 convolution without padding."""
        rng = np.random.default_rng(3)
        shape = (4, 3, 3, self.shape[3])
        data = rng.integers(-90, 91, shape) if self.dtype == "int8" else rng.standard_normal(shape)
        quantization = {"scale": 0.01} if self.dtype == "int8" else {}
        weights = self.maker.tensor(shape, self.dtype, data=data, **quantization)
        _, height, width, _ = self.shape
        out = (1, height - 2, width - 2, 4)
        options = {"padding": 1, "strideH": 1, "strideW": 1}
        to = {"scale": scale} if self.dtype == "int8" else {}
        return self.then("CONV_2D", weights, shape=out, to=to, **options)

    def pool(self, operator: str) -> Chain:
        _, height, width, channels = self.shape
        window = {"filterHeight": 3, "filterWidth": 3, "strideH": 2, "strideW": 2, "padding": 1}
        shape = (1, (height - 1) // 2, (width - 1) // 2, channels)
        return self.then(operator, shape=shape, **window)

    def reshape(self, *shape: int) -> Chain:
        return self.then("RESHAPE", self.numbers(*shape), shape=shape)

    def transpose(self, *axes: int) -> Chain:
        shape = tuple(self.shape[axis] for axis in axes)
        return self.then("TRANSPOSE", self.numbers(*axes), shape=shape)

    def by_way_of_float(self, scale: float, zero_point: int) -> Chain:
        self.then("DEQUANTIZE", to={"dtype": "float32"})
        self.zero_point = zero_point
        return self.then("QUANTIZE", to={"scale": scale})

    def finish(self) -> bytes:
        return bytes(self.maker.finish([self.source], [self.at]))


def _int8(draw: Callable[[Chain], Chain], zero_point: int = -128) -> Draw:
    return lambda maker: draw(Chain(maker, zero_point=zero_point)).finish()


def _float32(draw: Callable[[Chain], Chain]) -> Draw:
    return lambda maker: draw(Chain(maker, "float32")).finish()


_ONE = ((1, 1), (2, 0))

CASES: dict[str, tuple[Draw, list[str]]] = {
    "same_detour": (
        _int8(lambda c: c.by_way_of_float(0.05, -128).conv()),
        ["CONV_2D"],
    ),
    "other_detour": (
        _int8(lambda c: c.by_way_of_float(0.083, -20).conv()),
        ["QUANTIZE", "CONV_2D"],
    ),
    "detour_with_other_roundings": (
        _int8(lambda c: c.by_way_of_float(0.15, 0).conv()),
        ["DEQUANTIZE", "QUANTIZE", "CONV_2D"],
    ),
    "same_scale": (
        _int8(lambda c: c.conv().then("QUANTIZE")),
        ["CONV_2D"],
    ),
    "only_at_the_input": (
        _int8(lambda c: c.then("QUANTIZE")),
        ["QUANTIZE"],
    ),
    "reshapes": (
        _int8(lambda c: c.conv().reshape(1, 6, 4).reshape(1, 24).reshape(24)),
        ["CONV_2D", "RESHAPE"],
    ),
    "reshapes_back": (
        _int8(lambda c: c.reshape(60).reshape(*_SHAPE).conv()),
        ["CONV_2D"],
    ),
    "pads": (
        _int8(lambda c: c.pad((1, 0), (0, 2)).pad((0, 3), (1, 1))),
        ["PAD"],
    ),
    "pads_of_other_values": (
        _int8(lambda c: c.pad(*_ONE).pad(*_ONE, fill=5)),
        ["PAD", "PADV2"],
    ),
    "empty_pad": (
        _int8(lambda c: c.conv().pad((0, 0), (0, 0))),
        ["CONV_2D"],
    ),
    "pads_into_convolution": (
        _int8(lambda c: c.pad((1, 0), (0, 1)).pad(*_ONE, fill=-9).conv(), zero_point=-9),
        ["CONV_2D"],
    ),
    "other_value_beside_convolution": (
        _int8(lambda c: c.pad(*_ONE, fill=3).conv(), zero_point=-9),
        ["PADV2", "CONV_2D"],
    ),
    "negative_zero_beside_convolution": (
        _float32(lambda c: c.pad(*_ONE, fill=-0.0).conv()),
        ["PADV2", "CONV_2D"],
    ),
    "zero_beside_convolution": (
        _float32(lambda c: c.pad(*_ONE, fill=0.0).conv()),
        ["CONV_2D"],
    ),
    "smallest_into_maximum": (
        _int8(lambda c: c.pad(*_ONE).pool("MAX_POOL_2D")),
        ["MAX_POOL_2D"],
    ),
    "after_relu_into_maximum": (
        _int8(lambda c: c.then("RELU").pad(*_ONE).pool("MAX_POOL_2D"), zero_point=-7),
        ["RELU", "MAX_POOL_2D"],
    ),
    "larger_beside_maximum": (
        _int8(lambda c: c.pad(*_ONE).pool("MAX_POOL_2D"), zero_point=-7),
        ["PAD", "MAX_POOL_2D"],
    ),
    "windows_of_border_only": (
        _int8(lambda c: c.pad((3, 0), (0, 0)).pool("MAX_POOL_2D")),
        ["PAD", "MAX_POOL_2D"],
    ),
    "beside_average": (
        _int8(lambda c: c.pad(*_ONE).pool("AVERAGE_POOL_2D")),
        ["PAD", "AVERAGE_POOL_2D"],
    ),
    "times_one": (
        _float32(lambda c: c.conv().then("MUL", c.floats(1.0), first=True)),
        ["CONV_2D"],
    ),
    "times_one_at_the_input": (
        _float32(lambda c: c.then("MUL", c.floats(1.0)).conv()),
        ["MUL", "CONV_2D"],
    ),
    "plus_negative_zero": (
        _float32(lambda c: c.conv().then("ADD", c.floats(-0.0, (4,)))),
        ["CONV_2D"],
    ),
    "plus_zero": (
        _float32(lambda c: c.conv().then("ADD", c.floats(0.0, (4,)))),
        ["CONV_2D", "ADD"],
    ),
    "minus_zero": (
        _float32(lambda c: c.conv().then("SUB", c.floats(0.0))),
        ["CONV_2D"],
    ),
    "zero_minus": (
        _float32(lambda c: c.conv().then("SUB", c.floats(0.0), first=True)),
        ["CONV_2D", "SUB"],
    ),
    "single_part": (
        _int8(lambda c: c.conv().then("CONCATENATION", axis=3)),
        ["CONV_2D"],
    ),
    "relu_at_the_bottom": (
        _int8(lambda c: c.then("RELU").conv()),
        ["CONV_2D"],
    ),
    "transposes_that_cancel": (
        _int8(lambda c: c.transpose(0, 3, 1, 2).transpose(0, 2, 3, 1).conv()),
        ["CONV_2D"],
    ),
    "transposes_that_add_up": (
        _int8(lambda c: c.transpose(0, 3, 1, 2).transpose(0, 1, 3, 2)),
        ["TRANSPOSE"],
    ),
    "transposes_that_swap_rows_and_columns": (
        _int8(lambda c: c.conv().transpose(0, 2, 1, 3)),
        ["CONV_2D", "TRANSPOSE"],
    ),
    "transposes_that_move_an_axis_of_one": (
        _int8(lambda c: c.conv().transpose(1, 2, 0, 3).reshape(24)),
        ["CONV_2D", "RESHAPE"],
    ),
}


@pytest.fixture(scope="module")
def files(new_maker: type) -> dict[str, bytes]:
    return {name: draw(new_maker()) for name, (draw, _) in CASES.items()}


@pytest.fixture(scope="module")
def outputs(files: dict[str, bytes], bundle_of: Any) -> Any:
    bundle = bundle_of(files)
    windows = bundle.windows(12)
    values = bundle.run("host", windows).values
    inputs = [bundle.split_inputs(window) for window in windows]
    return inputs, [bundle.split_outputs(row) for row in values]


@pytest.mark.parametrize("name", CASES)
def test_only_operators_that_do_something_stay(name: str, files: dict[str, bytes]) -> None:
    graph = optimise(read_checked(files[name]))
    assert [node.operator for node in graph.nodes] == CASES[name][1]


@pytest.mark.parametrize("name", CASES)
def test_outputs_equal_those_of_the_file(
    name: str, files: dict[str, bytes], outputs: Any, oracle: Any
) -> None:
    reference = oracle(files[name])
    for window, by_case in zip(*outputs, strict=True):
        expected = reference.run(window[name])
        if expected.dtype == np.int8:
            np.testing.assert_array_equal(by_case[name][0], expected)
        else:
            limit = 1e-5 * max(float(np.abs(expected).max()), 1e-6)
            np.testing.assert_allclose(by_case[name][0], expected, rtol=1e-5, atol=limit)


def test_an_output_keeps_its_name_when_its_operator_goes(maker: Any) -> None:
    chain = Chain(maker).conv().then("QUANTIZE")
    name = compile_model(chain.finish(), name="network").outputs[0].name
    assert name == f"t{chain.at}"


def test_a_value_that_is_read_before_and_after_stays(maker: Any) -> None:
    chain = Chain(maker).conv()
    first = chain.at
    data = bytes(maker.finish([chain.source], [first, chain.then("QUANTIZE").at]))
    graph = optimise(read_checked(data))
    assert [node.operator for node in graph.nodes] == ["CONV_2D", "QUANTIZE"]
