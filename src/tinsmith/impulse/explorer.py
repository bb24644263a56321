"""Maps of windows in which like lies beside like, and what each feature says about the label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tinsmith.core.errors import DesignError
from tinsmith.core.hashing import digest
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.features import FeatureTable, require_labels
from tinsmith.impulse.fit import network_input, targets_of
from tinsmith.impulse.fitted import FittedImpulse, PlannedBlock
from tinsmith.learning.embedding import without_head
from tinsmith.learning.importance import METHOD, SOURCE, feature_importance
from tinsmith.learning.projection import Method, project
from tinsmith.toolchain import target

DEFAULT_LIMIT = 5000
"""Windows on a map, unless told; t-SNE of so many takes about half a minute."""

# Part of every cached map's key: raise it when maps themselves change.
_MAP_VERSION = 1
_NETWORK = "tin_embedding"


@dataclass(frozen=True)
class MapSettings:
    """How to make a map.

    Args:
        method, dims, seed: See `project`.
        limit: Windows on the map at most, spread evenly over all.

    Raises:
        DesignError: A limit below four.
    """

    method: Method = "pca"
    dims: int = 2
    seed: int = 1
    limit: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        if self.limit < 4:
            raise DesignError(f"the limit is {self.limit}; a map needs at least 4 windows")


DEFAULTS = MapSettings()


@dataclass(frozen=True, eq=False)
class WindowMap:
    """A map of windows.

    Args:
        method, seed: How it was made.
        source: What lies beside each other: `features`, or the network's `embedding`.
        points: float32 [n, 2 or 3].
        sample_ids, start_ms, labels: Which window each point is; "" is unlabelled.
        total: Windows there are; more than n when only some are shown, spread evenly.
    """

    method: Method
    seed: int
    source: Literal["features", "embedding"]
    points: FloatArray
    sample_ids: tuple[str, ...]
    start_ms: tuple[float, ...]
    labels: tuple[str, ...]
    total: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, one entry a point."""
        rows = zip(self.sample_ids, self.start_ms, self.labels, self.points, strict=True)
        return {
            "method": self.method,
            "seed": self.seed,
            "source": self.source,
            "total": self.total,
            "shown": len(self.points),
            "windows": [
                {"sample": sample, "start_ms": start, "label": label,
                 "point": [round(float(value), 5) for value in point]}
                for sample, start, label, point in rows
            ],
        }  # fmt: skip


@dataclass(frozen=True)
class Importance:
    """What each feature says about the label.

    Args:
        method, source: The measure and where it is defined.
        features: Name and mutual information in nats, most telling first.
        axes: The same for whole axes: of each its most telling feature.
    """

    method: str
    source: str
    features: tuple[tuple[str, float], ...]
    axes: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "method": self.method,
            "source": self.source,
            "features": [{"name": name, "value": value} for name, value in self.features],
            "axes": [{"name": name, "value": value} for name, value in self.axes],
        }


def window_map(
    table: FeatureTable,
    samples: Sequence[Sample],
    settings: MapSettings = DEFAULTS,
    *,
    fitted: FittedImpulse | None = None,
    cache: Cache | None = None,
    progress: Progress = silent,
) -> WindowMap:
    """Places windows on a map, by their features or by what a trained network made of them.

    Args:
        table: Features of the windows of `samples` (`feature_table`).
        samples: In the order of the table.
        settings: How to make it, and of how many windows.
        fitted: Where given, its network's embedding decides; it must be of the table's design.
        cache: Where maps are kept by what they were made of.
        progress: Told at the begin and the end.

    Raises:
        DatasetError: Too few windows.
        DesignError: No such method, or an impulse without a network.
        UnsupportedError: The network has no layer before its last one.
        MissingPackageError: The package for the method is not installed.
    """
    method, dims, seed = settings.method, settings.dims, settings.seed
    count = min(settings.limit, len(table))
    rows = np.linspace(0, len(table) - 1, count).round().astype(np.int64)
    progress(Step("map", 0, 1, f"{len(rows)} of {len(table)} windows"))
    ids = list(table.features)
    chosen = {name: table.features[name][rows] for name in ids}
    values = embedding(fitted, chosen) if fitted else np.concatenate([*chosen.values()], axis=1)
    store = cache or Cache(None)
    key = digest(_MAP_VERSION, method, dims, seed, values)
    points = store.array("maps", key, lambda: project(values, method, dims=dims, seed=seed))
    progress(Step("map", 1, 1))
    return WindowMap(
        method=method,
        seed=seed,
        source="embedding" if fitted else "features",
        points=points,
        sample_ids=tuple(samples[table.sample_index[row]].id for row in rows),
        start_ms=tuple(float(table.start_ms[row]) for row in rows),
        labels=tuple(table.labels[row] for row in rows),
        total=len(table),
    )


def embedding(fitted: FittedImpulse, features: dict[str, FloatArray]) -> FloatArray:
    """[n, width] what the float32 network's last layer takes, computed by the compiled network.

    Args:
        fitted: A trained impulse with a network.
        features: Per processing block id, float32 [n, its features], not standardised.

    Raises:
        DesignError: The impulse has no network.
        UnsupportedError: The network has no layer before its last one.
    """
    from tinsmith.compiler import compile_model
    from tinsmith.emulation.network import run_network

    block = fitted.design.network()
    if fitted.network is None or block is None:
        raise DesignError(
            "the impulse has no trained network", hint="map the windows by their features instead"
        )
    ids = [item.id for item in fitted.design.inputs_of(block)]
    blocks = {item.id: item for item in fitted.blocks}
    rows = network_input([blocks[name] for name in ids], features, fitted.scalers)
    host = target("host")
    body = without_head(fitted.network.float32)
    compiled = compile_model(body, name=_NETWORK, backend=host.backend)
    shape = compiled.inputs[0].shape
    run = run_network(compiled, _NETWORK, host, [[row.reshape(shape)] for row in rows])
    return np.stack([outputs[0].reshape(-1) for outputs in run.outputs]).astype(np.float32)


def importance(
    table: FeatureTable,
    blocks: Sequence[PlannedBlock],
    task: Literal["classification", "regression"] = "classification",
    *,
    seed: int = 1,
) -> Importance:
    """What each feature of the labelled windows says about the label.

    Args:
        table: Features of windows.
        blocks: The blocks they come from (`plan_blocks`).
        task: Whether labels are classes or numbers.
        seed: Of the measure's tie-breaking.

    Raises:
        DesignError: No window has a label.
        DatasetError: Too few windows, one label only, or labels that are not numbers.
        MissingPackageError: scikit-learn is not installed.
    """
    labelled = require_labels(table)
    classes = tuple(sorted(set(labelled.labels)))
    found: dict[str, float] = {}
    targets = targets_of(labelled.labels, classes, task)
    for block in blocks:
        values = feature_importance(labelled.features[block.id], targets, task, seed=seed)
        for label, value in zip(block.labels, values, strict=True):
            found[f"{block.id}/{label}"] = float(value)
    axes: dict[str, float] = {}
    for block in blocks:
        for (axis, _), label in zip(block.label_parts, block.labels, strict=True):
            if axis:
                axes[axis] = max(axes.get(axis, 0.0), found[f"{block.id}/{label}"])
    return Importance(METHOD, SOURCE, _ranked(found), _ranked(axes))


def _ranked(values: dict[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(values.items(), key=lambda item: (-item[1], item[0])))
