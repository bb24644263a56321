"""What the kernels for DSP instructions cost, to choose among them and to explain a layer's time.

A kernel's work is counted in parts (groups of pixels, taps, pairs of outputs), and a table says how
many instructions each part takes. `python -m benchmarks.compiler.costs` measures the table on
single layers in the emulator (Cortex-M4F).
"""

from __future__ import annotations

from collections.abc import Mapping

from tinsmith.compiler.operators.window import Window

TABLE: Mapping[str, Mapping[str, float]] = {
    "gathered": {
        "group": 238,
        "tap": 5.11,
        "row": 0,
        "ragged row": 10.1,
        "border row": 137,
        "pair": 49.2,
        "rounded pair": 29.1,
        "product": 6.22,
    },
    "pointwise": {
        "group": 121,
        "tap": 3.71,
        "pair": 40.8,
        "rounded pair": 29.6,
        "product": 6.1,
    },
    "dense": {"row": 65.3, "four outputs": 50.6, "product": 4.12},
    "3 x 3 lines": {
        "strip": 0,
        "weight": 30.6,
        "widened line": 127,
        "widened pixel": 0,
        "line": 57.1,
        "pair": 40.4,
        "pair, stride 2": 55.1,
    },
    "lines": {
        "strip": 353,
        "weight": 5.42,
        "widened line": 274,
        "widened pixel": 6.17,
        "line": 45.4,
        "pair": 17,
        "row": 1.94,
        "word": 9.82,
    },
    "Winograd": {
        "group": 151,
        "tile": 0,
        "border tile": 175,
        "channel": 77.7,
        "pair": 729,
        "product": 87,
    },
}
"""Instructions of each part, by algorithm."""

Parts = dict[str, float]


def estimate(algorithm: str, parts: Parts) -> float:
    """Instructions of a layer of these parts."""
    table = TABLE[algorithm]
    return sum(table[name] * count for name, count in parts.items())


def convolution(window: Window, outputs: int, *, is_linear: bool = False) -> float:
    """Windows of four pixels, gathered, then multiplied."""
    if window.is_pointwise and window.width.output == 1:
        return dense(1, window.channels, outputs)
    algorithm = "pointwise" if window.is_pointwise else "gathered"
    return estimate(algorithm, convolution_parts(window, outputs, is_linear=is_linear))


def convolution_parts(window: Window, outputs: int, *, is_linear: bool) -> Parts:
    """Of the kernel that gathers windows, or reads pixels.

    Args:
        is_linear: Sums become outputs by one multiplication.
    """
    down, across = window.height, window.width
    pixels = down.output * across.output
    groups = -(-pixels // 4)
    run = across.kernel * window.channels
    pairs = groups * -(-outputs // 2)
    # A last group of one pixel takes 5 instructions where others take 12.
    products = pairs - (-(-outputs // 2) * 7 / 12 if pixels % 4 == 1 else 0)
    parts: Parts = {
        "group": groups,
        "tap": groups * down.kernel * run,
        "pair": pairs,
        "rounded pair": 0 if is_linear else pairs,
        "product": products * down.kernel * run,
    }
    if window.is_pointwise:
        return parts
    rows = groups * down.kernel
    parts |= {"row": rows, "ragged row": rows if run % 4 else 0}
    return parts | {"border row": _border_groups(window) * down.kernel}


def _border_groups(window: Window) -> int:
    """Groups of four windows that reach over the left or right border, or from row to row."""
    down, across = window.height, window.width
    first, last = across.inside
    in_row = -(-first // 4) - (last - across.output) // 4 + int(across.output % 4 > 0)
    return min(down.output * in_row, -(-down.output * across.output // 4))


def winograd(window: Window, outputs: int) -> float:
    """Tiles of 2 x 2 outputs of a 3 x 3 window, four at a time."""
    return estimate("Winograd", winograd_parts(window, outputs))


def winograd_parts(window: Window, outputs: int) -> Parts:
    """Of the kernel for tiles."""
    down, across = (-(-axis.output // 2) for axis in (window.height, window.width))
    tiles, groups = down * across, -(-down * across // 4)
    return {
        "group": groups,
        "tile": tiles,
        "border tile": tiles - max(down - 2, 0) * max(across - 2, 0),
        "channel": tiles * window.channels,
        "pair": groups * outputs / 2,
        "product": groups * outputs / 2 * window.channels,
    }


def dense(rows: int, depth: int, outputs: int) -> float:
    """Four outputs at a time."""
    return estimate("dense", dense_parts(rows, depth, outputs))


def dense_parts(rows: int, depth: int, outputs: int) -> Parts:
    """Of the kernel for rows."""
    blocks = rows * -(-outputs // 4)
    return {"row": rows, "four outputs": blocks, "product": blocks * depth}


def depthwise3(lined: Window) -> float:
    """3 x 3, two windows at a time, along lines."""
    return estimate("3 x 3 lines", depthwise3_parts(lined))


def depthwise3_parts(lined: Window) -> Parts:
    """Of the kernel with all weights in registers."""
    parts = _line_parts(lined)
    pairs = parts["line"] * -(-lined.width.output // 2)
    by_stride = "pair" if lined.width.stride == 1 else "pair, stride 2"
    return parts | {by_stride: pairs}


def depthwise_any(lined: Window) -> float:
    """Any window, two at a time, along lines."""
    return estimate("lines", depthwise_any_parts(lined))


def depthwise_any_parts(lined: Window) -> Parts:
    """Of the kernel for any window."""
    parts = _line_parts(lined)
    pairs = parts["line"] * -(-lined.width.output // 2)
    rows = pairs * lined.height.kernel
    return parts | {"pair": pairs, "row": rows, "word": rows * ((lined.width.kernel + 1) // 2)}


def _line_parts(lined: Window) -> Parts:
    """Four channels at a time: lines widened once, then one line of windows after another."""
    down, across = lined.height, lined.width
    strips = -(-lined.channels // 4)
    widened = strips * ((down.output - 1) * down.stride + down.kernel)
    return {
        "strip": strips,
        "weight": lined.channels * down.kernel * across.kernel,
        "widened line": widened,
        "widened pixel": widened * (across.size + across.before),
        "line": lined.channels * down.output,
    }


def portable_convolution(window: Window, outputs: int) -> float:
    """The kernel of the portable core, for layers of too few outputs to gather windows for."""
    taps = window.height.kernel * window.width.kernel * window.channels
    return window.height.output * window.width.output * outputs * (40 + 2.2 * taps)


def portable_depthwise(window: Window) -> float:
    """The kernel of the portable core, for layers too small to be prepared."""
    taps = window.height.kernel * window.width.kernel
    outputs = window.height.output * window.width.output * window.channels
    return outputs * (35 + 7.5 * taps)
