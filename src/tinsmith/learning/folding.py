"""From the trained torch module to operators: batch norm folded, dropout gone, shapes explicit."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from torch import Tensor

from tinsmith.learning import network as modules
from tinsmith.learning.layers import Conv1d, DepthwiseConv2d, Pool1d, Shape
from tinsmith.learning.operators import (
    Activation,
    Convolution,
    Floats,
    FullyConnected,
    Mean,
    Operator,
    Pooling,
    Softmax,
    scaled,
)


def fold(
    network: modules.Network,
    *,
    has_softmax: bool,
    output_scale: float = 1.0,
    output_shift: float = 0.0,
) -> tuple[Operator, ...]:
    """The operators of a trained network.

    Args:
        network: In evaluation mode, on the CPU.
        has_softmax: Whether the outputs are classes.
        output_scale, output_shift: Unit of a regression, folded into the output layer.
    """
    operators: list[Operator] = []
    for index, stage in enumerate(network.stages):
        operators = _append(operators, network, index, stage)
    last = operators[-1]
    assert isinstance(last, FullyConnected)  # Network always ends in one
    count = len(last.bias)
    scale = np.full(count, output_scale, np.float32)
    shift = np.full(count, output_shift, np.float32)
    operators[-1] = dataclasses.replace(scaled(last, scale, shift), name="output")
    if has_softmax:
        operators.append(Softmax("scores", last.output_shape))
    return tuple(operators)


def _append(
    operators: list[Operator], network: modules.Network, index: int, stage: object
) -> list[Operator]:
    shape, after = network.shapes[index], network.shapes[index + 1]
    name = f"{network.layers[index].type}_{index}"
    match stage:
        case modules.DenseStage():
            return [*operators, _dense(name, stage)]
        case modules.ConvolutionStage():
            return [*operators, _convolution(name, stage, shape, after)]
        case modules.PoolStage():
            return [*operators, _pooling(name, stage, shape, after)]
        case modules.GlobalAverageStage():
            return [*operators, Mean(name, _area(shape), (1, *after))]
        case modules.NormStage():
            return _append_norm(operators, name, stage, shape)
        case _:
            return operators  # reshape and dropout leave the values as they are


def _dense(name: str, stage: modules.DenseStage) -> Operator:
    weights, bias = _array(stage.linear.weight), _array(stage.linear.bias)
    plain = FullyConnected(name, weights, bias, stage.layer.activation, (1, len(bias)))
    return plain if stage.norm is None else scaled(plain, *_affine(stage.norm))


def _convolution(
    name: str, stage: modules.ConvolutionStage, shape: Shape, after: Shape
) -> Operator:
    layer = stage.layer
    is_depthwise = isinstance(layer, DepthwiseConv2d)
    order = (1, 2, 3, 0) if is_depthwise else (0, 2, 3, 1)
    is_1d = isinstance(layer, Conv1d)
    plain = Convolution(
        name=name,
        weights=np.ascontiguousarray(_array(stage.conv.weight).transpose(order)),
        bias=_array(stage.conv.bias),
        stride=stage.stride,
        padding=layer.padding,
        activation=layer.activation,
        is_depthwise=is_depthwise,
        multiplier=layer.multiplier if isinstance(layer, DepthwiseConv2d) else 1,
        input_shape=_area(shape) if is_1d else (1, *shape),
        output_shape=_area(after) if is_1d else (1, *after),
    )
    return plain if stage.norm is None else scaled(plain, *_affine(stage.norm))


def _pooling(name: str, stage: modules.PoolStage, shape: Shape, after: Shape) -> Operator:
    layer = stage.layer
    is_1d = isinstance(layer, Pool1d)
    return Pooling(
        name,
        layer.mode,
        stage.size,
        stage.stride,
        layer.padding,
        _area(shape) if is_1d else (1, *shape),
        _area(after) if is_1d else (1, *after),
    )


def _append_norm(
    operators: list[Operator], name: str, stage: modules.NormStage, shape: Shape
) -> list[Operator]:
    scale, shift = _affine(stage.norm)
    last = operators[-1] if operators else None
    activation = stage.layer.activation
    channels_kept = last is not None and last.output_shape[-1] == shape[-1]
    if (
        isinstance(last, FullyConnected | Convolution)
        and channels_kept
        and last.activation == "none"
    ):
        merged = dataclasses.replace(scaled(last, scale, shift), activation=activation)
        return [*operators[:-1], merged]
    return [*operators, _pointwise(name, scale, shift, activation, shape)]


def _pointwise(
    name: str, scale: Floats, shift: Floats, activation: Activation, shape: Shape
) -> Operator:
    """Batch norm that nothing before it can absorb, as a 1 × 1 depthwise convolution."""
    area = _area(shape)
    weights = scale.reshape(1, 1, 1, -1)
    return Convolution(name, weights, shift, (1, 1), "valid", activation, True, 1, area, area)


def _affine(norm: modules.ChannelNorm) -> tuple[Floats, Floats]:
    """Batch norm in evaluation as `y = x * scale + shift`."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    variance = norm.running_var.double().numpy() + norm.eps
    scale = norm.weight.detach().double().numpy() / np.sqrt(variance)
    shift = norm.bias.detach().double().numpy() - norm.running_mean.double().numpy() * scale
    return scale.astype(np.float32), shift.astype(np.float32)


def _area(shape: Shape) -> Shape:
    """Any shape as [1, height, width, channels]."""
    if len(shape) == 3:
        return (1, *shape)
    return (1, 1, math.prod(shape[:-1]), shape[-1])


def _array(tensor: Tensor | None) -> Floats:
    assert tensor is not None
    values: Floats = tensor.detach().float().numpy().copy()
    return values
