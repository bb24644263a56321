"""A trained network reduced to what a device computes: operators with arrays, batch norm folded.

Tensors have channels last and lead with a batch of 1, as in a `.tflite` file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Shape = tuple[int, ...]
Activation = Literal["none", "relu", "relu6"]
Padding = Literal["same", "valid"]


@dataclass(frozen=True)
class FullyConnected:
    """[1, inputs] -> [1, units]; weights are [units, inputs]."""

    name: str
    weights: Floats
    bias: Floats
    activation: Activation
    output_shape: Shape


@dataclass(frozen=True)
class Convolution:
    """[1, height, width, in] -> [1, height, width, out].

    Weights are [out, kernel height, kernel width, in], or [1, kernel height, kernel width, out] for
    a depthwise one, whose output channel `in * multiplier + m` sees input channel `in` only.
    """

    name: str
    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: Padding
    activation: Activation
    is_depthwise: bool
    multiplier: int
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True)
class Pooling:
    """Largest or mean value of patches; padding does not count towards a mean."""

    name: str
    mode: Literal["max", "average"]
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True)
class Mean:
    """[1, height, width, channels] -> [1, channels]."""

    name: str
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True)
class Softmax:
    """Scores that add up to 1."""

    name: str
    output_shape: Shape


Operator = FullyConnected | Convolution | Pooling | Mean | Softmax


Linear = TypeVar("Linear", bound=FullyConnected | Convolution)


def scaled(operator: Linear, scale: Floats, shift: Floats) -> Linear:
    """The operator followed by `y * scale + shift` per output channel; it has no activation yet."""
    axes: Shape = (1, 1, 1, -1)
    if isinstance(operator, FullyConnected):
        axes = (-1, 1)
    elif not operator.is_depthwise:
        axes = (-1, 1, 1, 1)
    return dataclasses.replace(
        operator,
        weights=(operator.weights * scale.reshape(axes)).astype(np.float32),
        bias=(operator.bias * scale + shift).astype(np.float32),
    )
