"""Sums, means and extremes over all kinds of axes; where the largest value lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from operator_cases.making import SHORT, Case, scale_of

CASES: dict[str, Case] = {}

_AXES: dict[str, tuple[tuple[int, ...], list[int]]] = {
    "last": ((2, 5, 9), [-1]),
    "first": ((5, 4, 3), [0]),
    "middle": ((2, 5, 9), [1]),
    "image": ((1, 6, 5, 9), [1, 2]),
    "apart": ((3, 4, 5, 6), [0, 2]),
    "ends": ((3, 4, 5, 6), [0, 3]),
    "far_apart": ((2, 3, 2, 3, 2, 3), [0, 2, 4]),
    "with_ones": ((3, 1, 4, 1, 5), [0, 1, 4]),
    "all": ((1, 4, 3, 2), [0, 1, 2, 3]),
    "none": ((3, 1, 4), [1]),
}


def reduction(
    operator: str,
    axes: str,
    dtype: str,
    *,
    keep: bool = False,
    scales: tuple[float, float] = (0.05, 0.05),
    zero_points: tuple[int, int] = (-7, -7),
) -> Case:
    """A reduction over the axes of that name."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        shape, numbers = _AXES[axes]
        reduced = {number % len(shape) for number in numbers}
        out = [1 if i in reduced else n for i, n in enumerate(shape) if keep or i not in reduced]
        zeros = (0, 0) if dtype == "int16" else zero_points
        source = maker.tensor(shape, dtype, **scale_of(dtype, scales[0], zeros[0]))
        axis = maker.tensor((len(numbers),), "int32", data=numbers)
        target = maker.tensor(out, dtype, **scale_of(dtype, scales[1], zeros[1]))
        maker.operator(operator, [source, axis], [target], keepDims=keep)
        return maker.finish([source], [target])

    return make


for _name in _AXES:
    for _type in ("int8", "int16", "float32"):
        _stem = f"{_name}_{SHORT[_type]}"
        CASES[f"mean_{_stem}"] = reduction(
            "MEAN", _name, _type, scales=(0.05, 0.03), zero_points=(-7, 3)
        )
        CASES[f"mean_keep_{_stem}"] = reduction("MEAN", _name, _type, keep=True)
        CASES[f"sum_{_stem}"] = reduction(
            "SUM", _name, _type, scales=(0.05, 0.13), zero_points=(-7, 3)
        )
        if _type != "int16":
            for _operator in ("REDUCE_MAX", "REDUCE_MIN"):
                CASES[f"{_operator.lower()}_{_stem}"] = reduction(
                    _operator, _name, _type, keep=_name == "apart"
                )
    CASES[f"mean_fine_{_name}_s8"] = reduction(
        "MEAN", _name, "int8", scales=(0.05, 0.0021), zero_points=(100, -90)
    )
    CASES[f"sum_coarse_{_name}_s8"] = reduction(
        "SUM", _name, "int8", scales=(0.05, 1.7), zero_points=(100, -90)
    )


def _arg(operator: str, shape: tuple[int, ...], axis: int, dtype: str) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        source = maker.tensor(shape, dtype, **scale_of(dtype, 0.1, 5))
        number = maker.tensor((1,), "int32", data=[axis])
        rest = [n for i, n in enumerate(shape) if i != axis % len(shape)]
        target = maker.tensor(rest, "int32")
        maker.operator(operator, [source, number], [target], outputType=2)  # int32
        return maker.finish([source], [target])

    return make


for _operator in ("ARG_MAX", "ARG_MIN"):
    for _type in ("int8", "float32"):
        _stem = f"{_operator.lower()}"
        CASES[f"{_stem}_last_{SHORT[_type]}"] = _arg(_operator, (3, 40), -1, _type)
        CASES[f"{_stem}_middle_{SHORT[_type]}"] = _arg(_operator, (2, 7, 5), 1, _type)
        CASES[f"{_stem}_first_{SHORT[_type]}"] = _arg(_operator, (300, 2), 0, _type)
