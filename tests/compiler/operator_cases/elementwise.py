"""Operators on two tensors: int16 sums and products, minimum, quotient, PRELU and the like."""

from __future__ import annotations

from typing import Any

import numpy as np

from operator_cases.making import NONE, RELU, RELU6, SHORT, Case, scale_of

CASES: dict[str, Case] = {}

_IMAGE = (1, 4, 5, 6)
_SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "same": (_IMAGE, _IMAGE),
    "channels": (_IMAGE, (6,)),
    "scalar": ((1,), _IMAGE),
    "rows": ((1, 4, 1, 6), (1, 1, 5, 6)),
}


def _pair(
    operator: str,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    dtype: str,
    scales: tuple[float, float, float],
    zero_points: tuple[int, int, int] = (-20, 33, 4),
    *,
    constant: Any = None,
    **options: Any,
) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        zeros = (0, 0, 0) if dtype == "int16" else zero_points
        meaning = [scale_of(dtype, *pair) for pair in zip(scales, zeros, strict=True)]
        first = maker.tensor(shapes[0], dtype, **meaning[0])
        data = None if constant is None else constant(rng, shapes[1])
        second = maker.tensor(shapes[1], dtype, data=data, **meaning[1])
        target = maker.tensor(np.broadcast_shapes(*shapes), dtype, **meaning[2])
        maker.operator(operator, [first, second], [target], **options)
        return maker.finish([first, second] if constant is None else [first], [target])

    return make


_ROW = ((1, 300), (1, 300))
_SCALES = {
    "near": (1.0, 0.9, 1.2),
    "equal": (1.0, 1.0, 2.0),
    "powers": (1.0, 0.5, 0.25),
    "far": (1.0, 0.001, 1.1),
    "far_first": (0.001, 1.0, 1.1),
}
for _operator in ("ADD", "SUB", "MUL"):
    _stem = _operator.lower()
    for _name, _shapes in _SHAPES.items():
        CASES[f"{_stem}_{_name}_s16"] = _pair(
            _operator, _shapes, "int16", (1e-4, 1.7e-4, 2e-4), fusedActivationFunction=NONE
        )
    for _type, _unit in (("int8", 0.01), ("int16", 1.0 / 32768.0)):
        for _name, _factors in _SCALES.items():
            _a, _b, _c = (_unit * factor for factor in _factors)
            if _operator == "MUL":
                _c = _a * _b * _c / _unit * (100 if _type == "int8" else 20000)
            for _end, _activation in (("", NONE), ("_relu", RELU), ("_relu6", RELU6)):
                CASES[f"{_stem}_{_name}{_end}_{SHORT[_type]}"] = _pair(
                    _operator, _ROW, _type, (_a, _b, _c), fusedActivationFunction=_activation
                )

for _operator in ("MINIMUM", "MAXIMUM"):
    for _type in ("int8", "int16", "int32", "float32"):
        for _name, _shapes in _SHAPES.items():
            CASES[f"{_operator.lower()}_{_name}_{SHORT[_type]}"] = _pair(
                _operator, _shapes, _type, (0.1, 0.1, 0.1), (7, 7, 7)
            )

for _operator in ("SQUARED_DIFFERENCE", "PRELU"):
    _stem = _operator.lower()
    _squares = _operator == "SQUARED_DIFFERENCE"
    for _name, _shapes in _SHAPES.items():
        CASES[f"{_stem}_{_name}_f32"] = _pair(_operator, _shapes, "float32", (1.0, 1.0, 1.0))
        CASES[f"{_stem}_{_name}_s8"] = _pair(_operator, _shapes, "int8", (0.05, 0.03, 0.07))
    for _name, _factors in _SCALES.items():
        _a, _b, _c = (0.01 * factor for factor in _factors)
        _scales = (_a, _b, max(_a, _b) ** 2 * 200 if _squares else _c)
        CASES[f"{_stem}_{_name}_scale_s8"] = _pair(_operator, _ROW, "int8", _scales)
        if _squares:
            CASES[f"{_stem}_{_name}_s16"] = _pair(
                _operator, _ROW, "int16", (_a, _b, max(_a, _b) ** 2 * 60000)
            )


def _divisors(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """int8 values that do not mean 0 where the zero point is 33."""
    values = rng.integers(-128, 128, shape)
    return np.where(values == 33, 34, values)


def _floats(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape)


for _name, _shapes in _SHAPES.items():
    CASES[f"div_{_name}_f32"] = _pair("DIV", _shapes, "float32", (1.0, 1.0, 1.0))
    # Where a small dividend meets a coarse output scale the reference shifts by more than 31 bits;
    # what it gives then is not defined. These scales stay clear of that.
    CASES[f"div_{_name}_s8"] = _pair("DIV", _shapes, "int8", (0.05, 0.02, 0.03), constant=_divisors)
for _name, _scales in {
    "fine": (0.05, 0.02, 0.001),
    "finer": (0.9, 0.011, 0.02),
    "powers": (0.5, 0.25, 1.0 / 32.0),
}.items():
    for _end, _activation in (("", NONE), ("_relu", RELU), ("_relu6", RELU6)):
        CASES[f"div_{_name}{_end}_s8"] = _pair(
            "DIV",
            _ROW,
            "int8",
            _scales,
            constant=_divisors,
            fusedActivationFunction=_activation,
        )
CASES["div_relu_f32"] = _pair(
    "DIV", _ROW, "float32", (1.0, 1.0, 1.0), constant=_floats, fusedActivationFunction=RELU
)
