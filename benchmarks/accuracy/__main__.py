"""`python -m benchmarks.accuracy NAME`: trains and tests one data set with its fixed recipe.

Every score comes from the compiled impulse, float32 and int8, as it would ship.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.recipe import Recipe, Round
from benchmarks.accuracy.recipes import RECIPES
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.evaluate import Evaluation, evaluate
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import VARIANTS

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("name", choices=sorted(RECIPES), help="data set")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seeds", type=int, help="fewer or more seeds than the recipe's")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.name]
    if not (arguments.data / recipe.name).is_dir():
        sys.stderr.write(f"{arguments.data / recipe.name} is not there; name it with --data\n")
        return 2
    seeds = tuple(range(1, arguments.seeds + 1)) if arguments.seeds else recipe.seeds
    result = measure(recipe, arguments.data / recipe.name, seeds, quiet=arguments.json)
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        _print(recipe, result)
    return 1 if result["reached"] is False else 0


def measure(recipe: Recipe, data: Path, seeds: tuple[int, ...], *, quiet: bool) -> dict[str, Any]:
    """Runs all rounds with all seeds; plain values for JSON."""
    started = time.monotonic()
    rounds = recipe.load(data)
    cache = Cache(None)
    rows = []
    for part in rounds:
        for seed, design in _designs(recipe, seeds):
            rows.append(_row(recipe, part, seed, design, cache))
            if not quiet:
                print(f"  {part.name:36} seed {seed}  {_scores(rows[-1])}", flush=True)
    sizes = [row["windows"] for row in rows]
    means = {
        name: float(np.average([row[name] for row in rows], weights=sizes)) for name in VARIANTS
    }
    return {
        "name": recipe.name,
        "metric": recipe.metric,
        "goal": recipe.goal,
        **means,
        "loss": means["float32"] - means["int8"],
        "reached": recipe.reached(means["int8"]),
        "seeds": list(seeds),
        "rounds": rows,
        "seconds": round(time.monotonic() - started, 1),
    }


def _designs(recipe: Recipe, seeds: tuple[int, ...]) -> Iterator[tuple[int, Impulse]]:
    for seed in seeds:
        learning = [
            block
            if block["type"] == "anomaly_kmeans"
            else {**block, "training": {**block.get("training", {}), "seed": seed}}
            for block in recipe.design["learning"]
        ]
        yield seed, parse_impulse({"name": recipe.name, **recipe.design, "learning": learning})


def _row(recipe: Recipe, part: Round, seed: int, design: Impulse, cache: Cache) -> dict[str, Any]:
    fitted = fit(design, part.training, cache=cache)
    found = {name: evaluate(fitted, part.testing, name) for name in VARIANTS}
    return {
        "round": part.name,
        "seed": seed,
        "windows": len(found["int8"].windows),
        **{name: _score(recipe, result) for name, result in found.items()},
    }


def _score(recipe: Recipe, result: Evaluation) -> float:
    if recipe.metric == "mae" and result.regression:
        return result.regression.mae
    if recipe.metric == "auroc" and result.anomaly and result.anomaly.auroc is not None:
        return result.anomaly.auroc
    if recipe.metric == "accuracy" and result.classification:
        return result.classification.accuracy
    raise ValueError(f"{recipe.name} gave no {recipe.metric}")


def _scores(row: dict[str, Any]) -> str:
    return "  ".join(f"{name} {row[name]:.4f}" for name in VARIANTS) + f"  ({row['windows']})"


def _print(recipe: Recipe, result: dict[str, Any]) -> None:
    verdict = {True: "reached", False: "MISSED", None: "reported"}[result["reached"]]
    goal = f", goal {recipe.goal}" if recipe.goal is not None else ""
    print(
        f"{recipe.name}: {recipe.metric} float32 {result['float32']:.4f}, "
        f"int8 {result['int8']:.4f}{goal}: {verdict} ({result['seconds']} s)\n{recipe.note}"
    )


if __name__ == "__main__":
    sys.exit(main())
