"""Where the schema of `.tflite` keeps the options of the operators the compiler knows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinsmith.compiler.ir import Attributes
from tinsmith.compiler.read.flatbuffer import Table
from tinsmith.core.errors import DecodeError, UnsupportedError

CUSTOM = ("TFLite_Detection_PostProcess", "TreeEnsembleClassifier")
"""Custom operators that the compiler knows; their options are a map in flexbuffer form."""

PADDINGS = ("SAME", "VALID")
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")


@dataclass(frozen=True)
class Option:
    """One field of an options table: attribute name, number, kind, default."""

    name: str
    number: int
    kind: str
    default: int | float = 0


_WINDOW = (
    Option("padding", 0, "padding"),
    Option("stride_width", 1, "int32"),
    Option("stride_height", 2, "int32"),
)
_CONV = (
    *_WINDOW,
    Option("activation", 3, "activation"),
    Option("dilation_width", 4, "int32", 1),
    Option("dilation_height", 5, "int32", 1),
)
_DEPTHWISE = (
    *_WINDOW,
    Option("activation", 4, "activation"),
    Option("dilation_width", 5, "int32", 1),
    Option("dilation_height", 6, "int32", 1),
)
_POOL = (
    *_WINDOW,
    Option("kernel_width", 3, "int32"),
    Option("kernel_height", 4, "int32"),
    Option("activation", 5, "activation"),
)
_ACTIVATION = (Option("activation", 0, "activation"),)

# Operator: number of its options table in the schema's union, and the fields.
OPTIONS: dict[str, tuple[int, tuple[Option, ...]]] = {
    "CONV_2D": (1, _CONV),
    "DEPTHWISE_CONV_2D": (2, _DEPTHWISE),
    "MAX_POOL_2D": (5, _POOL),
    "AVERAGE_POOL_2D": (5, _POOL),
    "FULLY_CONNECTED": (
        8,
        (*_ACTIVATION, Option("weights_format", 1, "int8"), Option("keep_dims", 2, "bool")),
    ),
    "SOFTMAX": (9, (Option("beta", 0, "float32"),)),
    "CONCATENATION": (10, (Option("axis", 0, "int32"), Option("activation", 1, "activation"))),
    "ADD": (11, _ACTIVATION),
    "MUL": (21, _ACTIVATION),
    "SUB": (28, _ACTIVATION),
    "DIV": (29, _ACTIVATION),
    "L2_NORMALIZATION": (12, _ACTIVATION),
    "LEAKY_RELU": (75, (Option("alpha", 0, "float32"),)),
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"), (27, (Option("keep_dims", 0, "bool"),))
    ),
    "RESIZE_BILINEAR": (
        15,
        (Option("align_corners", 2, "bool"), Option("half_pixel_centers", 3, "bool")),
    ),
    "SPACE_TO_DEPTH": (19, (Option("block_size", 0, "int32"),)),
    "GATHER": (23, (Option("axis", 0, "int32"), Option("batch_dims", 1, "int32"))),
    "STRIDED_SLICE": (
        32,
        (
            Option("begin_mask", 0, "int32"),
            Option("end_mask", 1, "int32"),
            Option("ellipsis_mask", 2, "int32"),
            Option("new_axis_mask", 3, "int32"),
            Option("shrink_axis_mask", 4, "int32"),
            Option("offset", 5, "bool"),
        ),
    ),
    "SPLIT": (35, (Option("num_splits", 0, "int32"),)),
    "PACK": (59, (Option("values_count", 0, "int32"), Option("axis", 1, "int32"))),
    "UNPACK": (64, (Option("num", 0, "int32"), Option("axis", 1, "int32"))),
    "RESIZE_NEAREST_NEIGHBOR": (
        74,
        (Option("align_corners", 0, "bool"), Option("half_pixel_centers", 1, "bool")),
    ),
    "MIRROR_PAD": (77, (Option("mode", 0, "int8"),)),
    "DEPTH_TO_SPACE": (94, (Option("block_size", 0, "int32"),)),
    "TRANSPOSE_CONV": (49, (*_WINDOW, Option("activation", 3, "activation"))),
    "CALL_ONCE": (103, (Option("init_subgraph", 0, "int32"),)),
    "VAR_HANDLE": (111, (Option("container", 0, "text"), Option("shared_name", 1, "text"))),
    "SVDF": (6, (Option("rank", 0, "int32"), Option("function", 1, "function"))),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (
        71,
        (
            Option("function", 0, "function"),
            Option("cell_clip", 1, "float32"),
            Option("proj_clip", 2, "float32"),
            Option("time_major", 3, "bool"),
        ),
    ),
    "BATCH_MATMUL": (101, (Option("adj_x", 0, "bool"), Option("adj_y", 1, "bool"))),
}


def read_options(operator: str, union_type: int, table: Table | None) -> Attributes:
    """The options of one operator; an absent table or field has the schema's defaults.

    Raises:
        DecodeError: The options belong to another operator, or a value is not in the schema.
        UnsupportedError: A fused activation that no kernel has.
    """
    if operator not in OPTIONS:
        return {}
    number, fields = OPTIONS[operator]
    if table is not None and union_type not in (0, number):
        raise DecodeError(
            f"{operator} carries options of kind {union_type}; expected kind {number}"
        )
    return {option.name: _value(operator, option, table) for option in fields}


def _value(operator: str, option: Option, table: Table | None) -> int | float | str:
    if option.kind == "text":
        return "" if table is None else table.text(option.number)
    kind = "int8" if option.kind in ("padding", "activation", "function") else option.kind
    value = option.default if table is None else table.scalar(option.number, kind, option.default)
    if option.kind == "padding":
        return _named(operator, "padding", value, PADDINGS)
    if option.kind == "function":
        return _named(operator, "activation", value, ACTIVATIONS)
    if option.kind == "activation":
        name = _named(operator, "fused activation", value, ACTIVATIONS)
        if name in ("TANH", "SIGN_BIT"):
            raise UnsupportedError(
                f"{operator} has the fused activation {name}; "
                f"supported: {', '.join(ACTIVATIONS[:4])}"
            )
        return name
    if not math.isfinite(value):
        raise DecodeError(f"{operator} has {option.name} {value}; expected a finite number")
    return float(value) if option.kind == "float32" else int(value)


def _named(operator: str, what: str, value: float, names: tuple[str, ...]) -> str:
    if not 0 <= value < len(names):
        raise DecodeError(
            f"{operator} has {what} number {value}; the format defines 0 to {len(names) - 1}"
        )
    return names[int(value)]
