"""How long work reports itself: a callback that knows nothing of screens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Step:
    """One report: `done` of `total` units of the stage named `stage` (total 0: unknown).

    `values` are numbers measured so far, such as the scores of an epoch, for those who plot them.
    """

    stage: str
    done: int
    total: int
    note: str = ""
    values: Mapping[str, float] = field(default_factory=dict, hash=False)


class Progress(Protocol):
    """Receives reports of long work; may be called often and from any thread."""

    def __call__(self, step: Step, /) -> None: ...


def silent(_step: Step, /) -> None:
    """The progress receiver that ignores everything."""
