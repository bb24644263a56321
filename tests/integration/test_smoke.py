"""The whole way in one page: recordings → impulse → verified firmware library."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tinsmith.datasets.sample import Sample
from tinsmith.deployment import deploy
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.evaluate import evaluate
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fit import fit
from tinsmith.impulse.profile import profile

pytest.importorskip("torch", reason="the learn extra is not installed")


def test_from_recordings_to_a_verified_library(
    motion_samples: Callable[..., tuple[Sample, ...]], tmp_path: Path
) -> None:
    # Recordings of three machines: accelerations at 100 Hz, labelled.
    training, testing = motion_samples(24), motion_samples(12, first=100)

    # What a device shall do: one second of motion → features → a small network.
    design = parse_impulse(
        {
            "name": "machine watch",
            "input": {
                "type": "time-series",
                "window_ms": 1000,
                "stride_ms": 500,
                "interval_ms": 10,
            },
            "processing": [
                {"id": "spectral", "type": "spectral_analysis", "parameters": {"fft_length": 32}}
            ],
            "learning": [
                {
                    "id": "network",
                    "type": "classification",
                    "training": {"epochs": 10, "threads": 1},
                }
            ],
        }
    )

    # Learn, then test the very C code a device will run, quantised to 8 bits.
    impulse = fit(design, training)
    result = evaluate(impulse, testing, "int8")
    assert result.classification is not None
    assert result.classification.accuracy >= 0.95

    # What does it cost on a Cortex-M4F? Counted by running it there, in an emulator.
    windows = cut_windows(testing, design, impulse.window)
    cost = profile(impulse, windows.values, target="cortex-m4f")
    assert cost.instructions is not None
    assert cost.ram_bytes is not None
    assert cost.instructions < 500_000
    assert cost.ram_bytes < 8_000

    # Package it, proven to compute on the device what it computes here.
    package = deploy(impulse, windows, tmp_path, core="cortex-m4f")
    assert package.report.features_bit_identical
    assert package.report.values_bit_identical
    assert "verification.json" in zipfile.ZipFile(package.path).namelist()
