"""Windows handed out to threads piece by piece; each piece keeps its place in the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from tinsmith.core.cores import cores
from tinsmith.emulation.report import Floats, Layout


class Machine(Protocol):
    """Something that runs windows; used by one thread at a time."""

    def run(self, windows: Floats, first: int) -> tuple[Floats, Floats]:
        """Features and values of `windows`, of which the first has number `first` overall."""


@dataclass(frozen=True)
class Results:
    """float32 [n, num_features] and [n, num_values]."""

    features: Floats
    values: Floats


def run_chunks(
    windows: Floats,
    layout: Layout,
    machine: Callable[[], Machine],
    *,
    chunk: int,
    threads: int,
) -> Results:
    """Runs all windows on one machine per thread, `chunk` windows at a time."""
    count = len(windows)
    results = Results(
        np.empty((count, layout.num_features), np.float32),
        np.empty((count, layout.num_values), np.float32),
    )
    workers = max(1, min(thread_count(threads), -(-count // chunk)))
    bounds = [count * i // workers for i in range(workers + 1)]

    def work(span: tuple[int, int]) -> None:
        worker = machine()
        for first, last in _pieces(*span, chunk):
            features, values = worker.run(windows[first:last], first)
            results.features[first:last], results.values[first:last] = features, values

    if workers == 1:
        work((0, count))
        return results
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, pairwise(bounds)))
    return results


def thread_count(threads: int) -> int:
    """`threads`, or as many as this process may use when it is 0."""
    return threads if threads > 0 else cores()


def _pieces(first: int, last: int, chunk: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last, chunk):
        yield start, min(start + chunk, last)
