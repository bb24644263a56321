"""Small recordings made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinsmith.datasets import Sample, sample_from_signal
from tinsmith.signals import Segment, Sensor, Signal

MakeSample = Callable[..., Sample]
WriteCsv = Callable[..., Path]


@pytest.fixture
def make_sample() -> MakeSample:
    """Makes a recording in memory: frame f of axis a holds 10 * f + a, plus an offset."""

    def make(
        name: str = "one",
        label: str = "idle",
        *,
        frames: int = 100,
        axes: tuple[str, ...] = ("accX", "accY", "accZ"),
        interval_ms: float = 10.0,
        offset: float = 0.0,
        units: str = "m/s2",
        metadata: dict[str, str] | None = None,
        segments: tuple[Segment, ...] = (),
    ) -> Sample:
        grid = 10.0 * np.arange(frames)[:, None] + np.arange(len(axes))[None, :] + offset
        sensors = tuple(Sensor(axis, units) for axis in axes)
        signal = Signal(grid.astype(np.float32), interval_ms, sensors)
        return sample_from_signal(
            signal, name=name, label=label, metadata=metadata, segments=segments
        )

    return make


@pytest.fixture
def write_csv() -> WriteCsv:
    """Writes a CSV recording of two axes; `seed` makes its content unlike that of others."""

    def write(path: Path, *, seed: int = 0, rows: int = 20, interval_ms: int = 10) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(seed).normal(size=(rows, 2)).round(3)
        lines = [f"{row * interval_ms},{x},{y}" for row, (x, y) in enumerate(values)]
        path.write_text("timestamp,x,y\n" + "\n".join(lines) + "\n")
        return path

    return write
