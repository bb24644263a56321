"""Features of the training windows and of changed copies of them, kept under their hash."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from tinsmith.core.hashing import digest
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.augment import AugmentConfig, augment
from tinsmith.datasets.sample import Sample
from tinsmith.datasets.windows import Windows
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.features import (
    FeatureTable,
    block_key,
    cut_windows,
    extract_features,
    plan_blocks,
    windows_key,
)
from tinsmith.impulse.fitted import WindowFormat


def augmented_table(
    samples: Sequence[Sample],
    design: Impulse,
    window: WindowFormat,
    config: AugmentConfig,
    *,
    seed: int,
    cache: Cache,
    progress: Progress = silent,
) -> FeatureTable:
    """The labelled windows followed by their copies; a block the cache knows is not computed.

    Raises:
        DatasetError: Samples that do not fit the design, or no window at all.
        DesignError: A block does not fit the window, or a change the axes do not allow.
    """
    blocks = plan_blocks(design, window)
    key = digest(
        windows_key(design, window),
        [design.input.group_key, config, seed],
        [[sample.id, sample.fingerprint] for sample in samples],
    )
    keys = {item.id: digest(key, block_key(item)) for item in blocks}
    index = cache.get("augmented", key)
    features = {name: cache.get_array("augmented", own) for name, own in keys.items()}
    missing = [item for item in blocks if features[item.id] is None or index is None]
    if missing:
        progress(Step("augment", 0, 1))
        windows = augment(cut_windows(samples, design, window).labelled(), config, seed)
        index = _index(windows)
        cache.put("augmented", key, index)
        for name, array in extract_features(missing, windows.values).items():
            cache.put_array("augmented", keys[name], array)
            features[name] = array
        progress(Step("augment", 1, 1))
    return _table(index or b"", {name: item for name, item in features.items() if item is not None})


def _index(windows: Windows) -> bytes:
    plain = {
        "labels": windows.labels,
        "groups": windows.groups,
        "sample_index": windows.sample_index.tolist(),
        "start_ms": windows.start_ms.tolist(),
    }
    return json.dumps(plain).encode()


def _table(index: bytes, features: dict[str, FloatArray]) -> FeatureTable:
    plain = json.loads(index)
    return FeatureTable(
        features=features,
        labels=tuple(plain["labels"]),
        groups=tuple(plain["groups"]),
        sample_index=np.array(plain["sample_index"], np.int32),
        start_ms=np.array(plain["start_ms"], np.float64),
    )
