"""Project folders with everything in them, and ways to compare them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinsmith.datasets.sample import Box, Sample
from tinsmith.impulse.contents import ImpulseContents, ProjectContents, write_project
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.evaluate import evaluate
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.project import DEFAULT_IMPULSE
from tinsmith.signals import Segment

SampleMaker = Callable[..., tuple[Sample, ...]]


def design(name: str, **network: Any) -> dict[str, Any]:
    """An impulse with two processing blocks and an anomaly block, with a network or without."""
    learning: list[dict[str, Any]] = [
        {"id": "odd", "type": "anomaly_kmeans", "inputs": ["statistics"], "clusters": 6}
    ]
    if network:
        learning.insert(0, {"id": "network", "type": "classification", "training": network})
    return {
        "name": name,
        "input": {"type": "time-series", "window_ms": 1000, "stride_ms": 500, "interval_ms": 10},
        "processing": [
            {"id": "spectral", "type": "spectral_analysis",
             "parameters": {"fft_length": 32, "analysis_type": "FFT"}},
            {"id": "statistics", "type": "flatten"},
        ],
        "learning": learning,
    }  # fmt: skip


@pytest.fixture(scope="session")
def training(motion_samples: SampleMaker) -> tuple[Sample, ...]:
    """Recordings to train with."""
    return motion_samples(12)


@pytest.fixture(scope="session")
def clusters(training: tuple[Sample, ...]) -> FittedImpulse:
    """An impulse that only knows what is normal; learnt in moments."""
    document = design("Odd")
    document["processing"] = document["processing"][1:]
    return fit(parse_impulse(document), training)


@pytest.fixture(scope="session")
def network(training: tuple[Sample, ...]) -> FittedImpulse:
    """An impulse with a trained network, too."""
    pytest.importorskip("torch", reason="the learn extra is not installed")
    return fit(parse_impulse(design("Machine watch", epochs=3, threads=1)), training)


def make_contents(
    samples: tuple[Sample, ...], pictures: tuple[Sample, ...], fitted: FittedImpulse
) -> ProjectContents:
    """A project with labels over time, boxes, metadata and several impulses, one of them tested."""
    segments = (Segment(0, 99, "idle"), Segment(100, 299, "turning"))
    picture = pictures[0].with_(
        category="testing", boxes=(Box("disc", 1.5, 2.0, 10.25, 11.0), Box("ü", 0.0, 0.0, 3.0, 4.0))
    )
    results = {
        "test": {
            name: evaluate(fitted, samples[:3], name).to_dict()
            for name in (("float32", "int8") if fitted.network else ("int8",))
        },
        "note": {"ü": [0.1, None, 1e-9]},
    }
    return ProjectContents(
        name="Pümpen ✓",
        samples=(
            *(item.with_(category="training") for item in samples[:4]),
            samples[4].with_(category="testing", segments=segments),
            samples[5].with_(label="", category="", metadata={"b": "2", "a": "ein Wert"}),
            picture,
        ),
        impulses={
            DEFAULT_IMPULSE: ImpulseContents(fitted.design, fitted, results),
            "second-2s": ImpulseContents(parse_impulse(design("Second"))),
            "third": ImpulseContents(parse_impulse(design("Second")), results={"note": 1}),
        },
        readme="# Pumps\n\nWhat we know.\n",
    )


@pytest.fixture
def make_folder(
    training: tuple[Sample, ...], picture_samples: SampleMaker
) -> Callable[[FittedImpulse, Path], Path]:
    """Writes a project folder; recordings are cropped, split and set aside as people do it."""

    def make(fitted: FittedImpulse, root: Path) -> Path:
        library = write_project(make_contents(training, picture_samples(1), fitted), root).library
        first, second, third = [item for item in library.samples() if item.category == "training"][
            :3
        ]
        library.crop(first.id, 20, 220)
        library.split(second.id, [(0, 120), (100, 300)])
        library.update([third.with_(enabled=False)])
        library.empty_trash()
        return root

    return make


@pytest.fixture
def folder(
    make_folder: Callable[[FittedImpulse, Path], Path], clusters: FittedImpulse, tmp_path: Path
) -> Path:
    """A project folder without a network."""
    return make_folder(clusters, tmp_path / "folder")
