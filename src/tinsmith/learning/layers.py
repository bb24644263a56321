"""Layers of a network as plain values, and the shapes that flow through them.

A network is a tuple of layers. The output layer (softmax over the classes, or the regression value)
is not part of it: training adds it. Shapes leave out the batch and have channels last:
`(width,)`, `(frames, channels)` or `(height, width, channels)`.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from tinsmith.core.errors import DesignError

Activation = Literal["none", "relu", "relu6"]
Padding = Literal["same", "valid"]
Shape = tuple[int, ...]

_MAX_ELEMENTS = 1 << 24


@dataclass(frozen=True)
class Dense:
    """Fully connected layer on a flat input."""

    units: int
    activation: Activation = "relu"
    batch_norm: bool = False
    type: ClassVar[str] = "dense"

    def output_shape(self, shape: Shape) -> Shape:
        """`(units,)`; the input must be flat."""
        if len(shape) != 1:
            raise DesignError(
                f"needs a flat input, found {_text(shape)}", hint="add a flatten layer before it"
            )
        return (_positive("units", self.units),)


@dataclass(frozen=True)
class Conv1d:
    """Convolution along time."""

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: Padding = "same"
    activation: Activation = "relu"
    batch_norm: bool = False
    type: ClassVar[str] = "conv1d"

    def output_shape(self, shape: Shape) -> Shape:
        """`(frames out, filters)`."""
        frames, _ = _dims(shape, ("frames", "channels"))
        _positive("filters", self.filters)
        return slide(frames, self.kernel, self.stride, self.padding), self.filters


@dataclass(frozen=True)
class Conv2d:
    """Convolution over an area."""

    filters: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = "same"
    activation: Activation = "relu"
    batch_norm: bool = False
    type: ClassVar[str] = "conv2d"

    def output_shape(self, shape: Shape) -> Shape:
        """`(height out, width out, filters)`."""
        _positive("filters", self.filters)
        return (*_slide_2d(shape, self.kernel, self.stride, self.padding), self.filters)


@dataclass(frozen=True)
class DepthwiseConv2d:
    """Convolution over an area, each channel for itself."""

    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    multiplier: int = 1
    padding: Padding = "same"
    activation: Activation = "relu"
    batch_norm: bool = False
    type: ClassVar[str] = "depthwise_conv2d"

    def output_shape(self, shape: Shape) -> Shape:
        """`(height out, width out, channels × multiplier)`."""
        area = _slide_2d(shape, self.kernel, self.stride, self.padding)
        return (*area, shape[2] * _positive("multiplier", self.multiplier))


@dataclass(frozen=True)
class Pool1d:
    """Largest or mean value of each stretch of time."""

    mode: Literal["max", "average"] = "max"
    size: int = 2
    stride: int | None = None
    padding: Padding = "valid"
    type: ClassVar[str] = "pool1d"

    def output_shape(self, shape: Shape) -> Shape:
        """`(frames out, channels)`."""
        frames, channels = _dims(shape, ("frames", "channels"))
        stride = self.size if self.stride is None else self.stride
        return slide(frames, self.size, stride, self.padding), channels


@dataclass(frozen=True)
class Pool2d:
    """Largest or mean value of each patch of an area."""

    mode: Literal["max", "average"] = "max"
    size: tuple[int, int] = (2, 2)
    stride: tuple[int, int] | None = None
    padding: Padding = "valid"
    type: ClassVar[str] = "pool2d"

    def output_shape(self, shape: Shape) -> Shape:
        """`(height out, width out, channels)`."""
        stride = self.size if self.stride is None else self.stride
        return (*_slide_2d(shape, self.size, stride, self.padding), shape[2])


@dataclass(frozen=True)
class GlobalAveragePool:
    """Mean of each channel over all of time or the whole area."""

    type: ClassVar[str] = "global_average_pool"

    def output_shape(self, shape: Shape) -> Shape:
        """`(channels,)`."""
        if len(shape) < 2:
            raise DesignError(f"needs frames or an area, found {_text(shape)}", hint="remove it")
        return (shape[-1],)


@dataclass(frozen=True)
class Reshape:
    """The same values under another shape, row-major."""

    shape: tuple[int, ...]
    type: ClassVar[str] = "reshape"

    def output_shape(self, shape: Shape) -> Shape:
        """The wanted shape; a single -1 is worked out."""
        known = math.prod(size for size in self.shape if size != -1)
        if (
            not 1 <= len(self.shape) <= 3
            or self.shape.count(-1) > 1
            or min(self.shape) < -1
            or not known
        ):
            raise DesignError(
                f"shape is {self.shape}; expected one to three sizes, at most one of them -1"
            )
        total = math.prod(shape)
        wanted = tuple(total // known if size == -1 else size for size in self.shape)
        if math.prod(wanted) != total:
            raise DesignError(f"cannot give {_text(shape)} ({total} values) the shape {self.shape}")
        return wanted


@dataclass(frozen=True)
class Flatten:
    """All values in one row."""

    type: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        """`(number of values,)`."""
        return (math.prod(shape),)


@dataclass(frozen=True)
class Dropout:
    """Forgets a share of the values in each training step; does nothing afterwards."""

    rate: float = 0.25
    type: ClassVar[str] = "dropout"

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the input."""
        if not 0 <= self.rate < 1:
            raise DesignError(f"rate is {self.rate}; expected at least 0 and below 1")
        return shape


@dataclass(frozen=True)
class BatchNorm:
    """Normalises each channel over the batch; folded into its neighbours on export."""

    activation: Activation = "none"
    type: ClassVar[str] = "batch_norm"

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the input."""
        return shape


Layer = (
    Dense
    | Conv1d
    | Conv2d
    | DepthwiseConv2d
    | Pool1d
    | Pool2d
    | GlobalAveragePool
    | Reshape
    | Flatten
    | Dropout
    | BatchNorm
)

LAYER_TYPES: dict[str, type[Any]] = {kind.type: kind for kind in typing.get_args(Layer)}


def infer_shapes(layers: Sequence[Layer], input_shape: Shape) -> tuple[Shape, ...]:
    """The shape before the first layer and after each layer.

    Raises:
        DesignError: A layer that cannot take what comes before it, named by index and type.
    """
    shapes = [input_shape]
    for index, layer in enumerate(layers):
        try:
            shape = layer.output_shape(shapes[-1])
        except DesignError as error:
            hint = error.hint or "change this layer or the ones before it"
            raise DesignError(
                f"layer {index} ({layer.type}): {error.message}", hint=hint
            ) from error
        if math.prod(shape) > _MAX_ELEMENTS:
            raise DesignError(
                f"layer {index} ({layer.type}): {_text(shape)} is {math.prod(shape)} values; "
                f"expected at most {_MAX_ELEMENTS}",
                hint="pool or stride before it",
            )
        shapes.append(shape)
    return tuple(shapes)


def parse_layers(items: Sequence[Mapping[str, Any]]) -> tuple[Layer, ...]:
    """Layers from plain values: `{"type": "conv1d", "filters": 16, "kernel": 5}`.

    `max_pool1d`, `avg_pool1d`, `max_pool2d` and `avg_pool2d` are short for the pool types with a
    mode; areas may be given as one number.

    Raises:
        DesignError: All problems together, each with the index of its layer.
    """
    layers: list[Layer] = []
    problems: list[str] = []
    for index, item in enumerate(items):
        try:
            layers.append(_parse_layer(item))
        except DesignError as error:
            problems.append(f"layer {index}: {error.message}")
    if problems:
        raise DesignError("; ".join(problems), hint="correct the list of layers")
    return tuple(layers)


def dump_layers(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Plain values that `parse_layers` reads back to the same layers; defaults are left out."""
    return [_dump_layer(layer) for layer in layers]


def slide(length: int, kernel: int, stride: int, padding: Padding) -> int:
    """Positions of a kernel along `length` values.

    Raises:
        DesignError: The kernel does not fit.
    """
    _positive("kernel", kernel)
    _positive("stride", stride)
    if padding == "same":
        return -(-length // stride)
    if kernel > length:
        raise DesignError(
            f"a kernel of {kernel} does not fit into {length} values",
            hint="use padding 'same', a smaller kernel, or less pooling before it",
        )
    return (length - kernel) // stride + 1


_SHORTHANDS = {
    f"{short}_pool{rank}d": {"type": f"pool{rank}d", "mode": mode}
    for rank in (1, 2)
    for short, mode in (("max", "max"), ("avg", "average"))
}


def _parse_layer(item: Mapping[str, Any]) -> Layer:
    values = dict(item)
    values.update(_SHORTHANDS.get(str(values.get("type")), {}))
    name = values.pop("type", None)
    kind = LAYER_TYPES.get(str(name))
    if kind is None:
        known = ", ".join([*LAYER_TYPES, *_SHORTHANDS])
        raise DesignError(f"type is {name!r}; expected one of {known}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    if unknown := [key for key in values if key not in fields]:
        raise DesignError(
            f"{name} has no {unknown[0]!r}; it has {', '.join(fields) or 'no settings'}"
        )
    if missing := [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.name not in values
    ]:
        raise DesignError(f"{name} needs {missing[0]!r}")
    parsed = {key: _convert(f"{name}.{key}", value, fields[key]) for key, value in values.items()}
    layer: Layer = kind(**parsed)
    return layer


def _convert(where: str, value: Any, hint: Any) -> Any:
    options = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is Literal:
        if value not in options:
            raise DesignError(f"{where} is {value!r}; expected {' or '.join(map(repr, options))}")
        return value
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(where, value, options[0])
    if origin is tuple:
        return _convert_tuple(where, value, options)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(value) is hint:
        return value
    raise DesignError(f"{where} is {value!r}; expected {_KINDS[hint]}")


_KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


def _convert_tuple(where: str, value: Any, options: tuple[Any, ...]) -> tuple[int, ...]:
    fixed = 0 if Ellipsis in options else len(options)
    if fixed and type(value) is int:
        return (value,) * fixed
    if not isinstance(value, list | tuple) or (fixed and len(value) != fixed):
        raise DesignError(f"{where} is {value!r}; expected {fixed or 'a list of'} whole numbers")
    return tuple(_convert(where, item, int) for item in value)


def _dump_layer(layer: Layer) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": layer.type}
    for field in dataclasses.fields(layer):
        value = getattr(layer, field.name)
        if value != field.default:
            plain[field.name] = list(value) if isinstance(value, tuple) else value
    return plain


def _slide_2d(shape: Shape, kernel: Shape, stride: Shape, padding: Padding) -> tuple[int, int]:
    height, width, _ = _dims(shape, ("height", "width", "channels"))
    return (
        slide(height, kernel[0], stride[0], padding),
        slide(width, kernel[1], stride[1], padding),
    )


def _dims(shape: Shape, names: tuple[str, ...]) -> Shape:
    if len(shape) != len(names):
        hint = "add a reshape layer before it"
        raise DesignError(
            f"needs an input of ({', '.join(names)}), found {_text(shape)}", hint=hint
        )
    return shape


def _positive(name: str, value: int) -> int:
    if value < 1:
        raise DesignError(f"{name} is {value}; expected at least 1")
    return value


def _text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"
