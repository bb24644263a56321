"""One window through the processing blocks: what goes in, what comes out, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from tinsmith.core.errors import DatasetError
from tinsmith.core.hashing import digest
from tinsmith.datasets.agreement import same_rate
from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.dsp import KMeansModel, scratch_floats
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.design import Impulse, LearningBlock
from tinsmith.impulse.device import Device
from tinsmith.impulse.features import (
    block_key,
    core_hash,
    cut_windows,
    extract_features,
    plan_blocks,
    window_format,
    window_spec,
)
from tinsmith.impulse.fitted import Clusters, FittedImpulse, PlannedBlock, WindowFormat
from tinsmith.impulse.graphs import Graph, block_graphs, window_graph
from tinsmith.impulse.profile import profile

# Part of every cached cost's key: raise it when measuring changes.
_COST_VERSION = 1
_PROBE = "cost_probe"


@dataclass(frozen=True)
class BlockCost:
    """What a block costs for one window, measured by running it on the device's core.

    Args:
        instructions: Executed; None where they are not counted (targets without an emulator).
        milliseconds, error: Time on the device, and how far off it may be (relative).
        ram_bytes: Its features and scratch memory; blocks share the scratch.
    """

    instructions: int | None
    milliseconds: float | None
    error: float | None
    ram_bytes: int


@dataclass(frozen=True, eq=False)
class BlockPreview:
    """What one block made of the window.

    Args:
        id, type: Of the block.
        shape: Kind and sizes of its features.
        features: float32 [n], before standardisation.
        labels: One name per feature.
        graphs: What suits the block.
        warnings: What the user should know about its settings.
        cost: On the device; None if no device was named.
    """

    id: str
    type: str
    shape: tuple[str, tuple[int, ...]]
    features: FloatArray
    labels: tuple[str, ...]
    graphs: tuple[Graph, ...]
    warnings: tuple[str, ...]
    cost: BlockCost | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "id": self.id,
            "type": self.type,
            "shape": {"kind": self.shape[0], "dims": list(self.shape[1])},
            "features": self.features.tolist(),
            "labels": list(self.labels),
            "graphs": [graph.to_dict() for graph in self.graphs],
            "warnings": list(self.warnings),
            "cost": asdict(self.cost) if self.cost else None,
        }


@dataclass(frozen=True, eq=False)
class Preview:
    """One window of one sample.

    Args:
        sample_id, index, start_ms, label: Which window.
        windows: How many the sample has.
        window: What it looks like.
        raw: float32 [window length], as firmware gets it.
        graph: The same to look at.
        blocks: In the order of the design.
    """

    sample_id: str
    index: int
    start_ms: float
    label: str
    windows: int
    window: WindowFormat
    raw: FloatArray
    graph: Graph
    blocks: tuple[BlockPreview, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; raw values and features as exact as they are."""
        return {
            "sample": self.sample_id,
            "index": self.index,
            "start_ms": self.start_ms,
            "label": self.label,
            "windows": self.windows,
            "window": asdict(self.window),
            "raw": self.raw.tolist(),
            "graph": self.graph.to_dict(),
            "blocks": [block.to_dict() for block in self.blocks],
        }


def preview(
    design: Impulse,
    sample: Sample,
    index: int = 0,
    *,
    device: Device | None = None,
    cache: Cache | None = None,
) -> Preview:
    """Runs the processing blocks on one window.

    Args:
        design: Its input and processing blocks count; its learning blocks do not.
        sample: A recording or picture; needs no label.
        index: Which of its windows.
        device: Where the cost is measured; None measures none.
        cache: Where costs are kept: the first measurement of a design builds it for the device,
            which takes seconds.

    Raises:
        DatasetError: The sample does not fit the design, or has no such window.
        DesignError: A block does not fit the window.
        BuildError: The compiler refused.
    """
    alone = design.model_copy(update={"input": design.input.model_copy(update={"group_key": ""})})
    window = window_format([sample], alone)
    planned = plan_blocks(alone, window)
    values, start_ms, label, count = _window(sample, alone, window, index)
    features = extract_features(planned, values[None])
    costs: dict[str, BlockCost] = {}
    if device is not None:
        costs = block_costs(alone, window, planned, device, cache or Cache(None))
    return Preview(
        sample_id=sample.id,
        index=index,
        start_ms=start_ms,
        label=label,
        windows=count,
        window=window,
        raw=values,
        graph=window_graph(values, window),
        blocks=tuple(
            BlockPreview(
                id=item.id,
                type=item.block.name,
                shape=(item.plan.shape.kind, item.plan.shape.dims),
                features=features[item.id][0],
                labels=item.labels,
                graphs=block_graphs(item, features[item.id][0], window),
                warnings=item.plan.warnings,
                cost=costs.get(item.id),
            )
            for item in planned
        ),
    )


def _window(
    sample: Sample, design: Impulse, window: WindowFormat, index: int
) -> tuple[FloatArray, float, str, int]:
    """Values, start, label of a window, and how many there are."""
    source = design.input
    every = sample.facts.interval_ms
    if source.type == "time-series" and every and same_rate(every, window.interval_ms):
        spec = window_spec(source)
        stride = spec.stride_frames(window.interval_ms)
        count = max(1, (sample.facts.frames - window.num_frames) // stride + 1)
        if 0 <= index < count and not sample.segments and sample.facts.frames >= window.num_frames:
            # Only this window: a long recording has thousands.
            signal, first = sample.load_signal(), index * stride
            part = replace(signal, values=signal.values[first : first + window.num_frames])
            alone = sample_from_signal(part, name=sample.name, label=sample.label)
            values = cut_windows([alone], design, window).values[0]
            return values, first * window.interval_ms, sample.label, count
    windows = cut_windows([sample], design, window)
    if not 0 <= index < len(windows):
        raise DatasetError(
            f"{sample.name} has {len(windows)} windows; there is no window {index}",
            hint=f"choose 0 to {len(windows) - 1}",
        )
    return (
        windows.values[index].copy(),
        float(windows.start_ms[index]),
        windows.labels[index],
        len(windows),
    )


def block_costs(
    design: Impulse,
    window: WindowFormat,
    planned: Sequence[PlannedBlock],
    device: Device,
    cache: Cache,
) -> dict[str, BlockCost]:
    """What each block costs on a device, measured once for its core and kept.

    The blocks run on noise, so that the result depends on the design alone.

    Raises:
        BuildError: The compiler refused.
        UnsupportedError: Builds for the core cannot be run here.
    """
    keys = [[item.id, block_key(item)] for item in planned]
    key = digest(_COST_VERSION, device.core, window, keys, core_hash())
    counted = cache.json("costs", key, lambda: _measured(design, window, device))
    found = {}
    for item in planned:
        count = counted.get(item.id)
        time = device.time(count) if count else None
        found[item.id] = BlockCost(
            instructions=count,
            milliseconds=time.milliseconds if time else None,
            error=time.error if time else None,
            ram_bytes=4 * (item.plan.num_features + scratch_floats(item.block, item.plan)),
        )
    return found


def _measured(design: Impulse, window: WindowFormat, device: Device) -> dict[str, int]:
    """Instructions by block id."""
    chance = np.random.default_rng(0)
    values = chance.normal(size=(1, window.length)) * 1000
    if window.image_size:
        values = chance.integers(0, 1 << 24, size=(1, window.length)).astype(float)
    fitted = _without_learning(design, window)
    found = profile(fitted, values.astype(np.float32), variant="float32", target=device.core)
    return {stage.name: stage.instructions for stage in found.stages}


def _without_learning(design: Impulse, window: WindowFormat) -> FittedImpulse:
    """The processing blocks with the least that can follow them: one cluster of one feature."""
    probe = LearningBlock(id=_PROBE, type="anomaly_kmeans", clusters=1)
    zero = np.zeros(1, np.float32)
    model = KMeansModel(np.zeros(1, np.int32), zero, zero + 1, zero[None], zero)
    return FittedImpulse(
        design=design.model_copy(update={"name": "preview", "learning": (probe,)}),
        window=window,
        classes=(),
        scalers={},
        network=None,
        clusters=Clusters(_PROBE, model, ("feature",), 0.0, ()),
    )
