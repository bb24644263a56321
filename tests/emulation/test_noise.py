"""Signal over noise, by the definition, and what follows from it."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.compiler.ir import Quantization, Tensor
from tinsmith.emulation.noise import (
    LIMIT_DB,
    Noise,
    advise,
    dequantized,
    measure,
    quantized,
    sqnr_db,
    weight_spread,
)


def _tensor(scale: float, zero_point: int = 0) -> Tensor:
    return Tensor("output", (1, 4), "int8", Quantization((scale,), (zero_point,)))


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(5).uniform(-1, 1, (500, 4)).astype(np.float32)


def test_a_tenth_of_noise_is_20_decibels() -> None:
    signal = np.array([3.0, -4.0])
    assert sqnr_db(signal, 0.1 * signal) == pytest.approx(20.0)
    assert sqnr_db(signal, 0.0 * signal) == LIMIT_DB
    assert sqnr_db(0.0 * signal, signal) == -LIMIT_DB


def test_rounding_to_full_range_has_the_noise_theory_says(values: np.ndarray) -> None:
    tensor = _tensor(2.0 / 255)
    noise = measure(values, quantized(values, tensor), tensor)
    # A uniform signal over the full range of b bits: 6.02 b dB.
    assert noise.own_db == pytest.approx(8 * 6.02, abs=0.5)
    assert noise.rounding_db == pytest.approx(noise.own_db, abs=0.01)
    assert noise.saturation == 0.0
    assert noise.utilisation > 0.98
    assert advise(noise, None) == ("fine", "")


def test_integers_stand_for_what_they_were_made_of(values: np.ndarray) -> None:
    tensor = _tensor(0.01, 17)
    found = dequantized(quantized(values, tensor), tensor)
    np.testing.assert_allclose(found, values, atol=0.00501)


def test_a_tiny_scale_saturates(values: np.ndarray) -> None:
    tensor = _tensor(0.002)
    noise = measure(values, quantized(values, tensor), tensor)
    assert noise.saturation == pytest.approx(1 - 0.255, abs=0.03)
    remedy, reason = advise(noise, None)
    assert remedy == "int16 activations"
    assert "beyond the range" in reason


def test_a_huge_scale_is_too_coarse(values: np.ndarray) -> None:
    tensor = _tensor(0.5)
    noise = measure(values, quantized(values, tensor), tensor)
    assert noise.utilisation < 0.03
    remedy, reason = advise(noise, 100.0)
    assert remedy == "int16 activations"
    assert "too coarse" in reason


@pytest.mark.parametrize(
    ("spread", "remedy"),
    [(50.0, "per-channel weights"), (3.0, "keep in float32"), (None, "keep in float32")],
)
def test_noise_of_weights_asks_for_better_weights(
    spread: float | None, remedy: str, values: np.ndarray
) -> None:
    tensor = _tensor(2.0 / 255)
    noise = measure(values, quantized(1.5 * values, tensor), tensor)
    assert advise(noise, spread)[0] == remedy


def test_the_worst_channel_is_one_that_matters(values: np.ndarray) -> None:
    tensor = _tensor(2.0 / 255)
    weighted = values * np.array([1.0, 1.0, 0.1, 1e-4], np.float32)
    noise: Noise = measure(weighted, quantized(weighted, tensor), tensor)
    assert noise.worst_channel == 2
    assert noise.worst_channel_db == pytest.approx(8 * 6.02 - 20, abs=1)


def test_the_spread_of_filters_leaves_out_empty_ones() -> None:
    weights = np.array([[0.0, 0.0], [0.5, -4.0], [0.1, 0.2]])
    assert weight_spread(weights, 0) == pytest.approx(20.0)
    assert weight_spread(np.zeros((2, 2)), 0) == 1.0
