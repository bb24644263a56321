"""Windows per second of the C core against NumPy, SciPy and librosa, on one core.

Every comparison runs both sides in turns in this process, and keeps the best time of each: other
work on the machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.dsp.cases import CASES, Case

# Times as fast as the vectorised implementation, at least.
WANTED = 10.0
CALLS_PER_TURN = 4


@dataclass(frozen=True)
class Result:
    """One comparison: windows per second of both sides.

    Args:
        features: What was computed.
        against: By whom else.
        variant: The fastest way to call it, of those tried.
        is_required: Whether the ratio has to reach the one wanted.
    """

    features: str
    against: str
    variant: str
    windows: int
    tinsmith_per_s: float
    other_per_s: float
    ratio: float
    is_required: bool


def run(arguments: Sequence[str]) -> int:
    """Prints the results; 1 when a required ratio is under the one wanted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dsp", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--windows", type=int, default=1000, help="windows of sound (default 1000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="time for each comparison")
    options = parser.parse_args(arguments)
    results = []
    for make in CASES:
        for result in compare(make(options.windows), options.seconds):
            results.append(result)
            if not options.json:
                print_line(result, with_head=len(results) == 1)
    if options.json:
        print(json.dumps({"wanted": WANTED, "results": [asdict(item) for item in results]}))
    return 0 if all(r.ratio >= WANTED for r in results if r.is_required) else 1


def compare(case: Case, seconds: float) -> list[Result]:
    """The core against the fastest variant of each competitor."""
    results = []
    for against, variants in case.others.items():
        ours, best = best_times(case.ours, variants, seconds)
        variant = min(best, key=lambda name: best[name])
        results.append(
            Result(
                case.name,
                against,
                variant,
                case.count,
                case.count / ours,
                case.count / best[variant],
                best[variant] / ours,
                against in case.required,
            )
        )
    return results


def best_times(
    ours: Callable[[], Any], variants: Mapping[str, Callable[[], Any]], seconds: float
) -> tuple[float, dict[str, float]]:
    """Best time of our call and of each variant, in turns until the time is over."""
    ours_best = timed(ours)
    best = {name: timed(call) for name, call in variants.items()}
    end = time.perf_counter() + seconds
    rounds = 0
    while time.perf_counter() < end or rounds < 3:
        for name, call in variants.items():
            best[name] = min(best[name], timed(call))
            # Ours is short: several times, so that both sides are measured for long.
            ours_best = min(ours_best, *(timed(ours) for _ in range(CALLS_PER_TURN)))
        rounds += 1
    return ours_best, best


def timed(call: Callable[[], Any]) -> float:
    """Processor time of one call: what it takes on a machine with nothing else to do."""
    start = time.process_time()
    call()
    return time.process_time() - start


def print_line(result: Result, *, with_head: bool) -> None:
    """One comparison; ratios in brackets are for information."""
    if with_head:
        print(f"{'features':20}{'tinsmith/s':>11}  {'against':24}{'per s':>9}{'ratio':>9}  variant")
    ratio = f"{result.ratio:.1f}x" if result.is_required else f"({result.ratio:.1f}x)"
    print(
        f"{result.features:20}{result.tinsmith_per_s:11.0f}  {result.against:24}"
        f"{result.other_per_s:9.0f}{ratio:>9}  {result.variant}",
        flush=True,
    )
