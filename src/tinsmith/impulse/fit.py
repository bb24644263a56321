"""Fitting: from labelled samples and a design to a fitted impulse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.core.hashing import digest
from tinsmith.core.parameters import resolve
from tinsmith.core.progress import Progress, silent
from tinsmith.datasets.augment import AugmentConfig
from tinsmith.datasets.sample import Sample
from tinsmith.datasets.windows import regression_targets
from tinsmith.dsp import kmeans_score, standardise
from tinsmith.impulse.augmented import augmented_table
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.design import Impulse, LearningBlock
from tinsmith.impulse.features import (
    ChunkExecutor,
    FeatureTable,
    feature_table,
    local,
    plan_blocks,
    require_labels,
    window_format,
)
from tinsmith.impulse.fitted import (
    Clusters,
    FittedImpulse,
    Network,
    PlannedBlock,
    WindowFormat,
    joint_shape,
)
from tinsmith.learning.config import TRAINING_PARAMETERS, TrainingData, network_config
from tinsmith.learning.kmeans import fit_kmeans, select_axes
from tinsmith.learning.layers import infer_shapes
from tinsmith.learning.scaler import LIMIT, Scaler, fit_scaler

# Part of every cached model's key: raise it when training itself changes.
_TRAINING_VERSION = 3


def fit(
    design: Impulse,
    samples: Sequence[Sample],
    *,
    cache: Cache | None = None,
    progress: Progress = silent,
    executor: ChunkExecutor = local,
) -> FittedImpulse:
    """Learns every learning block of `design` from `samples` (the training category, usually).

    Args:
        design: What to learn.
        samples: Recordings or pictures; unlabelled ones only count for anomaly blocks.
        cache: Where features and models are kept; None keeps nothing.
        progress: Told about features (computed and from the cache) and epochs.
        executor: Where features are computed; augmented copies are always made here.

    Raises:
        DatasetError: The samples do not fit the design or do not suffice.
        DesignError: A block does not fit the windows.
        MissingPackageError: The training packages are not installed.
    """
    store = cache or Cache(None)
    window = window_format(samples, design)
    blocks = {item.id: item for item in check_design(design, window)}
    table = feature_table(
        samples, design, window, cache=store, progress=progress, executor=executor
    )
    warnings = [text for item in blocks.values() for text in item.plan.warnings]
    warnings += [str(problem) for problem in table.problems]

    network: Network | None = None
    scalers: dict[str, Scaler] = {}
    classes: tuple[str, ...] = ()
    block = design.network()
    if block:
        training = _training_set(design, block, samples, window, table, store, progress)
        chosen = tuple(blocks[item.id] for item in design.inputs_of(block))
        scalers = _fit_scalers(chosen, training)
        classes = _classes(block, training)
        network, notes = _fit_network(block, chosen, training, scalers, classes, store, progress)
        warnings += notes
    return FittedImpulse(
        design=design,
        window=window,
        classes=classes,
        scalers=scalers,
        network=network,
        clusters=_fit_clusters(design, blocks, table),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def check_design(design: Impulse, window: WindowFormat) -> tuple[PlannedBlock, ...]:
    """The configured processing blocks, once every block has been checked against the window.

    Raises:
        DesignError: A block, layer or setting that does not exist or does not fit.
    """
    blocks = {item.id: item for item in plan_blocks(design, window)}
    for block in design.learning:
        inputs = tuple(blocks[item.id] for item in design.inputs_of(block))
        if block.type == "anomaly_kmeans":
            select_axes(block.axes, _feature_names(inputs))
            continue
        shape = joint_shape(inputs)
        config = network_config(block.type, block.network, block.training, shape)
        infer_shapes(config.layers, shape.dims)
        AugmentConfig.from_settings(block.augmentation, where=f"{block.id}.augmentation")
    return tuple(blocks.values())


def _feature_names(blocks: Sequence[PlannedBlock]) -> list[str]:
    """`<block id>/<label>` of every feature, in order."""
    return [f"{item.id}/{label}" for item in blocks for label in item.labels]


def _training_set(
    design: Impulse,
    block: LearningBlock,
    samples: Sequence[Sample],
    window: WindowFormat,
    table: FeatureTable,
    cache: Cache,
    progress: Progress,
) -> FeatureTable:
    """The labelled windows, with augmented copies where the design asks for them."""
    if not block.augmentation:
        return require_labels(table)
    config = AugmentConfig.from_settings(block.augmentation, where=f"{block.id}.augmentation")
    return augmented_table(
        [sample for sample in samples if sample.label or sample.segments],
        design,
        window,
        config,
        seed=resolve(TRAINING_PARAMETERS, block.training, where=block.id)["seed"],
        cache=cache,
        progress=progress,
    )


def _fit_scalers(blocks: Sequence[PlannedBlock], training: FeatureTable) -> dict[str, Scaler]:
    return {
        item.id: fit_scaler(training.features[item.id], item.plan.shape)
        for item in blocks
        if item.normalize
    }


def _classes(block: LearningBlock, training: FeatureTable) -> tuple[str, ...]:
    return ("value",) if block.type == "regression" else tuple(sorted(set(training.labels)))


def network_input(
    blocks: Sequence[PlannedBlock], features: dict[str, FloatArray], scalers: dict[str, Scaler]
) -> FloatArray:
    """[n, width] what a network sees: standardised features of its blocks side by side."""
    parts = []
    for item in blocks:
        scaler = scalers.get(item.id)
        values = features[item.id]
        parts.append(standardise(values, scaler.mean, scaler.scale, LIMIT) if scaler else values)
    return np.concatenate(parts, axis=1)


def targets_of(
    labels: Sequence[str], classes: tuple[str, ...], kind: str
) -> npt.NDArray[np.int64] | FloatArray:
    """Class indices, or the numbers to predict."""
    if kind == "regression":
        return regression_targets(labels)
    index = {name: position for position, name in enumerate(classes)}
    return np.array([index[label] for label in labels], dtype=np.int64)


def _fit_network(
    block: LearningBlock,
    blocks: tuple[PlannedBlock, ...],
    training: FeatureTable,
    scalers: dict[str, Scaler],
    classes: tuple[str, ...],
    cache: Cache,
    progress: Progress,
) -> tuple[Network, tuple[str, ...]]:
    kind = block.type
    if kind == "anomaly_kmeans":
        raise DatasetError(f"{block.id} is not a network")
    data = TrainingData(
        features=network_input(blocks, training.features, scalers),
        shape=joint_shape(blocks),
        targets=targets_of(training.labels, classes, kind),
        classes=classes,
        groups=training.groups,
    )
    config = network_config(kind, block.network, block.training, data.shape)
    key = digest(_TRAINING_VERSION, config, data)
    found = _cached_network(cache, key, block)
    if found:
        return found
    from tinsmith.learning.training import fit_network

    trained = fit_network(config, data, progress=progress)
    network = Network(
        id=block.id,
        kind=kind,
        float32=trained.float32,
        int8=trained.int8,
        parameters=trained.parameters,
        history=[asdict(epoch) for epoch in trained.history],
    )
    _store_network(cache, key, network, trained.warnings)
    return network, trained.warnings


def _cached_network(
    cache: Cache, key: str, block: LearningBlock
) -> tuple[Network, tuple[str, ...]] | None:
    meta = cache.get("networks", key)
    float32 = cache.get("networks", f"{key}.float32")
    int8 = cache.get("networks", f"{key}.int8")
    if meta is None or float32 is None or int8 is None:
        return None
    parsed = json.loads(meta)
    warnings = tuple(parsed.pop("warnings"))
    return Network(id=block.id, float32=float32, int8=int8, **parsed), warnings


def _store_network(cache: Cache, key: str, network: Network, warnings: tuple[str, ...]) -> None:
    meta = {
        "kind": network.kind,
        "parameters": network.parameters,
        "history": network.history,
        "warnings": list(warnings),
    }
    cache.put("networks", f"{key}.float32", network.float32)
    cache.put("networks", f"{key}.int8", network.int8)
    cache.put("networks", key, json.dumps(meta).encode())


def _fit_clusters(
    design: Impulse, blocks: dict[str, PlannedBlock], table: FeatureTable
) -> Clusters | None:
    block = design.anomaly()
    if block is None:
        return None
    inputs = [item.id for item in design.inputs_of(block)]
    labels = _feature_names([blocks[name] for name in inputs])
    features = table.joined(inputs)
    model = fit_kmeans(features, labels, axes=block.axes, clusters=block.clusters)
    scores = kmeans_score(features, model)
    used = select_axes(block.axes, labels)
    return Clusters(
        id=block.id,
        model=model,
        labels=tuple(labels[index] for index in used),
        threshold=max(0.3, float(np.percentile(scores, 99))),
        normal=tuple(sorted(set(table.labels) - {""})),
    )
