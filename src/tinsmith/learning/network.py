"""The torch module of a list of layers. Import this only where torch is wanted.

Every module takes and returns channels-last tensors `[batch, *shape]`, so that flattening means the
same as on the device; the permutations inside are views that torch's channels-last kernels like.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tinsmith.learning.layers import (
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Padding,
    Pool1d,
    Pool2d,
    Shape,
    infer_shapes,
)

BATCH_NORM_EPSILON = 1e-3


class Network(nn.Module):
    """All layers and a dense output layer without activation (logits, or the regression value)."""

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, outputs: int) -> None:
        super().__init__()
        self.layers = with_output(layers, input_shape, outputs)
        self.shapes = infer_shapes(self.layers, input_shape)
        pairs = zip(self.layers, self.shapes, strict=False)
        self.stages = nn.ModuleList([_module(layer, shape) for layer, shape in pairs])

    def forward(self, inputs: Tensor) -> Tensor:
        """[batch, width] or [batch, *input shape] -> [batch, outputs]."""
        values = inputs.reshape(inputs.shape[0], *self.shapes[0])
        for stage in self.stages:
            values = stage(values)
        return values

    def num_parameters(self) -> int:
        """Number of trained values."""
        return sum(parameter.numel() for parameter in self.parameters())


def with_output(layers: Sequence[Layer], input_shape: Shape, outputs: int) -> tuple[Layer, ...]:
    """The layers, flattened if need be, and the output layer."""
    last = infer_shapes(layers, input_shape)[-1]
    flatten = (Flatten(),) if len(last) > 1 else ()
    return (*layers, *flatten, Dense(outputs, activation="none"))


def _module(layer: Layer, shape: Shape) -> nn.Module:
    match layer:
        case Dense():
            return DenseStage(layer, shape)
        case Conv1d() | Conv2d() | DepthwiseConv2d():
            return ConvolutionStage(layer, shape)
        case BatchNorm():
            return NormStage(layer, shape)
        case _:
            return _unweighted_module(layer, shape)


def _unweighted_module(layer: Layer, shape: Shape) -> nn.Module:
    match layer:
        case Pool1d() | Pool2d():
            return PoolStage(layer)
        case GlobalAveragePool():
            return GlobalAverageStage()
        case Dropout():
            return nn.Dropout(layer.rate)
        case _:
            return ReshapeStage(layer.output_shape(shape))


class DenseStage(nn.Module):
    """Fully connected, then batch norm and activation if wanted."""

    def __init__(self, layer: Dense, shape: Shape) -> None:
        super().__init__()
        self.layer = layer
        self.linear = nn.Linear(shape[0], layer.units)
        self.norm = ChannelNorm(layer.units) if layer.batch_norm else None

    def forward(self, values: Tensor) -> Tensor:
        values = self.linear(values)
        return activate(values if self.norm is None else self.norm(values), self.layer.activation)


class ConvolutionStage(nn.Module):
    """Convolution of any kind, then batch norm and activation if wanted; one kernel row for 1-D."""

    def __init__(self, layer: Conv1d | Conv2d | DepthwiseConv2d, shape: Shape) -> None:
        super().__init__()
        self.layer = layer
        self.kernel, self.stride = geometry(layer)
        channels = shape[-1]
        if isinstance(layer, DepthwiseConv2d):
            filters, groups = channels * layer.multiplier, channels
        else:
            filters, groups = layer.filters, 1
        self.conv = nn.Conv2d(channels, filters, self.kernel, self.stride, groups=groups)
        self.norm = ChannelNorm(filters) if layer.batch_norm else None

    def forward(self, values: Tensor) -> Tensor:
        is_1d = isinstance(self.layer, Conv1d)
        area = values.unsqueeze(1) if is_1d else values
        sides = same_padding(area, self.kernel, self.stride, self.layer.padding)
        area = (
            functional.pad(area.permute(0, 3, 1, 2), sides)
            if any(sides)
            else area.permute(0, 3, 1, 2)
        )
        out = self.conv(area).permute(0, 2, 3, 1)
        out = out.squeeze(1) if is_1d else out
        return activate(out if self.norm is None else self.norm(out), self.layer.activation)


class PoolStage(nn.Module):
    """Largest or mean value of patches; padding counts for neither."""

    def __init__(self, layer: Pool1d | Pool2d) -> None:
        super().__init__()
        self.layer = layer
        self.size, self.stride = pool_geometry(layer)

    def forward(self, values: Tensor) -> Tensor:
        is_1d = isinstance(self.layer, Pool1d)
        area = (values.unsqueeze(1) if is_1d else values).permute(0, 3, 1, 2)
        sides = same_padding(area.permute(0, 2, 3, 1), self.size, self.stride, self.layer.padding)
        if self.layer.mode == "max":
            padded = functional.pad(area, sides, value=float("-inf")) if any(sides) else area
            out = functional.max_pool2d(padded, self.size, self.stride)
        else:
            out = functional.avg_pool2d(functional.pad(area, sides), self.size, self.stride)
            if any(sides):
                ones = functional.pad(torch.ones_like(area[:1, :1]), sides)
                out = out / functional.avg_pool2d(ones, self.size, self.stride)
        out = out.permute(0, 2, 3, 1)
        return out.squeeze(1) if is_1d else out


class GlobalAverageStage(nn.Module):
    """Mean over everything but batch and channels."""

    def forward(self, values: Tensor) -> Tensor:
        return values.flatten(1, -2).mean(dim=1)


class ReshapeStage(nn.Module):
    """Another shape, row-major with channels last."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, values: Tensor) -> Tensor:
        return values.reshape(values.shape[0], *self.shape)


class NormStage(nn.Module):
    """Batch norm as a layer of its own."""

    def __init__(self, layer: BatchNorm, shape: Shape) -> None:
        super().__init__()
        self.layer = layer
        self.norm = ChannelNorm(shape[-1])

    def forward(self, values: Tensor) -> Tensor:
        return activate(self.norm(values), self.layer.activation)


class ChannelNorm(nn.BatchNorm1d):
    """Batch norm over the last dimension."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=BATCH_NORM_EPSILON)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        rows = super().forward(input.reshape(-1, input.shape[-1]))
        return rows.reshape(input.shape)


def activate(values: Tensor, activation: str) -> Tensor:
    """`values` after the activation function."""
    if activation == "relu":
        return functional.relu(values)
    return functional.relu6(values) if activation == "relu6" else values


def geometry(layer: Conv1d | Conv2d | DepthwiseConv2d) -> tuple[tuple[int, int], tuple[int, int]]:
    """Kernel and stride as areas."""
    if isinstance(layer, Conv1d):
        return (1, layer.kernel), (1, layer.stride)
    return layer.kernel, layer.stride


def pool_geometry(layer: Pool1d | Pool2d) -> tuple[tuple[int, int], tuple[int, int]]:
    """Size and stride as areas."""
    if isinstance(layer, Pool1d):
        return (1, layer.size), (1, layer.size if layer.stride is None else layer.stride)
    return layer.size, layer.size if layer.stride is None else layer.stride


def same_padding(
    area: Tensor, kernel: tuple[int, int], stride: tuple[int, int], padding: Padding
) -> tuple[int, int, int, int]:
    """(left, right, top, bottom) as TensorFlow Lite pads: the odd cell goes right and below."""
    if padding == "valid":
        return 0, 0, 0, 0
    sides: list[tuple[int, int]] = []
    for length, size, step in zip(area.shape[1:3], kernel, stride, strict=True):
        total = max((-(-length // step) - 1) * step + size - length, 0)
        sides.append((total // 2, total - total // 2))
    (top, bottom), (left, right) = sides
    return left, right, top, bottom
