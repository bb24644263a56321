"""How far a quantised layer is from the float32 one, why, and what would help."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Tensor

Values = npt.NDArray[Any]
Remedy = Literal["fine", "per-channel weights", "int16 activations", "keep in float32"]

LIMIT_DB = 120.0
"""No ratio counts as larger: equal values have no noise at all."""

FINE_DB = 20.0
"""From here on a layer's own noise (a tenth of its signal) is nothing to act on."""

SPREAD = 8.0
"""Filters whose largest weights differ by more have fewer than 16 of the 127 steps of a scale."""

_HALF_DB = 3.0  # half the noise or more
_HEARD = 1e-3  # of the mean power of a channel: below it, a channel does not matter


def sqnr_db(signal: Values, noise: Values) -> float:
    """10 log10 of the power of `signal` over that of `noise`, within ±LIMIT_DB."""
    return _decibels(_power(signal), _power(noise))


def _power(values: Values) -> float:
    return float(np.square(values, dtype=np.float64).sum())


def _decibels(signal: float, noise: float) -> float:
    if noise == 0.0:
        return LIMIT_DB
    if signal == 0.0:
        return -LIMIT_DB
    return max(-LIMIT_DB, min(LIMIT_DB, 10.0 * math.log10(signal / noise)))


@dataclass(frozen=True)
class Noise:
    """What one layer adds, measured on the inputs its quantised form has seen.

    Args:
        own_db: Signal over the layer's own noise.
        rounding_db: The same, if only its output were rounded and limited.
        limiting_db: The same, if its output were only limited.
        worst_channel, worst_channel_db: The channel with the smallest ratio among those that carry
            a signal worth hearing.
        saturation: Share of values that lie beyond what its integers can say.
        utilisation: Share of the integers' range between the smallest and the largest seen.
    """

    own_db: float
    rounding_db: float
    limiting_db: float
    worst_channel: int
    worst_channel_db: float
    saturation: float
    utilisation: float


def measure(reference: Values, integers: Values, tensor: Tensor) -> Noise:
    """Compares a layer's integers with what float32 arithmetic makes of the same inputs.

    Args:
        reference, integers: [n, ..., channels].
        tensor: The quantised output.
    """
    limits = np.iinfo(integers.dtype)
    steps = reference.astype(np.float64) / tensor.scale + tensor.zero_point
    limited = np.clip(steps, limits.min, limits.max)
    noise = dequantized(integers, tensor) - reference
    worst, worst_db = _worst_channel(reference, noise)
    beyond = (steps < limits.min - 0.5) | (steps > limits.max + 0.5)
    span = int(integers.max()) - int(integers.min())
    return Noise(
        own_db=sqnr_db(reference, noise),
        rounding_db=sqnr_db(reference, tensor.scale * (np.rint(limited) - steps)),
        limiting_db=sqnr_db(reference, tensor.scale * (limited - steps)),
        worst_channel=worst,
        worst_channel_db=worst_db,
        saturation=float(beyond.mean()),
        utilisation=span / (limits.max - limits.min),
    )


def dequantized(integers: Values, tensor: Tensor) -> npt.NDArray[np.float32]:
    """The real values that integers stand for."""
    steps = integers.astype(np.float32) - np.float32(tensor.zero_point)
    return np.float32(tensor.scale) * steps


def quantized(values: Values, tensor: Tensor) -> Values:
    """The nearest integers, limited to the tensor's type."""
    limits = np.iinfo(tensor.dtype)
    steps = np.rint(values.astype(np.float64) / tensor.scale) + tensor.zero_point
    return steps.clip(limits.min, limits.max).astype(tensor.dtype)


def _worst_channel(reference: Values, noise: Values) -> tuple[int, float]:
    channels = reference.shape[-1]
    signal, error = (
        np.square(values.reshape(-1, channels), dtype=np.float64).sum(axis=0)
        for values in (reference, noise)
    )
    heard = np.flatnonzero(signal >= _HEARD * signal.mean())
    ratios = [_decibels(float(signal[index]), float(error[index])) for index in heard]
    if not ratios:
        return 0, LIMIT_DB
    position = int(np.argmin(ratios))
    return int(heard[position]), ratios[position]


def weight_spread(weights: Values, axis: int) -> float:
    """Largest over smallest range of the channels along `axis`; empty channels do not count."""
    others = tuple(index for index in range(weights.ndim) if index != axis)
    ranges = np.abs(weights).max(axis=others)
    ranges = ranges[ranges > 0]
    return float(ranges.max() / ranges.min()) if ranges.size else 1.0


def advise(noise: Noise, spread: float | None) -> tuple[Remedy, str]:
    """What would help the layer most, and why.

    Args:
        spread: `weight_spread` of weights with one scale; None where there are no such weights.
    """
    if noise.own_db >= FINE_DB:
        return "fine", ""
    if noise.limiting_db <= noise.own_db + _HALF_DB:
        share = f"{100 * noise.saturation:.2g} % of the values lie beyond the range of the integers"
        return "int16 activations", f"{share}; representative data with larger ones widen it"
    if noise.rounding_db <= noise.own_db + _HALF_DB:
        return "int16 activations", "the steps of the output are too coarse for its values"
    if spread is not None and spread > SPREAD:
        return "per-channel weights", f"the ranges of its filters differ {spread:.0f} times"
    return "keep in float32", "rounding the weights costs more than rounding the output"
