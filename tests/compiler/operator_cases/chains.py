"""Small networks whose plans lay outputs over inputs: chains that widen and narrow, strides,
borders, residual branches, repeated addends, several outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from operator_cases.making import NONE, RELU, SAME, VALID, Case, scale_of

CASES: dict[str, Case] = {}

_SCALE, _ZERO = 0.05, -4


class _Chain:
    """Adds layers to a model; the last image is the next layer's input."""

    def __init__(self, maker: Any, rng: np.random.Generator, dtype: str, size: tuple[int, ...]):
        self.maker, self._rng, self._dtype = maker, rng, dtype
        self.last = self.source = self._image(size)
        self.size = size

    def _image(self, size: tuple[int, ...]) -> int:
        return int(
            self.maker.tensor((1, *size), self._dtype, **scale_of(self._dtype, _SCALE, _ZERO))
        )

    def _weights(self, shape: tuple[int, ...]) -> int:
        if self._dtype == "float32":
            data = self._rng.standard_normal(shape) * 0.3
            return int(self.maker.tensor(shape, "float32", data=data))
        data = self._rng.integers(-127, 128, shape)
        return int(self.maker.tensor(shape, scale=0.006, data=data))

    def _grow(self, size: tuple[int, ...]) -> int:
        self.last, self.size = self._image(size), size
        return self.last

    def conv(
        self, outputs: int, kernel: int = 3, stride: int = 1, padding: int = SAME, relu: int = NONE
    ) -> _Chain:
        before, depth = self.last, self.size[2]
        weights = self._weights((outputs, kernel, kernel, depth))
        target = self._grow((*self._extents(kernel, stride, padding), outputs))
        options = {"strideH": stride, "strideW": stride, "fusedActivationFunction": relu}
        self.maker.operator("CONV_2D", [before, weights], [target], padding=padding, **options)
        return self

    def depthwise(self, kernel: int = 3, stride: int = 1, padding: int = SAME) -> _Chain:
        before, depth = self.last, self.size[2]
        weights = self._weights((1, kernel, kernel, depth))
        target = self._grow((*self._extents(kernel, stride, padding), depth))
        options = {"strideH": stride, "strideW": stride, "depthMultiplier": 1, "padding": padding}
        self.maker.operator("DEPTHWISE_CONV_2D", [before, weights], [target], **options)
        return self

    def pool(self, name: str, kernel: tuple[int, int], stride: int, padding: int = SAME) -> _Chain:
        before, depth = self.last, self.size[2]
        rows = self._extent(self.size[0], kernel[0], stride, padding)
        target = self._grow((rows, self._extent(self.size[1], kernel[1], stride, padding), depth))
        sizes = {"filterHeight": kernel[0], "filterWidth": kernel[1]}
        options = {"strideH": stride, "strideW": stride, "padding": padding, **sizes}
        self.maker.operator(name, [before], [target], **options)
        return self

    def add(self, other: int) -> _Chain:
        before = self.last
        target = self._grow(self.size)
        self.maker.operator("ADD", [before, other], [target], fusedActivationFunction=NONE)
        return self

    def relu(self) -> _Chain:
        before = self.last
        self.maker.operator("RELU", [before], [self._grow(self.size)])
        return self

    def mean(self) -> _Chain:
        before, depth = self.last, self.size[2]
        axes = self.maker.tensor((2,), "int32", data=[1, 2])
        target = self._grow((1, 1, depth))
        self.maker.operator("MEAN", [before, axes], [target], keepDims=True)
        return self

    def _extents(self, kernel: int, stride: int, padding: int) -> list[int]:
        return [self._extent(n, kernel, stride, padding) for n in self.size[:2]]

    def _extent(self, size: int, kernel: int, stride: int, padding: int) -> int:
        return -(-size // stride) if padding == SAME else (size - kernel) // stride + 1

    def finish(self, *outputs: int) -> bytes:
        return bytes(self.maker.finish([self.source], [*outputs, self.last]))


def _widening(c: _Chain) -> bytes:
    return c.conv(9, 1).conv(4, 1).conv(11, 1, relu=RELU).conv(3, 1).conv(7, 1).finish()


def _separable(c: _Chain) -> bytes:
    c.conv(6, 3, stride=2)
    for _ in range(3):
        c.depthwise().conv(6, 1, relu=RELU)
    return c.mean().finish()


def _borders(c: _Chain) -> bytes:
    c.conv(6, 3, padding=VALID).depthwise(5).conv(6, 3, stride=2).depthwise(3, stride=2)
    return c.conv(8, 3, padding=VALID).finish()


def _residual(c: _Chain) -> bytes:
    for _ in range(2):
        branch = c.last
        c.conv(10, 1, relu=RELU).depthwise().conv(4, 1).add(branch)
    return c.conv(5, 3).finish()


def _far_residual(c: _Chain) -> bytes:
    """The branch is needed after strides that the other way makes up for."""
    branch = c.conv(4).last
    c.conv(4, 3).depthwise().conv(4, 5).add(branch).relu()
    return c.add(branch).finish()


def _pooled(c: _Chain) -> bytes:
    c.conv(8, 3).pool("MAX_POOL_2D", (2, 2), 2).conv(8, 3).pool("AVERAGE_POOL_2D", (3, 3), 1)
    c.depthwise().pool("MAX_POOL_2D", (3, 3), 2)
    return c.pool("AVERAGE_POOL_2D", c.size[:2], 1, VALID).finish()


def _several_outputs(c: _Chain) -> bytes:
    first = c.conv(6).last
    second = c.depthwise(stride=2).last
    return c.conv(9, 1).conv(4).finish(second, first)


def _twice(c: _Chain) -> bytes:
    """Both addends are one image."""
    c.conv(4, 3)
    return c.add(c.last).depthwise().finish()


_NETWORKS = {
    "widening": _widening,
    "separable": _separable,
    "borders": _borders,
    "residual": _residual,
    "far_residual": _far_residual,
    "pooled": _pooled,
    "several_outputs": _several_outputs,
    "twice": _twice,
}


def _case(network: Any, dtype: str, size: tuple[int, ...]) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        return bytes(network(_Chain(maker, rng, dtype, size)))

    return make


for _name, _network in _NETWORKS.items():
    CASES[f"{_name}_s8"] = _case(_network, "int8", (17, 13, 4))
    CASES[f"{_name}_f32"] = _case(_network, "float32", (12, 15, 4))


def _repeated_addend(dtype: str) -> Case:
    """A computed row of channels is added to every pixel, and the sum to a computed pixel."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        quantised = scale_of(dtype, _SCALE, _ZERO)
        image = maker.tensor((1, 7, 6, 5), dtype, **quantised)
        pixel = maker.tensor((1, 1, 1, 5), dtype, **quantised)
        shifted = maker.tensor((1, 1, 1, 5), dtype, **quantised)
        total = maker.tensor((1, 7, 6, 5), dtype, **quantised)
        maker.operator("RELU", [pixel], [shifted])
        maker.operator("ADD", [image, shifted], [total], fusedActivationFunction=NONE)
        return bytes(maker.finish([image, pixel], [total]))

    return make


CASES["repeated_addend_s8"] = _repeated_addend("int8")
CASES["repeated_addend_f32"] = _repeated_addend("float32")
