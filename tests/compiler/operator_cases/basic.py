"""Convolutions, dense layers, pooling, arithmetic, activations, padding and reshapes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from operator_cases.making import (
    NONE,
    RELU,
    RELU6,
    RELU_N1_TO_1,
    SAME,
    VALID,
    Case,
    scale_of,
)

CASES: dict[str, Case] = {}


def _conv(  # one convolution with everything adjustable
    *,
    size: tuple[int, int, int] = (9, 8, 5),
    kernel: tuple[int, int] = (3, 3),
    outputs: int = 7,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    padding: int = SAME,
    activation: int = NONE,
    per_channel: bool = True,
    bias: bool = True,
    bias_limit: int = 3000,
    out_scale: float = 1.0,
    out_zero: int = 5,
    depthwise: bool = False,
    dtype: str = "int8",
    pads: tuple[int, int, int, int] | None = None,
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        height, width, channels = size
        count = channels * outputs if depthwise else outputs
        shape = (1, *kernel, count) if depthwise else (count, *kernel, channels)
        depth = kernel[0] * kernel[1] * (1 if depthwise else channels)
        source = maker.tensor((1, height, width, channels), dtype, **scale_of(dtype, 0.05, -3))
        image = source
        if pads is not None:
            height, width = height + pads[0] + pads[1], width + pads[2] + pads[3]
            image = maker.tensor((1, height, width, channels), dtype, **scale_of(dtype, 0.05, -3))
            pairs = [[0, 0], list(pads[:2]), list(pads[2:]), [0, 0]]
            paddings = maker.tensor((4, 2), "int32", data=pairs)
            maker.operator("PAD", [source, paddings], [image])
        inputs = [image, _weights(maker, rng, shape, 3 if depthwise else 0, per_channel, dtype)]
        if bias:
            inputs.append(_bias(maker, rng, count, dtype, bias_limit))
        out = [
            _extent(n, k, s, d, padding)
            for n, k, s, d in zip((height, width), kernel, stride, dilation, strict=True)
        ]
        scale = 0.05 * 0.01 * 0.7 * math.sqrt(depth) * out_scale
        target = maker.tensor((1, *out, count), dtype, **scale_of(dtype, scale, out_zero))
        options = {
            "padding": padding,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": dilation[0],
            "dilationWFactor": dilation[1],
            "fusedActivationFunction": activation,
        }
        if depthwise:
            maker.operator(
                "DEPTHWISE_CONV_2D", inputs, [target], depthMultiplier=outputs, **options
            )
        else:
            maker.operator("CONV_2D", inputs, [target], **options)
        return maker.finish([source], [target])

    return make


def _extent(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - reach) // stride + 1


def _weights(
    maker: Any,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    axis: int,
    per_channel: bool,
    dtype: str,
) -> int:
    if dtype == "float32":
        return int(maker.tensor(shape, dtype, data=rng.standard_normal(shape) * 0.3))
    scale = list(rng.uniform(0.001, 0.02, shape[axis])) if per_channel else 0.01
    data = rng.integers(-127, 128, shape)
    return int(maker.tensor(shape, scale=scale, axis=axis, data=data))


def _bias(maker: Any, rng: np.random.Generator, count: int, dtype: str, limit: int = 3000) -> int:
    if dtype == "float32":
        return int(maker.tensor((count,), dtype, data=rng.standard_normal(count)))
    data = rng.integers(-limit, limit, count)
    # The bias's own scale is not used; it must only be there.
    return int(maker.tensor((count,), "int32", scale=0.0005, data=data))


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    _variants: dict[str, dict[str, Any]] = {
        "same": {},
        "valid": {"padding": VALID},
        "stride": {"stride": (2, 3)},
        "dilation": {"dilation": (2, 2)},
        "dilation_wide": {"dilation": (1, 3), "kernel": (1, 3), "padding": VALID},
        "relu": {"activation": RELU},
        "relu6": {"activation": RELU6},
        "relu_n1": {"activation": RELU_N1_TO_1},
        "pointwise": {"kernel": (1, 1), "outputs": 12},
        "pointwise_stride": {"kernel": (1, 1), "stride": (2, 2), "outputs": 9},
        "one_dimensional": {"size": (1, 20, 6), "kernel": (1, 5), "stride": (1, 2)},
        "column": {"size": (20, 1, 6), "kernel": (5, 1), "padding": VALID, "outputs": 16},
        "one_pixel_kernel_larger": {"size": (2, 2, 3), "kernel": (5, 5)},
        "one_channel": {"size": (9, 8, 1), "outputs": 8},
        "padded": {"padding": VALID, "pads": (1, 2, 0, 3)},
        "padded_stride": {"padding": VALID, "pads": (0, 1, 0, 1), "stride": (2, 2)},
        "wide": {"size": (5, 5, 40), "outputs": 33},
        "no_bias": {"bias": False},
    }
    for _name, _options in _variants.items():
        CASES[f"conv2d_{_name}_{_short}"] = _conv(dtype=_type, **_options)
        _deep = {**_options, "outputs": 1}
        CASES[f"depthwise_{_name}_{_short}"] = _conv(dtype=_type, depthwise=True, **_deep)
    CASES[f"depthwise_multiplier_{_short}"] = _conv(dtype=_type, depthwise=True, outputs=3)
    CASES[f"depthwise_many_{_short}"] = _conv(
        dtype=_type, depthwise=True, outputs=1, size=(6, 7, 37)
    )
# Sums near the ends of 32 bits, which wrap, and factors above one half, which need a left shift.
CASES["conv2d_saturated_bias_s8"] = _conv(bias_limit=2**31, out_scale=1e6)
CASES["depthwise_saturated_bias_s8"] = _conv(
    bias_limit=2**31, out_scale=1e6, depthwise=True, outputs=1
)
CASES["conv2d_scaled_up_s8"] = _conv(out_scale=1e-3, bias_limit=20)
CASES["depthwise_scaled_up_s8"] = _conv(out_scale=0.005, depthwise=True, outputs=1, size=(5, 5, 9))
CASES["conv2d_per_tensor_s8"] = _conv(per_channel=False)
CASES["depthwise_per_tensor_s8"] = _conv(per_channel=False, depthwise=True, outputs=1)


def _dense(
    *,
    inputs: int = 37,
    outputs: int = 11,
    batch: int = 1,
    activation: int = NONE,
    per_channel: bool = False,
    bias: bool = True,
    dtype: str = "int8",
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source = maker.tensor((batch, inputs), dtype, **scale_of(dtype, 0.047, 9))
        operands = [source, _weights(maker, rng, (outputs, inputs), 0, per_channel, dtype)]
        if bias:
            operands.append(_bias(maker, rng, outputs, dtype))
        scale = 0.047 * 0.01 * 0.7 * math.sqrt(inputs)
        target = maker.tensor((batch, outputs), dtype, **scale_of(dtype, scale, -11))
        maker.operator("FULLY_CONNECTED", operands, [target], fusedActivationFunction=activation)
        return maker.finish([source], [target])

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    CASES[f"dense_{_short}"] = _dense(dtype=_type)
    CASES[f"dense_relu_{_short}"] = _dense(dtype=_type, activation=RELU, outputs=8)
    CASES[f"dense_batch_{_short}"] = _dense(dtype=_type, batch=3, outputs=5)
    CASES[f"dense_no_bias_{_short}"] = _dense(dtype=_type, bias=False, outputs=1)
CASES["dense_per_channel_s8"] = _dense(per_channel=True)


def _pool(operator: str, dtype: str, **options: Any) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        size = options.get("size", (9, 7, 19))
        kernel, stride = options.get("kernel", (2, 2)), options.get("stride", (2, 2))
        padding = options.get("padding", VALID)
        out = [
            _extent(n, k, s, 1, padding) for n, k, s in zip(size[:2], kernel, stride, strict=True)
        ]
        source = maker.tensor((1, *size), dtype, **scale_of(dtype, 0.05, 7))
        target = maker.tensor((1, *out, size[2]), dtype, **scale_of(dtype, 0.05, 7))
        maker.operator(
            operator,
            [source],
            [target],
            padding=padding,
            strideH=stride[0],
            strideW=stride[1],
            filterHeight=kernel[0],
            filterWidth=kernel[1],
            fusedActivationFunction=options.get("activation", NONE),
        )
        return maker.finish([source], [target])

    return make


for _operator, _stem in (("MAX_POOL_2D", "max_pool"), ("AVERAGE_POOL_2D", "average_pool")):
    for _type in ("int8", "float32"):
        _short = {"int8": "s8", "float32": "f32"}[_type]
        for _name, _options in {
            "valid": {},
            "same": {"padding": SAME, "kernel": (3, 3)},
            "overlap": {"kernel": (3, 2), "stride": (1, 1)},
            "relu": {"activation": RELU},
            "relu6": {"activation": RELU6},
            "global": {"kernel": (9, 7), "stride": (9, 7)},
            "vectors": {"size": (6, 5, 48), "padding": SAME, "kernel": (3, 3), "stride": (1, 2)},
        }.items():
            CASES[f"{_stem}_{_name}_{_short}"] = _pool(_operator, _type, **_options)


def _mean(
    shape: tuple[int, ...], axes: list[int], keep: bool, dtype: str, out_scale: float = 0.03
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        rank = len(shape)
        reduced = {axis % rank for axis in axes}
        out = [1 if i in reduced else n for i, n in enumerate(shape) if keep or i not in reduced]
        source = maker.tensor(shape, dtype, **scale_of(dtype, 0.05, -7))
        axis = maker.tensor((len(axes),), "int32", data=axes)
        target = maker.tensor(out, dtype, **scale_of(dtype, out_scale, 3))
        maker.operator("MEAN", [source, axis], [target], keepDims=keep)
        return maker.finish([source], [target])

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    CASES[f"mean_image_{_short}"] = _mean((1, 6, 5, 9), [1, 2], False, _type)
    CASES[f"mean_image_keep_{_short}"] = _mean((1, 6, 5, 9), [2, 1], True, _type)
    CASES[f"mean_last_{_short}"] = _mean((1, 4, 5, 9), [-1], False, _type, 0.05)
    CASES[f"mean_rows_{_short}"] = _mean((1, 13, 1, 6), [1], False, _type, 0.01)
    CASES[f"mean_all_{_short}"] = _mean((1, 4, 3, 2), [1, 2, 3], True, _type)


def _binary(
    operator: str,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    dtype: str,
    *,
    activation: int = NONE,
    constant: bool = False,
    scales: tuple[float, float, float] = (0.05, 0.02, 0.06),
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        first = maker.tensor(shapes[0], dtype, **scale_of(dtype, scales[0], -20))
        data = None
        if constant:
            data = rng.standard_normal(shapes[1]) * (50 if dtype == "int8" else 1)
        second = maker.tensor(shapes[1], dtype, data=data, **scale_of(dtype, scales[1], 33))
        out = np.broadcast_shapes(*shapes)
        target = maker.tensor(out, dtype, **scale_of(dtype, scales[2], 4))
        maker.operator(operator, [first, second], [target], fusedActivationFunction=activation)
        return maker.finish([first] if constant else [first, second], [target])

    return make


for _operator in ("ADD", "SUB", "MUL"):
    for _type in ("int8", "float32"):
        _short = {"int8": "s8", "float32": "f32"}[_type]
        _stem = f"{_operator.lower()}"
        _image = (1, 4, 5, 6)
        for _name, _pair in {
            "same": (_image, _image),
            "channels": (_image, (6,)),
            "scalar": ((1,), _image),
            "rows": ((1, 4, 1, 6), (1, 1, 5, 6)),
        }.items():
            CASES[f"{_stem}_{_name}_{_short}"] = _binary(_operator, _pair, _type)
        CASES[f"{_stem}_relu_{_short}"] = _binary(
            _operator, (_image, _image), _type, activation=RELU
        )
        CASES[f"{_stem}_constant_{_short}"] = _binary(
            _operator, (_image, (6,)), _type, constant=True
        )
CASES["add_equal_scales_s8"] = _binary("ADD", ((1, 40), (1, 40)), "int8", scales=(0.1, 0.1, 0.2))
CASES["add_far_scales_s8"] = _binary("ADD", ((1, 40), (1, 40)), "int8", scales=(1.5, 0.001, 1.6))


def _unary(
    operator: str,
    dtype: str,
    source_scale: tuple[float, int] = (0.06, 11),
    target_scale: tuple[float, int] | None = None,
    *,
    to: str | None = None,
    shape: tuple[int, int] = (3, 256),
    **options: Any,
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        scale, zero_point = target_scale or source_scale
        source = maker.tensor(shape, dtype, **scale_of(dtype, *source_scale))
        target = maker.tensor(shape, to or dtype, **scale_of(to or dtype, scale, zero_point))
        maker.operator(operator, [source], [target], **options)
        return maker.finish([source], [target])

    return make


_HALF, _FULL = (1.0 / 256.0, -128), (1.0 / 128.0, 0)
for _name, _source in {"narrow": (0.01, 4), "middle": (0.06, 11), "far": (1.3, -100)}.items():
    CASES[f"logistic_{_name}_s8"] = _unary("LOGISTIC", "int8", _source, _HALF)
    CASES[f"tanh_{_name}_s8"] = _unary("TANH", "int8", _source, _FULL)
    CASES[f"softmax_{_name}_s8"] = _unary("SOFTMAX", "int8", _source, _HALF, beta=1.0)
    CASES[f"relu_{_name}_s8"] = _unary("RELU", "int8", _source, (0.05, -9))
    CASES[f"quantize_{_name}_s8"] = _unary("QUANTIZE", "int8", _source, (0.05, -9))
    CASES[f"quantize_{_name}_f32"] = _unary("QUANTIZE", "float32", (1.0, 0), _source, to="int8")
    CASES[f"dequantize_{_name}_s8"] = _unary("DEQUANTIZE", "int8", _source, to="float32")
    for _rows, _depth in ((37, 3), (16, 1), (4, 64), (19, 10)):
        CASES[f"softmax_{_name}_{_rows}_rows_s8"] = _unary(
            "SOFTMAX", "int8", _source, _HALF, shape=(_rows, _depth), beta=1.0
        )
CASES["relu6_s8"] = _unary("RELU6", "int8")
CASES["softmax_beta_s8"] = _unary("SOFTMAX", "int8", (0.02, 3), _HALF, beta=0.7)
for _name in ("LOGISTIC", "TANH", "RELU", "RELU6"):
    CASES[f"{_name.lower()}_f32"] = _unary(_name, "float32")
CASES["softmax_f32"] = _unary("SOFTMAX", "float32", beta=1.0)
CASES["softmax_beta_f32"] = _unary("SOFTMAX", "float32", beta=0.25)


def _pad(
    shape: tuple[int, ...], pairs: list[list[int]], dtype: str, value: float | None = None
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        out = [n + before + after for n, (before, after) in zip(shape, pairs, strict=True)]
        source = maker.tensor(shape, dtype, **scale_of(dtype, 0.06, 11))
        operands = [source, maker.tensor((len(pairs), 2), "int32", data=pairs)]
        if value is not None:
            operands.append(maker.tensor((1,), dtype, data=[value], **scale_of(dtype, 0.06, 11)))
        target = maker.tensor(out, dtype, **scale_of(dtype, 0.06, 11))
        maker.operator("PAD" if value is None else "PADV2", operands, [target])
        return maker.finish([source], [target])

    return make


def _join(shapes: list[tuple[int, ...]], axis: int, dtype: str) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        sources = [maker.tensor(shape, dtype, **scale_of(dtype, 0.06, 11)) for shape in shapes]
        out = list(shapes[0])
        out[axis] = sum(shape[axis] for shape in shapes)
        target = maker.tensor(out, dtype, **scale_of(dtype, 0.06, 11))
        maker.operator("CONCATENATION", sources, [target], axis=axis)
        return maker.finish(sources, [target])

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    _image = (1, 4, 5, 6)
    CASES[f"pad_image_{_short}"] = _pad(_image, [[0, 0], [1, 2], [3, 0], [0, 0]], _type)
    CASES[f"pad_channels_{_short}"] = _pad(_image, [[0, 0], [0, 0], [1, 0], [2, 5]], _type)
    CASES[f"pad_rank2_{_short}"] = _pad((3, 7), [[1, 1], [0, 4]], _type)
    CASES[f"padv2_{_short}"] = _pad(_image, [[0, 0], [1, 0], [0, 1], [1, 1]], _type, 5.0)
    CASES[f"concatenate_last_{_short}"] = _join([(1, 4, 3), (1, 4, 5), (1, 4, 1)], -1, _type)
    CASES[f"concatenate_rows_{_short}"] = _join([(1, 2, 6), (1, 7, 6)], 1, _type)


def _reshape(operator: str, shape: tuple[int, ...], out: tuple[int, ...], dtype: str) -> Case:
    """The reshape between two operators that do something."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        scale = scale_of(dtype, 0.05, 2)
        source, middle = maker.tensor(shape, dtype, **scale), maker.tensor(shape, dtype, **scale)
        moved, target = maker.tensor(out, dtype, **scale), maker.tensor(out, dtype, **scale)
        maker.operator("RELU", [source], [middle])
        operands = [middle]
        if operator == "RESHAPE":
            operands.append(maker.tensor((len(out),), "int32", data=list(out)))
        if operator == "EXPAND_DIMS":
            operands.append(maker.tensor((1,), "int32", data=[1]))
        options = {"RESHAPE": {"newShape": list(out)}, "SQUEEZE": {"squeezeDims": [1]}}
        maker.operator(operator, operands, [moved], **options.get(operator, {}))
        maker.operator("RELU6", [moved], [target])
        return maker.finish([source], [target])

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    CASES[f"reshape_{_short}"] = _reshape("RESHAPE", (1, 4, 6), (2, 12), _type)
    CASES[f"squeeze_{_short}"] = _reshape("SQUEEZE", (3, 1, 6), (3, 6), _type)
    CASES[f"expand_dims_{_short}"] = _reshape("EXPAND_DIMS", (3, 6), (3, 1, 6), _type)


def _diamond(maker: Any, rng: np.random.Generator) -> bytes:
    """x → two branches → sum, where one branch's input must survive the other."""
    scale = {"scale": 0.05, "zero_point": 2}
    source = maker.tensor((1, 64), **scale)
    left, right, both = (maker.tensor((1, 64), **scale) for _ in range(3))
    target = maker.tensor((1, 64), **scale)
    maker.operator("RELU", [source], [left])
    maker.operator("RELU6", [source], [right])
    maker.operator("ADD", [left, right], [both])
    maker.operator("SUB", [both, source], [target])
    return bytes(maker.finish([source], [target]))


def _fused(maker: Any, rng: np.random.Generator) -> bytes:
    """An activation of its own after an addition."""
    scale = {"scale": 0.05, "zero_point": 2}
    first, second = maker.tensor((1, 64), **scale), maker.tensor((1, 64), **scale)
    both, target = maker.tensor((1, 64), **scale), maker.tensor((1, 64), **scale)
    maker.operator("ADD", [first, second], [both])
    maker.operator("RELU", [both], [target])
    return bytes(maker.finish([first, second], [target]))


CASES["branches_s8"] = _diamond
CASES["fused_relu_s8"] = _fused
