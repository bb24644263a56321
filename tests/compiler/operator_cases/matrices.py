"""Transposed and grouped convolutions, products of run-time matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from operator_cases.making import NONE, RELU, RELU6, SAME, VALID, Case, scale_of

CASES: dict[str, Case] = {}


def _weights(
    maker: Any, rng: np.random.Generator, shape: tuple[int, ...], dtype: str, per_channel: bool
) -> int:
    if dtype == "float32":
        return int(maker.tensor(shape, dtype, data=rng.standard_normal(shape) * 0.3))
    scale = list(rng.uniform(0.001, 0.02, shape[0])) if per_channel else 0.01
    return int(maker.tensor(shape, scale=scale, data=rng.integers(-127, 128, shape)))


def _bias(maker: Any, rng: np.random.Generator, count: int, dtype: str) -> int:
    if dtype == "float32":
        return int(maker.tensor((count,), dtype, data=rng.standard_normal(count)))
    return int(maker.tensor((count,), "int32", scale=0.0005, data=rng.integers(-3000, 3000, count)))


def _transpose_conv(dtype: str, **options: Any) -> Case:
    height, width, channels = options.get("size", (5, 4, 3))
    kernel, stride = options.get("kernel", (3, 3)), options.get("stride", (2, 2))
    outputs, padding = options.get("outputs", 5), options.get("padding", SAME)
    extra = options.get("extra", (0, 0))

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        out = [
            (n * s if padding == SAME else (n - 1) * s + k) + more
            for n, k, s, more in zip((height, width), kernel, stride, extra, strict=True)
        ]
        shape = (1, *out, outputs)
        weight_shape = (outputs, *kernel, channels)
        inputs = [
            maker.tensor((4,), "int32", data=list(shape)),
            _weights(maker, rng, weight_shape, dtype, options.get("per_channel", True)),
            maker.tensor((1, height, width, channels), dtype, **scale_of(dtype, 0.05, -3)),
        ]
        if options.get("bias", True):
            inputs.append(_bias(maker, rng, outputs, dtype))
        scale = 0.05 * 0.01 * 0.7 * math.sqrt(4 * channels)
        target = maker.tensor(shape, dtype, **scale_of(dtype, scale, 5))
        maker.operator(
            "TRANSPOSE_CONV",
            inputs,
            [target],
            padding=padding,
            strideH=stride[0],
            strideW=stride[1],
            fusedActivationFunction=options.get("activation", NONE),
        )
        return bytes(maker.finish([inputs[2]], [target]))

    return make


def _grouped(dtype: str, groups: int, channels: int, outputs: int, **options: Any) -> Case:
    kernel, stride = options.get("kernel", (3, 3)), options.get("stride", (1, 1))

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source = maker.tensor((1, 6, 7, channels), dtype, **scale_of(dtype, 0.05, -3))
        shape = (outputs, *kernel, channels // groups)
        inputs = [source, _weights(maker, rng, shape, dtype, options.get("per_channel", True))]
        if options.get("bias", True):
            inputs.append(_bias(maker, rng, outputs, dtype))
        out = [-(-n // s) for n, s in zip((6, 7), stride, strict=True)]
        scale = 0.05 * 0.01 * 0.7 * math.sqrt(kernel[0] * kernel[1] * channels / groups)
        target = maker.tensor((1, *out, outputs), dtype, **scale_of(dtype, scale, 5))
        maker.operator(
            "CONV_2D",
            inputs,
            [target],
            padding=SAME,
            strideH=stride[0],
            strideW=stride[1],
            dilationHFactor=1,
            dilationWFactor=1,
            fusedActivationFunction=options.get("activation", NONE),
        )
        return bytes(maker.finish([source], [target]))

    return make


def _product(
    dtype: str,
    left: tuple[int, ...],
    right: tuple[int, ...],
    *,
    adj_x: bool = False,
    adj_y: bool = False,
    constant: bool = False,
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        rows, depth = left[-2:][::-1] if adj_x else left[-2:]
        columns = right[-2] if adj_y else right[-1]
        batch = np.broadcast_shapes(left[:-2], right[:-2])
        first = maker.tensor(left, dtype, **scale_of(dtype, 0.05, -3))
        data = rng.standard_normal(right) * (40 if dtype == "int8" else 1) if constant else None
        second = maker.tensor(right, dtype, data=data, **scale_of(dtype, 0.02, 7))
        scale = 0.05 * 0.02 * 60 * math.sqrt(depth)
        target = maker.tensor((*batch, rows, columns), dtype, **scale_of(dtype, scale, 5))
        maker.operator("BATCH_MATMUL", [first, second], [target], adjX=adj_x, adjY=adj_y)
        return bytes(maker.finish([first] if constant else [first, second], [target]))

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    _variants: dict[str, dict[str, Any]] = {
        "same": {},
        "valid": {"padding": VALID},
        "same_stride_1": {"stride": (1, 1)},
        "valid_stride_1": {"stride": (1, 1), "padding": VALID},
        "wide_stride": {"stride": (3, 4)},
        "wide_stride_valid": {"stride": (3, 4), "padding": VALID},
        "uneven_kernel": {"kernel": (2, 5), "stride": (1, 3)},
        "cropped": {"extra": (-1, -1)},
        "longer": {"extra": (1, 1), "padding": VALID, "stride": (2, 2)},
        "no_bias": {"bias": False},
        "one_scale": {"per_channel": False},
        "relu": {"activation": RELU},
        "relu6": {"activation": RELU6},
        "many": {"outputs": 19, "size": (3, 3, 9)},
        "row": {"size": (1, 9, 4), "kernel": (1, 4), "stride": (1, 2)},
    }
    for _name, _options in _variants.items():
        CASES[f"transpose_conv_{_name}_{_short}"] = _transpose_conv(_type, **_options)
    CASES[f"grouped_{_short}"] = _grouped(_type, 2, 6, 8)
    CASES[f"grouped_stride_{_short}"] = _grouped(_type, 3, 9, 15, stride=(2, 2), activation=RELU)
    CASES[f"grouped_pointwise_{_short}"] = _grouped(_type, 4, 8, 4, kernel=(1, 1), bias=False)
    CASES[f"grouped_single_{_short}"] = _grouped(_type, 6, 6, 12, per_channel=False)
    CASES[f"product_{_short}"] = _product(_type, (4, 5), (5, 7))
    CASES[f"product_batches_{_short}"] = _product(_type, (3, 4, 5), (3, 5, 7))
    CASES[f"product_heads_{_short}"] = _product(_type, (1, 2, 6, 5), (1, 2, 9, 5), adj_y=True)
    CASES[f"product_adj_x_{_short}"] = _product(_type, (2, 5, 4), (2, 5, 7), adj_x=True)
    CASES[f"product_adj_both_{_short}"] = _product(
        _type, (2, 5, 4), (2, 7, 5), adj_x=True, adj_y=True
    )
    CASES[f"product_repeated_left_{_short}"] = _product(_type, (4, 5), (3, 5, 7))
    CASES[f"product_repeated_right_{_short}"] = _product(_type, (2, 3, 4, 5), (3, 5, 7))
    CASES[f"product_constant_{_short}"] = _product(_type, (3, 4, 5), (5, 7), constant=True)
    CASES[f"product_constant_adj_{_short}"] = _product(
        _type, (1, 4, 5), (1, 7, 5), constant=True, adj_y=True
    )
