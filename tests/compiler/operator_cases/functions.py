"""Element-wise functions of one tensor that the reference interpreter has."""

from __future__ import annotations

from typing import Any

import numpy as np

from operator_cases.making import SHORT, Case, scale_of

CASES: dict[str, Case] = {}

_SCALES: dict[str, tuple[tuple[float, int], tuple[float, int]]] = {
    "narrow": ((0.01, 4), (0.012, -7)),
    "middle": ((0.06, 11), (0.05, -9)),
    "same": ((0.05, 3), (0.05, 3)),
    "far": ((1.3, -100), (0.7, 5)),
    "finer": ((0.3, 20), (0.04, 90)),
}


def _function(
    operator: str,
    dtype: str,
    source_scale: tuple[float, int] = (1.0, 0),
    target_scale: tuple[float, int] = (1.0, 0),
    *,
    above: float | None = None,
    to: str | None = None,
    **options: Any,
) -> Case:
    """The operator on values of all sizes; `above`: on their absolute values from there on."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        shape = (3, 256)
        source = operand = maker.tensor(shape, dtype, **_meaning(dtype, *source_scale))
        target = maker.tensor(shape, to or dtype, **_meaning(to or dtype, *target_scale))
        if above is not None:
            size, operand = maker.tensor(shape, dtype), maker.tensor(shape, dtype)
            maker.operator("ABS", [source], [size])
            maker.operator("MAXIMUM", [size, maker.tensor((1,), dtype, data=above)], [operand])
        maker.operator(operator, [operand], [target], **options)
        return maker.finish([source], [target])

    return make


def _meaning(dtype: str, scale: float, zero_point: int) -> dict[str, Any]:
    """int16 has zero point 0; int32 may be quantised, too."""
    if dtype == "int32":
        return {"scale": scale, "zero_point": zero_point}
    return scale_of(dtype, scale, 0 if dtype == "int16" else zero_point)


for _operator in (
    *("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "NEG", "ROUND", "SIN", "SQUARE"),
):
    CASES[f"{_operator.lower()}_f32"] = _function(_operator, "float32")
for _operator in ("LOG", "RSQRT", "SQRT"):
    CASES[f"{_operator.lower()}_f32"] = _function(_operator, "float32", above=1e-3)
CASES["leaky_relu_f32"] = _function("LEAKY_RELU", "float32", alpha=0.3)

for _name, (_source, _target) in _SCALES.items():
    for _operator in ("ABS", "ELU", "HARD_SWISH"):
        CASES[f"{_operator.lower()}_{_name}_s8"] = _function(_operator, "int8", _source, _target)
    # Only not negative inputs have a result.
    CASES[f"rsqrt_{_name}_s8"] = _function(
        "RSQRT", "int8", (_source[0], -128), (_target[0], _target[1])
    )
    for _type in ("int8", "int16"):
        CASES[f"leaky_relu_{_name}_{SHORT[_type]}"] = _function(
            "LEAKY_RELU", _type, _source, _target, alpha=0.1
        )
    CASES[f"relu_{_name}_s16"] = _function("RELU", "int16", _source, _target)
    for _from, _to in (
        ("int8", "int16"),
        ("int8", "int32"),
        ("int16", "int8"),
        ("int16", "int16"),
        ("int16", "int32"),
        ("int32", "int8"),
        ("int32", "int16"),
        ("float32", "int16"),
    ):
        CASES[f"quantize_{_name}_{SHORT[_from]}_{SHORT[_to]}"] = _function(
            "QUANTIZE", _from, _source, _target, to=_to
        )
    CASES[f"dequantize_{_name}_s16"] = _function("DEQUANTIZE", "int16", _source, to="float32")
CASES["leaky_relu_steep_s16"] = _function("LEAKY_RELU", "int16", (0.01, 0), (0.013, 0), alpha=1.7)
CASES["relu6_s16"] = _function("RELU6", "int16", (0.001, 0), (0.001, 0))

for _name, _scale in {
    "power": 1.0 / 4096.0,
    "coarse_power": 1.0 / 2048.0,
    "fine": 1.0 / 32768.0,
    "odd": 0.00037,
    "coarse": 0.011,
}.items():
    for _operator in ("LOGISTIC", "TANH"):
        CASES[f"{_operator.lower()}_{_name}_s16"] = _function(
            _operator, "int16", (_scale, 0), (1.0 / 32768.0, 0)
        )
    CASES[f"softmax_{_name}_s16"] = _function(
        "SOFTMAX", "int16", (_scale, 0), (1.0 / 32768.0, 0), beta=0.8
    )

for _name, (_source, _) in _SCALES.items():
    CASES[f"l2_normalization_{_name}_s8"] = _function(
        "L2_NORMALIZATION", "int8", _source, (1.0 / 128.0, 0)
    )
    CASES[f"log_softmax_{_name}_s8"] = _function(
        "LOG_SOFTMAX", "int8", _source, (16.0 / 256.0, 127)
    )
CASES["l2_normalization_f32"] = _function("L2_NORMALIZATION", "float32")
CASES["log_softmax_f32"] = _function("LOG_SOFTMAX", "float32")
