"""Small windows and a quick training shared by the learning tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.shapes import FeatureShape
from tinsmith.learning.config import TrainingData, network_config
from tinsmith.learning.presets import Task

MakeData = Callable[..., TrainingData]


@pytest.fixture
def make_data() -> MakeData:
    """Windows of classes that differ by a wave of another frequency under noise."""

    def make(shape: FeatureShape, count: int = 60, classes: int = 3, seed: int = 0) -> TrainingData:
        chance = np.random.default_rng(seed)
        targets = np.arange(count) % classes
        waves = np.sin(np.arange(shape.size)[None] * (0.3 + 0.4 * targets[:, None]))
        noise = chance.normal(size=(count, shape.size))
        features = (1.5 * waves + 0.5 * noise).astype(np.float32)
        names = tuple(f"class{index}" for index in range(classes))
        return TrainingData(features, shape, targets.astype(np.int64), names)

    return make


@pytest.fixture
def train() -> Callable[..., Any]:
    """Trains a network on data with few epochs and one thread."""
    pytest.importorskip("torch", reason="the learn extra is not installed")
    from tinsmith.learning.training import fit_network

    def run(data: TrainingData, network: Any = "auto", **settings: Any) -> Any:
        task: Task = "classification" if data.targets.dtype == np.int64 else "regression"
        quick = {"epochs": 3, "threads": 1, **settings}
        return fit_network(network_config(task, network, quick, data.shape), data)

    return run
