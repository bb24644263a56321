"""From recordings to a package: real blocks, real models, the emulated microcontroller."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.deployment import deploy
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.signals import Sensor, Signal

INTERVAL_MS = 20.0
KMEANS = {"id": "odd", "type": "anomaly_kmeans", "clusters": 3}
NETWORK = {
    "id": "classifier",
    "type": "classification",
    "network": [{"type": "dense", "units": 8}],
    "training": {"epochs": 60, "learning_rate": 0.01},
}


def recordings(*, seed: int) -> list[Sample]:
    """Shaking at three rates, a few seconds each, along three axes."""
    random = np.random.default_rng(seed)
    time = np.arange(300) * INTERVAL_MS / 1000
    samples = []
    for label, rate in (("slow", 1.0), ("medium", 4.0), ("fast", 11.0)):
        for take in range(4):
            phase = random.uniform(0, 6, size=3)
            wave = np.sin(2 * np.pi * rate * time[:, None] + phase)
            noisy = (wave + random.normal(scale=0.1, size=wave.shape)).astype(np.float32)
            sensors = tuple(Sensor(f"acc{axis}", "m/s2") for axis in "XYZ")
            signal = Signal(noisy, INTERVAL_MS, sensors)
            samples.append(sample_from_signal(signal, name=f"{label}.{take}", label=label))
    return samples


def design(*learning: dict[str, Any], block: str = "spectral_analysis") -> Impulse:
    return parse_impulse(
        {
            "name": "Shaker | test",
            "input": {
                "type": "time-series",
                "window_ms": 2000,
                "stride_ms": 500,
                "interval_ms": INTERVAL_MS,
            },
            "processing": [{"id": "shape", "type": block}],
            "learning": list(learning),
        }
    )


def check_package(
    fitted: FittedImpulse,
    out: Path,
    *,
    variant: Any,
    unpack: Callable[[Path, Path], Path],
    output_of: Callable[..., str],
) -> None:
    samples = recordings(seed=2)
    windows = cut_windows(samples, fitted.design, fitted.window)
    result = deploy(fitted, windows, out, core="cortex-m4f", variant=variant)
    again = deploy(fitted, windows, out / "again.zip", core="cortex-m4f", variant=variant)
    assert result.path.read_bytes() == again.path.read_bytes()
    report = result.report
    assert report.values_bit_identical
    assert report.instructions is not None
    if fitted.network:
        assert report.quality is not None
        assert report.quality.value > 0.9
    folder = unpack(result.path, out / "library")
    sanitize = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
    for name, flags in (("plain", "-O2"), ("sanitized", sanitize)):
        build = (f"BUILD={name}", f"CFLAGS={flags}", f"CXXFLAGS={flags}")
        output_of("make", "-s", "check", "CC=gcc", "CXX=g++", *build, cwd=folder)


@pytest.mark.slow
def test_an_anomaly_detector_is_deployed(
    tmp_path: Path,
    need: Callable[..., None],
    unpack: Callable[[Path, Path], Path],
    output_of: Callable[..., str],
) -> None:
    need("make", "gcc", "g++")
    pytest.importorskip("sklearn")
    fitted = fit(design(KMEANS, block="flatten"), recordings(seed=1))
    check_package(fitted, tmp_path, variant="int8", unpack=unpack, output_of=output_of)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["float32", "int8"])
@pytest.mark.parametrize("learning", [(NETWORK, KMEANS), (KMEANS, NETWORK)], ids=["last", "first"])
def test_a_classifier_with_an_anomaly_score_is_deployed(
    tmp_path: Path,
    variant: str,
    learning: tuple[dict[str, Any], ...],
    need: Callable[..., None],
    unpack: Callable[[Path, Path], Path],
    output_of: Callable[..., str],
) -> None:
    need("make", "gcc", "g++")
    pytest.importorskip("torch")
    fitted = fit(design(*learning), recordings(seed=1))
    check_package(fitted, tmp_path, variant=variant, unpack=unpack, output_of=output_of)
