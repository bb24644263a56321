"""Proposed settings follow from what was measured, and always fit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DesignError
from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.impulse.autotune import autotune
from tinsmith.impulse.design import ImageInput, TimeSeriesInput
from tinsmith.signals import Image, Sensor, Signal

SampleMaker = Callable[..., tuple[Sample, ...]]

WINDOW = TimeSeriesInput(window_ms=2000, stride_ms=1000, interval_ms=10)
SOUND = TimeSeriesInput(window_ms=1000, stride_ms=500, interval_ms=0.0625)


def waves(*hertz: float, noise: float = 0.0, interval_ms: float = 10.0) -> tuple[Sample, ...]:
    """Two recordings of 10 s, two axes, of sines of one strength."""
    made = []
    for seed in range(2):
        chance = np.random.default_rng(seed)
        times = np.arange(round(10_000 / interval_ms)) * interval_ms / 1000
        wave = np.zeros(times.size)
        for frequency in hertz:
            wave += np.sin(2 * np.pi * frequency * times + chance.random())
        values = 9.81 + np.stack([wave, 100 * wave], axis=1)
        values += noise * chance.normal(size=values.shape)
        signal = Signal(values.astype(np.float32), interval_ms, (Sensor("x", ""), Sensor("y", "")))
        made.append(sample_from_signal(signal, name=f"r{seed}"))
    return tuple(made)


def tuned(block: str, samples: tuple[Sample, ...], source: Any = WINDOW) -> dict[str, Any]:
    return {item.parameter: item.value for item in autotune(block, samples, source)}


def test_slow_motion_is_filtered_and_seen_in_fine_bins() -> None:
    found = tuned("spectral_analysis", waves(2.0, 3.0))
    assert found["input_decimation_ratio"] == 3
    assert found["filter_type"] == "low"
    assert 3 <= found["filter_cutoff_hz"] <= 4.5
    # Bins no wider than a quarter of the median frequency, as far as the window allows.
    assert found["fft_length"] == 64
    reasons = {item.parameter: item.reason for item in autotune("spectral_analysis", waves(2.0),
                                                                WINDOW)}  # fmt: skip
    assert "99 % of the power lies below" in reasons["input_decimation_ratio"]


def test_noise_is_left_as_it_is() -> None:
    found = tuned("spectral_analysis", waves(noise=1.0))
    assert (found["input_decimation_ratio"], found["filter_type"]) == (1, "none")
    assert found["fft_length"] == 16
    assert found["do_log"] is False
    assert "filter_cutoff_hz" not in found


def test_fast_vibration_keeps_its_rate() -> None:
    found = tuned("spectral_analysis", waves(40.0, noise=0.01))
    assert (found["input_decimation_ratio"], found["filter_type"]) == (1, "none")
    assert found["do_log"] is True


def test_frames_follow_the_window_and_the_rate(sound_samples: SampleMaker) -> None:
    found = tuned("mfe", sound_samples(6), SOUND)
    assert (found["frame_length_s"], found["frame_stride_s"]) == (0.02, 0.01)
    assert (found["fft_length"], found["num_filters"]) == (512, 40)
    slow = tuned("mfcc", sound_samples(6, interval_ms=1.0), SOUND.model_copy(
        update={"interval_ms": 1.0}))  # fmt: skip
    assert slow["fft_length"] == 32
    assert slow["num_filters"] < 32
    assert slow["num_cepstral"] <= slow["num_filters"]


def test_the_noise_floor_follows_the_level(sound_samples: SampleMaker) -> None:
    def louder(sample: Sample, gain: float) -> Sample:
        signal = sample.load_signal()
        made = Signal(signal.values * np.float32(gain), signal.interval_ms, signal.sensors)
        return sample_from_signal(made, name=sample.name)

    samples = sound_samples(6)
    usual = tuned("mfe", samples, SOUND)["noise_floor_db"]
    quiet = tuned("mfe", tuple(louder(item, 0.1) for item in samples), SOUND)["noise_floor_db"]
    assert usual - quiet == pytest.approx(20, abs=2)


def test_an_empty_band_is_cut_off() -> None:
    chance = np.random.default_rng(0)
    spectrum = np.fft.rfft(chance.normal(size=32_000))
    spectrum[np.fft.rfftfreq(32_000, 1 / 16_000) > 4000] = 0
    values = 3000 * np.fft.irfft(spectrum)
    signal = Signal(values.astype(np.float32)[:, None], 0.0625, (Sensor("audio", ""),))
    found = tuned("mfe", (sample_from_signal(signal, name="narrow"),), SOUND)
    assert found["high_frequency_hz"] == pytest.approx(4000, rel=0.06)


def test_grey_pictures_need_no_colour(picture_samples: SampleMaker) -> None:
    size = ImageInput(width=32, height=32)
    assert tuned("image", picture_samples(6), size) == {"channels": "RGB"}
    grey = np.random.default_rng(0).integers(0, 256, (40, 40, 1)).repeat(3, axis=2)
    sample = sample_from_signal(Image(grey.astype(np.uint8)), name="grey")
    assert tuned("image", (sample,), size) == {"channels": "Grayscale"}


def test_the_same_data_gives_the_same_proposals(sound_samples: SampleMaker) -> None:
    samples = sound_samples(6)
    assert autotune("mfe", samples, SOUND) == autotune("mfe", samples, SOUND)


def test_blocks_without_a_measure_and_unknown_ones() -> None:
    assert autotune("flatten", waves(2.0), WINDOW) == ()
    with pytest.raises(DesignError, match="unknown processing block 'fft'"):
        autotune("fft", waves(2.0), WINDOW)


@settings(deadline=None, max_examples=40)
@given(
    block=st.sampled_from(["spectral_analysis", "mfe", "mfcc", "spectrogram"]),
    window_ms=st.floats(20, 8000),
    interval_ms=st.sampled_from([0.0625, 0.125, 1.0, 5.0, 10.0, 40.0]),
    level=st.sampled_from([0.0, 1e-3, 1.0, 3e4]),
)
def test_proposals_always_fit_or_say_why_nothing_does(
    block: str, window_ms: float, interval_ms: float, level: float
) -> None:
    values = level * np.random.default_rng(0).normal(size=(2000, 1))
    signal = Signal(values.astype(np.float32), interval_ms, (Sensor("x", ""),))
    source = TimeSeriesInput(window_ms=window_ms, stride_ms=window_ms, interval_ms=interval_ms)
    # Windows of a few values cannot be cut into frames of four.
    is_tiny = window_ms / interval_ms < 40
    with contextlib.suppress(DesignError) if is_tiny else contextlib.nullcontext():
        found = autotune(block, (sample_from_signal(signal, name="any"),), source)
        assert found or is_tiny
