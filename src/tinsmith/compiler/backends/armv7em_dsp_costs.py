"""What the kernels for DSP instructions cost, to choose among them and to explain a layer's time.

Executed instructions, fitted to layers of public networks in the emulator (Cortex-M4F); an estimate
is within a fifth of the count. They come to, per multiply-accumulate:

    convolution, 64 or more taps and outputs          0.81-0.95
    convolution of 8 to 36 taps                       1.0-3.3
    dense layer                                       1.05-1.3
    depthwise 3 x 3, stride 1; stride 2               2.2-3.2; 3.5-4.3
    depthwise, other windows                          5-10
    portable convolution; depthwise; dense            2.3-5; 9-15; 2.5-3
"""

from __future__ import annotations

from tinsmith.compiler.operators.window import Window


def convolution(window: Window, outputs: int) -> float:
    """Windows of four pixels, gathered, then multiplied."""
    down, across = window.height, window.width
    if window.is_pointwise and across.output == 1:
        return dense(1, window.channels, outputs)
    groups = -(-down.output * across.output // 4)
    run = across.kernel * window.channels
    taps = down.kernel * run
    row = 45 + (40 if run % 4 else 0)
    gathering = 95 + 3.6 * taps + (0 if window.is_pointwise else row * down.kernel)
    multiplying = -(-outputs // 2) * (76 + 6 * taps)
    return groups * (gathering + multiplying) + _border_groups(window) * 240 * down.kernel


def winograd(window: Window, outputs: int) -> float:
    """Tiles of 2 x 2 outputs of a 3 x 3 window, four at a time."""
    down, across = -(-window.height.output // 2), -(-window.width.output // 2)
    tiles = down * across
    inside = max(down - 2, 0) * max(across - 2, 0)
    reading = 100 + 50 * window.channels
    multiplying = outputs // 2 * (690 + 88 * window.channels)
    return -(-tiles // 4) * (150 + multiplying) + tiles * reading + (tiles - inside) * 500


def _border_groups(window: Window) -> int:
    """Groups of four windows that reach over the left or right border, or from row to row."""
    down, across = window.height, window.width
    first, last = across.inside
    in_row = -(-first // 4) - (last - across.output) // 4 + int(across.output % 4 > 0)
    if window.is_pointwise:
        return 0
    return min(down.output * in_row, -(-down.output * across.output // 4))


def dense(rows: int, depth: int, outputs: int) -> float:
    """Four outputs at a time."""
    return rows * (60 + -(-outputs // 4) * (60 + 4.1 * depth))


def depthwise3(lined: Window) -> float:
    """3 x 3, two windows at a time, along lines."""
    pair = 30 if lined.width.stride == 1 else 33
    return _lines(lined, -(-lined.width.output // 2) * pair)


def depthwise_any(lined: Window) -> float:
    """Any window, two at a time, along lines."""
    words = (lined.width.kernel + 1) // 2
    window = 24 + lined.height.kernel * (6 + 7 * words)
    return _lines(lined, -(-lined.width.output // 2) * window)


def _lines(lined: Window, windows: float) -> float:
    """Four channels at a time: lines widened once, then one line of windows after another."""
    down, across = lined.height, lined.width
    strips = -(-lined.channels // 4)
    widened = (down.output - 1) * down.stride + down.kernel
    widening = widened * (160 + 9.5 * (across.size + across.before))
    preparing = 4 * (90 + 10 * down.kernel * across.kernel)
    return strips * (preparing + widening + down.output * (110 + 4 * (48 + windows)))


def portable_convolution(window: Window, outputs: int) -> float:
    """The kernel of the portable core, for layers of too few outputs to gather windows for."""
    taps = window.height.kernel * window.width.kernel * window.channels
    return window.height.output * window.width.output * outputs * (40 + 2.2 * taps)


def portable_depthwise(window: Window) -> float:
    """The kernel of the portable core, for layers too small to be prepared."""
    taps = window.height.kernel * window.width.kernel
    outputs = window.height.output * window.width.output * window.channels
    return outputs * (35 + 7.5 * taps)
