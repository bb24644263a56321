"""Layers with weights on int16 activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from operator_cases.making import NONE, RELU, RELU6, SAME, VALID, Case

CASES: dict[str, Case] = {}


def _parameters(
    maker: Any, rng: np.random.Generator, shape: tuple[int, ...], axis: int, **options: Any
) -> list[int]:
    """Weights, and a bias unless `bias` is None."""
    count = shape[axis]
    scale = list(rng.uniform(0.001, 0.02, count)) if options.get("per_channel", True) else 0.01
    data = rng.integers(-127, 128, shape)
    inputs = [maker.tensor(shape, scale=scale, axis=axis, data=data)]
    kind = options.get("bias", "int64")
    if kind is not None:
        limit = options.get("bias_limit", 3_000_000)
        values = rng.integers(-limit, limit, count)
        inputs.append(maker.tensor((count,), kind, scale=1e-5, data=values))
    return inputs


def _scales(depth: int, gain: float) -> tuple[dict[str, Any], dict[str, Any]]:
    source = {"scale": 0.001, "zero_point": 0}
    return source, {"scale": 0.001 * 0.01 * 0.7 * math.sqrt(depth) * gain, "zero_point": 0}


def _conv(*, depthwise: bool = False, **options: Any) -> Case:
    height, width, channels = options.get("size", (9, 8, 5))
    kernel, outputs = options.get("kernel", (3, 3)), options.get("outputs", 7)
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    padding = options.get("padding", SAME)

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        count = channels * outputs if depthwise else outputs
        shape = (1, *kernel, count) if depthwise else (count, *kernel, channels)
        depth = kernel[0] * kernel[1] * (1 if depthwise else channels)
        source_scale, target_scale = _scales(depth, options.get("gain", 1.0))
        source = maker.tensor((1, height, width, channels), "int16", **source_scale)
        operands = _parameters(maker, rng, shape, 3 if depthwise else 0, **options)
        out = [
            -(-n // s) if padding == SAME else (n - (k - 1) * d - 1) // s + 1
            for n, k, s, d in zip((height, width), kernel, stride, dilation, strict=True)
        ]
        target = maker.tensor((1, *out, count), "int16", **target_scale)
        fields = {
            "padding": padding,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": dilation[0],
            "dilationWFactor": dilation[1],
            "fusedActivationFunction": options.get("activation", NONE),
        }
        if depthwise:
            fields["depthMultiplier"] = outputs
        name = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        maker.operator(name, [source, *operands], [target], **fields)
        return bytes(maker.finish([source], [target]))

    return make


_VARIANTS: dict[str, dict[str, Any]] = {
    "same": {},
    "valid": {"padding": VALID},
    "stride": {"stride": (2, 3)},
    "dilation": {"dilation": (2, 2)},
    "relu": {"activation": RELU},
    "relu6": {"activation": RELU6, "gain": 0.3},
    "pointwise": {"kernel": (1, 1), "outputs": 12},
    "one_dimensional": {"size": (1, 20, 6), "kernel": (1, 5), "stride": (1, 2)},
    "one_channel": {"size": (9, 8, 1), "outputs": 8},
    "one_scale": {"per_channel": False},
    "deep": {"size": (3, 3, 70)},
    "no_bias": {"bias": None},
    "big_bias": {"bias_limit": 1 << 40, "gain": 1e5},
    "big_factor": {"gain": 1e-3},
}
for _name, _options in _VARIANTS.items():
    CASES[f"conv2d_{_name}_s16"] = _conv(**_options)
    CASES[f"depthwise_{_name}_s16"] = _conv(**{**_options, "outputs": 1}, depthwise=True)
CASES["conv2d_short_bias_s16"] = _conv(bias="int32")
CASES["conv2d_short_bias_big_factor_s16"] = _conv(bias="int32", gain=1e-3, kernel=(1, 1))
CASES["depthwise_multiplier_s16"] = _conv(depthwise=True, outputs=3)


def _dense(shape: tuple[int, ...], outputs: int, **options: Any) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        depth = shape[-1]
        source_scale, target_scale = _scales(depth, options.get("gain", 1.0))
        source = maker.tensor(shape, "int16", **source_scale)
        options.setdefault("per_channel", False)
        operands = _parameters(maker, rng, (outputs, depth), 0, **options)
        target = maker.tensor((*shape[:-1], outputs), "int16", **target_scale)
        maker.operator(
            "FULLY_CONNECTED",
            [source, *operands],
            [target],
            fusedActivationFunction=options.get("activation", NONE),
        )
        return bytes(maker.finish([source], [target]))

    return make


CASES["dense_s16"] = _dense((1, 40), 10)
CASES["dense_rows_s16"] = _dense((5, 30), 9)
CASES["dense_deep_s16"] = _dense((1, 1025), 5)
CASES["dense_relu_s16"] = _dense((1, 40), 10, activation=RELU)
CASES["dense_no_bias_s16"] = _dense((1, 40), 10, bias=None)
CASES["dense_per_channel_s16"] = _dense((1, 40), 10, per_channel=True)
