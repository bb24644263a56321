"""Designs and one trained impulse shared by the impulse tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse

QUICK = {"epochs": 6, "threads": 1}


@pytest.fixture(scope="session")
def motion_document() -> Callable[..., dict[str, Any]]:
    """The document of an impulse with two processing blocks, a network and an anomaly block."""

    def make(**changes: Any) -> dict[str, Any]:
        document = {
            "name": "Machine watch",
            "input": {
                "type": "time-series",
                "window_ms": 1000,
                "stride_ms": 500,
                "interval_ms": 10,
                "group_key": "device",
            },
            "processing": [
                {
                    "id": "spectral",
                    "type": "spectral_analysis",
                    "parameters": {"fft_length": 32},
                },
                {"id": "statistics", "type": "flatten"},
            ],
            "learning": [
                {"id": "network", "type": "classification", "training": QUICK},
                {
                    "id": "odd",
                    "type": "anomaly_kmeans",
                    "inputs": ["statistics"],
                    "axes": ["accX Stdev", "accY Stdev"],
                    "clusters": 6,
                },
            ],
        }
        return {**document, **changes}

    return make


@pytest.fixture(scope="session")
def motion_design(motion_document: Callable[..., dict[str, Any]]) -> Impulse:
    """The impulse of `motion_document`."""
    return parse_impulse(motion_document())


@pytest.fixture(scope="session")
def training_samples(motion_samples: Callable[..., tuple[Sample, ...]]) -> tuple[Sample, ...]:
    """24 recordings of three machines."""
    return motion_samples(24)


@pytest.fixture(scope="session")
def testing_samples(motion_samples: Callable[..., tuple[Sample, ...]]) -> tuple[Sample, ...]:
    """12 further recordings of the same machines."""
    return motion_samples(12, first=100)


@pytest.fixture(scope="session")
def trained_cache() -> Cache:
    """What the shared training left behind."""
    return Cache(None)


@pytest.fixture(scope="session")
def fitted(
    motion_design: Impulse, training_samples: tuple[Sample, ...], trained_cache: Cache
) -> FittedImpulse:
    """The impulse of `motion_document`, trained."""
    pytest.importorskip("torch", reason="the learn extra is not installed")
    return fit(motion_design, training_samples, cache=trained_cache)
