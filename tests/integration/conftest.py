"""A motion, an audio and an image impulse, small and large, trained for a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.datasets.sample import Sample
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse

FloatArray = npt.NDArray[np.float32]
KINDS = ("motion", "audio", "image")


@dataclass(frozen=True)
class Case:
    """An impulse and windows it has never seen."""

    fitted: FittedImpulse
    windows: FloatArray


@pytest.fixture(scope="session")
def case(
    motion_samples: Callable[..., tuple[Sample, ...]],
    sound_samples: Callable[..., tuple[Sample, ...]],
    picture_samples: Callable[..., tuple[Sample, ...]],
) -> Callable[..., Case]:
    """Makes the impulse of a kind, full-sized or small, and `count` windows for it."""
    pytest.importorskip("torch", reason="the learn extra is not installed")
    trained: dict[tuple[str, bool], FittedImpulse] = {}
    makers = {"motion": motion_samples, "audio": sound_samples, "image": picture_samples}

    def make(kind: str, *, count: int, small: bool = False) -> Case:
        sizes: dict[str, dict[str, float]] = {
            "motion": {"seconds": 2.0},
            "audio": {"seconds": 0.25 if small else 1.0},
            "image": {"size": 24 if small else 48},
        }
        options = sizes[kind]
        if (kind, small) not in trained:
            document = {"name": kind, **DOCUMENTS[kind](small)}
            recordings = 90 if kind == "image" else 24
            trained[kind, small] = fit(parse_impulse(document), makers[kind](recordings, **options))
        fitted = trained[kind, small]
        samples = makers[kind](count, first=1000, **options)
        windows = cut_windows(samples, fitted.design, fitted.window).values
        return Case(fitted, _with_odd_ones(windows, kind))

    return make


def _with_odd_ones(windows: FloatArray, kind: str) -> FloatArray:
    """The windows, a few of them replaced by silence, extremes and the smallest numbers."""
    length = windows.shape[1]
    largest = {"motion": 3e4, "audio": 32767.0, "image": float(0xFFFFFF)}[kind]
    odd = [np.zeros(length), np.full(length, largest), np.arange(length) % 2 * largest]
    if kind != "image":
        odd += [np.full(length, 1e-40), np.linspace(-largest, largest, length)]
    made = windows.copy()
    made[: len(odd)] = np.array(odd, np.float32)[: len(made)]
    return made


def _motion(_small: bool) -> dict[str, Any]:
    filtered = {
        "fft_length": 32, "filter_type": "low", "filter_cutoff_hz": 20.0, "filter_order": 6,
    }  # fmt: skip
    wavelet = {"analysis_type": "Wavelet", "wavelet_level": 2, "wavelet": "db4"}
    return {
        "input": {
            "type": "time-series", "window_ms": 2000, "stride_ms": 2000, "interval_ms": 10,
        },
        "processing": [
            {"id": "filtered", "type": "spectral_analysis", "parameters": filtered},
            {"id": "wavelet", "type": "spectral_analysis", "parameters": wavelet},
            {"id": "statistics", "type": "flatten"},
        ],
        "learning": [
            {"id": "network", "type": "classification", "training": {"epochs": 4, "threads": 1}},
            {"id": "odd", "type": "anomaly_kmeans", "inputs": ["statistics"], "clusters": 5},
        ],
    }  # fmt: skip


def _audio(small: bool) -> dict[str, Any]:
    length_ms = 250 if small else 1000
    return {
        "input": {
            "type": "time-series", "window_ms": length_ms, "stride_ms": length_ms,
            "interval_ms": 0.0625,
        },
        "processing": [{"id": "mfcc", "type": "mfcc"}, {"id": "mfe", "type": "mfe"}],
        "learning": [
            {
                "id": "network",
                "type": "classification",
                "inputs": ["mfcc"],
                "training": {"epochs": 2, "threads": 1},
            },
            {"id": "odd", "type": "anomaly_kmeans", "inputs": ["mfe"], "clusters": 3},
        ],
    }  # fmt: skip


def _image(small: bool) -> dict[str, Any]:
    size = 24 if small else 48
    training = {
        "epochs": 8, "learning_rate": 0.01, "batch_size": 8, "validation_share": 0.0, "threads": 1,
    }  # fmt: skip
    return {
        "input": {"type": "image", "width": size, "height": size},
        "processing": [{"id": "image", "type": "image", "normalize": False}],
        "learning": [{"id": "network", "type": "classification", "training": training}],
    }


DOCUMENTS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "motion": _motion,
    "audio": _audio,
    "image": _image,
}
