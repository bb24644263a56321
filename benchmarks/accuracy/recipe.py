"""What one accuracy benchmark is: samples, rounds of training and testing, and a design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tinsmith.datasets import Sample

Metric = Literal["accuracy", "mae", "auroc"]


@dataclass(frozen=True)
class Round:
    """One training and the samples it is tested on."""

    name: str
    training: tuple[Sample, ...]
    testing: tuple[Sample, ...]


@dataclass(frozen=True)
class Recipe:
    """A data set with one fixed design.

    Args:
        name: Folder of the data set.
        metric: What is reported, over the test windows of all rounds and seeds together.
        goal: What it should reach; None where the point is an honest report.
        design: The impulse document.
        load: Data folder → rounds.
        seeds: Each round is trained once per seed.
        note: How the rounds keep training and test apart.
    """

    name: str
    metric: Metric
    goal: float | None
    design: dict[str, Any]
    load: Callable[[Path], Sequence[Round]]
    seeds: tuple[int, ...] = (1,)
    note: str = ""

    def reached(self, value: float) -> bool | None:
        """Whether a result meets the goal."""
        if self.goal is None:
            return None
        return value <= self.goal if self.metric == "mae" else value >= self.goal


def leave_one_out(samples: Sequence[Sample], key: str) -> list[Round]:
    """One round per value of a metadata key."""
    values = sorted({sample.metadata[key] for sample in samples})
    return [
        Round(
            f"{key} {value}",
            tuple(s for s in samples if s.metadata[key] != value),
            tuple(s for s in samples if s.metadata[key] == value),
        )
        for value in values
    ]


def as_parts(name: str, training: Sequence[Sample], testing: Sequence[Sample]) -> Round:
    """A round with the categories set."""
    return Round(
        name,
        tuple(replace(sample, category="training") for sample in training),
        tuple(replace(sample, category="testing") for sample in testing),
    )
