"""Geometry of operators that slide a window over an image."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import Operation
from tinsmith.core.cvalue import Struct


@dataclass(frozen=True)
class Axis:
    """The window along one axis; padding before and after the image."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """Pixels from the first tap to the last."""
        return (self.kernel - 1) * self.dilation

    @property
    def output(self) -> int:
        """Number of windows."""
        return (self.size + self.before + self.after - self.reach - 1) // self.stride + 1

    @property
    def inside(self) -> tuple[int, int]:
        """First and last (exclusive) output whose window touches no padding."""
        first = -(-self.before // self.stride)
        last = (self.size + self.before - self.reach - 1) // self.stride + 1
        return min(first, self.output), max(min(last, self.output), min(first, self.output))


@dataclass(frozen=True)
class Window:
    """The window over a [height][width][channels] image."""

    height: Axis
    width: Axis
    channels: int

    @property
    def is_pointwise(self) -> bool:
        """One tap, at every pixel."""
        axes = (self.height, self.width)
        return all((a.kernel, a.stride, a.before, a.after) == (1, 1, 0, 0) for a in axes)

    def flattened(self) -> Window:
        """The same computation on an image of one row, where that is possible."""
        if self.is_pointwise:
            size = self.height.size * self.width.size
            return Window(Axis(1, 1, 1, 1, 0, 0), Axis(size, 1, 1, 1, 0, 0), self.channels)
        if (self.width.size, self.width.kernel, self.width.output) == (1, 1, 1):
            one = dataclasses.replace(self.width, stride=1)
            return Window(one, self.height, self.channels)
        return self

    def struct(self, fill: int) -> Struct:
        """The C form."""
        down, across = self.height, self.width
        fields = (
            ("in_height", down.size),
            ("in_width", across.size),
            ("in_channels", self.channels),
            ("out_height", down.output),
            ("out_width", across.output),
            ("kernel_height", down.kernel),
            ("kernel_width", across.kernel),
            ("stride_height", down.stride),
            ("stride_width", across.stride),
            ("dilation_height", down.dilation),
            ("dilation_width", across.dilation),
            ("pad_top", down.before),
            ("pad_left", across.before),
            ("fill", fill),
        )
        return Struct("tin_window2d", fields)


def window_of(operation: Operation, kernel: tuple[int, int]) -> Window:
    """The window of a convolution or pooling with a (height, width) kernel.

    Raises:
        UnsupportedError: Not an image, a batch, or a stride, dilation or kernel below 1.
    """
    image = operation.input()
    _require_image(operation, image)
    if min(kernel) < 1:
        raise operation.reject(f"has a {kernel[0]} x {kernel[1]} kernel; expected at least 1 x 1")
    axes = []
    for name, size, taps, position in (
        ("height", image.shape[1], kernel[0], 0),
        ("width", image.shape[2], kernel[1], 2),
    ):
        stride = operation.number(f"stride_{name}")
        dilation = int(operation.node.attributes.get(f"dilation_{name}", 1))  # type: ignore[arg-type]
        if not 1 <= stride <= size + taps or not 1 <= dilation <= 1 << 16:
            raise operation.reject(f"has stride {stride} and dilation {dilation} along {name}")
        before, after = _padding(operation, size, taps, stride, dilation, position)
        axes.append(Axis(size, taps, stride, dilation, before, after))
    if min(axis.output for axis in axes) < 1:
        raise operation.reject(f"has a kernel larger than its input {list(image.shape)}")
    return Window(axes[0], axes[1], image.shape[3])


def _require_image(operation: Operation, image: Tensor) -> None:
    if len(image.shape) != 4 or image.shape[0] != 1:
        raise operation.reject(
            f"has an input of shape {list(image.shape)}; expected [1, height, width, channels]",
            hint="export the model with a batch size of 1",
        )


def _padding(
    operation: Operation, size: int, kernel: int, stride: int, dilation: int, position: int
) -> tuple[int, int]:
    explicit = operation.node.attributes.get("pads")
    if isinstance(explicit, tuple):
        return explicit[position], explicit[position + 1]
    if operation.text("padding") == "VALID":
        return 0, 0
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def window_shape(window: Window, channels: int) -> Shape:
    """Shape of the output image."""
    return (1, window.height.output, window.width.output, channels)
