"""Convolutions, dense layers and pools whose sizes fit no block of any kernel."""

from __future__ import annotations

from typing import Any

from operator_cases.basic import _conv, _dense, _pool
from operator_cases.making import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Case

CASES: dict[str, Case] = {}


def _scaled(**options: Any) -> Case:
    """Factors below one half, for which there are short ways to outputs."""
    return _conv(out_scale=5.0, **options)


def _lowest(**options: Any) -> Case:
    """The same with the lowest zero point: halves only ever round up."""
    return _conv(out_scale=20.0, out_zero=-128, **{"activation": RELU, **options})


# A last group of one to four pixels, in rows of every length.
for _width in range(1, 10):
    _pointwise: dict[str, Any] = {"kernel": (1, 1), "size": (1, _width, 6), "outputs": 5}
    CASES[f"pointwise_{_width}_pixels"] = _scaled(**_pointwise)
    CASES[f"conv2d_width_{_width}"] = _scaled(size=(5, _width, 4), outputs=6, activation=RELU)
    CASES[f"depthwise_width_{_width}"] = _scaled(size=(16, _width, 8), outputs=1, depthwise=True)
    CASES[f"depthwise_height_{_width}"] = _scaled(
        size=(_width, 16, 8), outputs=1, depthwise=True, stride=(2, 2), activation=RELU
    )
# Outputs that are never below zero, for which there are still shorter ways.
for _width in range(1, 10):
    CASES[f"depthwise_lowest_width_{_width}"] = _lowest(
        size=(5, _width, 8), outputs=1, depthwise=True
    )
    CASES[f"depthwise_lowest_stride_width_{_width}"] = _lowest(
        size=(6, _width, 4), stride=(2, 2), outputs=1, depthwise=True
    )
    CASES[f"conv2d_lowest_{_width}_outputs"] = _lowest(size=(3, 10 - _width, 4), outputs=_width)
# float32 kernels skip padding, whole vectors of channels at a time.
for _size in range(1, 8):
    for _stride in (1, 2):
        _floats: dict[str, Any] = {"stride": (_stride, _stride), "dtype": "float32"}
        CASES[f"depthwise_vectors_width_{_size}_stride_{_stride}"] = _conv(
            size=(9, _size, 16), outputs=1, depthwise=True, activation=RELU, **_floats
        )
        CASES[f"depthwise_vectors_height_{_size}_stride_{_stride}"] = _conv(
            size=(_size, 4, 80), outputs=1, depthwise=True, **_floats
        )
        CASES[f"conv2d_floats_width_{_size}_stride_{_stride}"] = _conv(
            size=(11, _size, 3), outputs=70, activation=RELU, **_floats
        )
        CASES[f"conv2d_floats_height_{_size}_stride_{_stride}"] = _conv(
            size=(_size, 13, 2), kernel=(4, 5), outputs=16, **_floats
        )
# Kernel rows of every length modulo 4; numbers of taps on both sides of a loop's turn.
for _channels in (1, 2, 3, 5, 7, 15, 16, 17, 31, 33):
    CASES[f"pointwise_{_channels}_channels"] = _scaled(
        kernel=(1, 1), size=(3, 3, _channels), outputs=4
    )
    CASES[f"conv2d_{_channels}_channels"] = _scaled(
        kernel=(2, 3), size=(4, 6, _channels), outputs=3
    )
    CASES[f"depthwise_{_channels}_channels"] = _scaled(
        size=(5, 6, _channels), outputs=1, depthwise=True
    )
# Outputs that fill whole vectors, of one window or of several side by side, and some that do not.
for _outputs in (8, 16, 32, 48, 64, 80, 96, 128):
    _many: dict[str, Any] = {"kernel": (1, 1), "size": (3, 7, 8), "outputs": _outputs}
    CASES[f"pointwise_{_outputs}_outputs"] = _scaled(**_many)
    CASES[f"pointwise_{_outputs}_outputs_lowest"] = _lowest(**_many)
    CASES[f"pointwise_{_outputs}_outputs_between"] = _scaled(activation=RELU_N1_TO_1, **_many)
    CASES[f"conv2d_{_outputs}_outputs_rows"] = _lowest(size=(4, 9, 3), outputs=_outputs)
for _inputs in (24, 25, 26, 27, 28, 48, 64):
    CASES[f"dense_{_inputs}_inputs"] = _dense(inputs=_inputs, outputs=6)
for _outputs in (64, 72, 128):
    CASES[f"dense_{_outputs}_outputs"] = _dense(outputs=_outputs)
for _outputs in (1, 2, 3, 4, 5, 8):
    for _name, _activation in {"": NONE, "_relu": RELU, "_relu_n1": RELU_N1_TO_1}.items():
        CASES[f"conv2d_{_outputs}_outputs{_name}"] = _scaled(
            size=(5, 7, 4), outputs=_outputs, activation=_activation
        )
        CASES[f"dense_{_outputs}_outputs{_name}"] = _dense(
            outputs=_outputs, per_channel=_outputs > 1, activation=_activation, batch=2
        )
for _kernel in ((1, 2), (1, 5), (5, 1), (2, 2), (3, 2), (4, 4), (5, 5), (7, 1)):
    for _stride in ((1, 1), (2, 2), (3, 1), (1, 3)):
        for _padding in (SAME, VALID):
            _geometry: dict[str, Any] = {
                "size": (9, 17, 4),
                "kernel": _kernel,
                "stride": _stride,
                "padding": _padding,
            }
            _label = "_".join(map(str, (*_kernel, *_stride, "valid" if _padding else "same")))
            CASES[f"conv2d_{_label}"] = _scaled(outputs=4, activation=RELU, **_geometry)
            CASES[f"depthwise_{_label}"] = _scaled(outputs=1, depthwise=True, **_geometry)
CASES.update(
    {
        "conv2d_one_channel_stride": _scaled(size=(11, 13, 1), stride=(2, 2), outputs=8),
        "conv2d_image": _scaled(size=(9, 11, 3), stride=(2, 2), outputs=8, activation=RELU6),
        "conv2d_dilated_rows": _scaled(size=(9, 9, 4), dilation=(3, 1), outputs=4),
        "conv2d_dilated_columns": _scaled(size=(9, 9, 4), dilation=(1, 3), outputs=4),
        "conv2d_much_padding": _scaled(size=(3, 3, 4), padding=VALID, pads=(4, 5, 5, 4), outputs=4),
        "conv2d_one_pixel": _scaled(size=(1, 1, 9), kernel=(1, 1), outputs=6),
        "depthwise_clamped": _scaled(outputs=1, depthwise=True, activation=RELU_N1_TO_1),
        "depthwise_much_padding": _scaled(
            size=(3, 3, 4), padding=VALID, pads=(3, 4, 5, 4), outputs=1, depthwise=True
        ),
        "conv2d_much_padding_f32": _conv(
            size=(3, 3, 4), padding=VALID, pads=(4, 5, 5, 4), outputs=20, dtype="float32"
        ),
        "conv2d_dilated_f32": _conv(size=(9, 9, 4), dilation=(2, 3), outputs=20, dtype="float32"),
        "depthwise_vectors_much_padding": _conv(
            size=(3, 3, 16),
            padding=VALID,
            pads=(3, 4, 5, 4),
            outputs=1,
            depthwise=True,
            dtype="float32",
        ),
        "depthwise_vectors_valid": _conv(
            size=(9, 8, 32), padding=VALID, outputs=1, depthwise=True, dtype="float32"
        ),
        "depthwise_lowest_much_padding": _lowest(
            size=(3, 3, 4), padding=VALID, pads=(3, 4, 5, 4), outputs=1, depthwise=True
        ),
        "depthwise_lowest_valid": _lowest(
            size=(8, 8, 12), padding=VALID, stride=(2, 2), outputs=1, depthwise=True
        ),
        "depthwise_lowest_clamped": _lowest(
            outputs=1, size=(6, 7, 8), depthwise=True, activation=RELU_N1_TO_1
        ),
        "depthwise_skipped_lines": _scaled(
            size=(13, 13, 4), kernel=(2, 2), stride=(5, 4), outputs=1, depthwise=True
        ),
        "depthwise_per_tensor_relu": _scaled(
            per_channel=False, outputs=1, depthwise=True, activation=RELU
        ),
        "conv2d_deep": _scaled(size=(3, 3, 90), outputs=2, kernel=(3, 3)),
        "dense_deep": _dense(inputs=3000, outputs=3),
        "max_pool_5_channels": _pool("MAX_POOL_2D", "int8", size=(7, 6, 5), padding=SAME),
        "average_pool_17x15": _pool(
            "AVERAGE_POOL_2D", "int8", size=(17, 15, 4), kernel=(17, 15), stride=(1, 1)
        ),
        "average_pool_17x16": _pool(
            "AVERAGE_POOL_2D", "int8", size=(17, 16, 4), kernel=(17, 16), stride=(1, 1)
        ),
    }
)
