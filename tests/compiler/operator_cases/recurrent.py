"""Layers that remember: SVDF and LSTM, their state in variable tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from operator_cases.making import NONE, RELU, Case, scale_of

CASES: dict[str, Case] = {}


def _svdf(
    dtype: str,
    state: str,
    *,
    batches: int = 1,
    rank: int = 1,
    memory: int = 6,
    bias: bool = True,
    activation: int = RELU,
) -> Case:
    units, size = 5, 9

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        filters = units * rank
        source = maker.tensor((batches, size), dtype, **scale_of(dtype, 0.05, -3))
        if dtype == "float32":
            features = maker.tensor(
                (filters, size), dtype, data=rng.standard_normal((filters, size))
            )
            times = maker.tensor(
                (filters, memory), dtype, data=rng.standard_normal((filters, memory))
            )
            offset = maker.tensor((units,), dtype, data=rng.standard_normal(units))
            zero: dict[str, Any] = {}
        else:
            data = rng.integers(-127, 128, (filters, size))
            features = maker.tensor((filters, size), scale=0.02, data=data)
            limit, scale = (127, 0.01) if state == "int8" else (5000, 0.0003)
            data = rng.integers(-limit, limit + 1, (filters, memory))
            times = maker.tensor((filters, memory), state, scale=scale, data=data)
            zero = {"scale": 0.5, "zero_point": 7} if state == "int8" else {"scale": 0.002}
            product = float(np.float32(zero["scale"]) * np.float32(scale))
            data = rng.integers(-3000, 3000, units)
            offset = maker.tensor((units,), "int32", scale=product, data=data)
        kept = maker.tensor((batches, filters * memory), state, variable=True, **zero)
        target = maker.tensor((batches, units), dtype, **scale_of(dtype, 0.8, -20))
        operands = [source, features, times, offset if bias else -1, kept]
        maker.operator("SVDF", operands, [target], rank=rank, fusedActivationFunction=activation)
        return bytes(maker.finish([source], [target]))

    return make


for _name, _types in {
    "s8_s16": ("int8", "int16"),
    "s8": ("int8", "int8"),
    "f32": ("float32", "float32"),
}.items():
    CASES[f"svdf_{_name}"] = _svdf(*_types)
    CASES[f"svdf_rank_{_name}"] = _svdf(*_types, rank=2)
    CASES[f"svdf_short_{_name}"] = _svdf(*_types, memory=1)
    CASES[f"svdf_batches_{_name}"] = _svdf(*_types, batches=2)
CASES["svdf_no_activation_f32"] = _svdf("float32", "float32", activation=NONE)


def _lstm(
    dtype: str,
    *,
    time_major: bool = False,
    batches: int = 1,
    clip: float = 0.0,
    power: int = -11,
    gain: float = 1.0,
) -> Case:
    steps, size, cells, tanh = 4, 5, 6, 4

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        first = (steps, batches) if time_major else (batches, steps)
        source = maker.tensor((*first, size), dtype, **scale_of(dtype, 0.02, -3))

        def weights(columns: int) -> int:
            shape = (cells, columns)
            if dtype == "float32":
                return int(maker.tensor(shape, dtype, data=rng.standard_normal(shape) * gain))
            data = rng.integers(-127, 128, shape)
            return int(maker.tensor(shape, scale=float(0.01 * gain), data=data))

        operands = [source, *(weights(size) for _ in range(4)), *(weights(cells) for _ in range(4))]
        operands += [-1, -1, -1]
        for _ in range(4):
            if dtype == "float32":
                bias = maker.tensor((cells,), dtype, data=rng.standard_normal(cells))
            else:
                data = rng.integers(-3000, 3000, cells)
                bias = maker.tensor((cells,), "int32", scale=0.0002, data=data)
            operands.append(bias)
        hidden_scale = scale_of(dtype, 1.0 / 128.0, 5)
        cell_type = "float32" if dtype == "float32" else "int16"
        hidden = maker.tensor((batches, cells), dtype, variable=True, **hidden_scale)
        cell_scale = scale_of(cell_type, 2.0**power, 0)
        memory = maker.tensor((batches, cells), cell_type, variable=True, **cell_scale)
        operands += [-1, -1, hidden, memory, -1, -1, -1, -1]
        target = maker.tensor((*first, cells), dtype, **hidden_scale)
        maker.operator(
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            operands,
            [target],
            fusedActivationFunction=tanh,
            cellClip=clip,
            timeMajor=time_major,
        )
        return bytes(maker.finish([source], [target]))

    return make


for _type in ("int8", "float32"):
    _short = {"int8": "s8", "float32": "f32"}[_type]
    CASES[f"lstm_{_short}"] = _lstm(_type)
    CASES[f"lstm_time_major_{_short}"] = _lstm(_type, time_major=True)
    CASES[f"lstm_batches_{_short}"] = _lstm(_type, batches=3)
    CASES[f"lstm_time_major_batches_{_short}"] = _lstm(_type, time_major=True, batches=3)
    CASES[f"lstm_clip_{_short}"] = _lstm(_type, clip=0.7)
CASES["lstm_strong_s8"] = _lstm("int8", gain=5.0)
for _power in (-15, -12, -9):
    CASES[f"lstm_cell_{-_power}_s8"] = _lstm("int8", power=_power)
