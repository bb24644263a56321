"""Training from samples and a design, and what is refused before it starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.progress import Step
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.features import window_format
from tinsmith.impulse.fit import check_design, fit
from tinsmith.impulse.fitted import FittedImpulse

pytest.importorskip("torch", reason="the learn extra is not installed")

SampleMaker = Callable[..., tuple[Sample, ...]]
Document = Callable[..., dict[str, Any]]


def test_every_learning_block_is_fitted(fitted: FittedImpulse) -> None:
    assert fitted.classes == ("idle", "rattling", "turning")
    network, clusters = fitted.network, fitted.clusters
    assert network is not None
    assert clusters is not None
    assert network.id == "network"
    assert (network.float32[4:8], network.int8[4:8]) == (b"TFL3", b"TFL3")
    assert len(network.history) == 6
    assert set(fitted.scalers) == {"spectral", "statistics"}
    assert clusters.labels == ("statistics/accX Stdev", "statistics/accY Stdev")
    assert clusters.normal == fitted.classes
    assert clusters.threshold >= 0.3


def test_a_second_training_comes_from_the_cache(
    motion_design: Impulse,
    training_samples: tuple[Sample, ...],
    trained_cache: Cache,
    fitted: FittedImpulse,
) -> None:
    steps: list[Step] = []
    again = fit(motion_design, training_samples, cache=trained_cache, progress=steps.append)
    assert not [step for step in steps if step.stage == "train"]
    assert again.key == fitted.key
    assert again.network == fitted.network


def test_the_same_seed_trains_the_same_network(
    motion_design: Impulse, training_samples: tuple[Sample, ...], fitted: FittedImpulse
) -> None:
    assert fit(motion_design, training_samples).key == fitted.key


def test_another_seed_trains_another_network(
    motion_document: Document, training_samples: tuple[Sample, ...], fitted: FittedImpulse
) -> None:
    document = motion_document()
    document["learning"][0]["training"] = {"epochs": 1, "threads": 1, "seed": 5}
    assert fit(parse_impulse(document), training_samples).key != fitted.key


def test_augmentation_reaches_the_training(
    motion_document: Document, training_samples: tuple[Sample, ...]
) -> None:
    document = motion_document()
    document["learning"][0] |= {
        "training": {"epochs": 1, "threads": 1},
        "augmentation": {"copies": 1, "noise": 0.05},
    }
    cache = Cache(None)
    made = fit(parse_impulse(document), training_samples, cache=cache)
    assert made.network is not None
    plain = motion_document()
    plain["learning"][0] |= {"training": {"epochs": 1, "threads": 1}}
    other = fit(parse_impulse(plain), training_samples, cache=cache)
    assert other.network is not None
    assert made.network.float32 != other.network.float32


def test_regression_learns_numbers(motion_samples: SampleMaker, motion_document: Document) -> None:
    samples = [
        sample.with_(label=str({"idle": 0, "turning": 4, "rattling": 17}[sample.label]))
        for sample in motion_samples(12)
    ]
    training = {"epochs": 2, "threads": 1}
    document = motion_document(
        learning=[{"id": "speed", "type": "regression", "training": training}]
    )
    made = fit(parse_impulse(document), samples)
    assert made.classes == ("value",)
    assert made.network is not None
    assert made.network.kind == "regression"
    assert made.clusters is None


def test_anomaly_alone_needs_no_labels(
    motion_samples: SampleMaker, motion_document: Document
) -> None:
    document = motion_document()
    document["learning"] = document["learning"][1:]
    samples = [sample.with_(label="") for sample in motion_samples(6)]
    made = fit(parse_impulse(document), samples)
    assert made.network is None
    assert made.classes == ()
    assert made.scalers == {}
    assert made.clusters is not None
    assert made.clusters.normal == ()


def test_warnings_name_recordings_left_out(
    motion_samples: SampleMaker, motion_document: Document
) -> None:
    document = motion_document(
        learning=[{"id": "odd", "type": "anomaly_kmeans", "inputs": ["statistics"]}]
    )
    document["input"]["zero_pad"] = False
    samples = [*motion_samples(3), *motion_samples(1, first=60, seconds=0.4)]
    made = fit(parse_impulse(document), samples)
    assert [text for text in made.warnings if "shorter than a window" in text]


REFUSED: dict[str, dict[str, Any]] = {
    "unknown processing block 'fft'": {"processing": [{"id": "a", "type": "fft"}]},
    "takes image input": {"processing": [{"id": "a", "type": "image"}]},
    "a: unknown parameter 'size'": {
        "processing": [{"id": "a", "type": "flatten", "parameters": {"size": 3}}]
    },
    "a: axis 'gyrX' is none of accX, accY, accZ": {
        "processing": [{"id": "a", "type": "flatten", "axes": ["gyrX"]}]
    },
    "filter_cutoff_hz": {
        "processing": [
            {
                "id": "a",
                "type": "spectral_analysis",
                "parameters": {"filter_type": "low", "filter_cutoff_hz": 60},
            }
        ]
    },
    "epochs is -1": {
        "learning": [{"id": "n", "type": "classification", "training": {"epochs": -1}}]
    },
    "unknown parameter 'lr'": {
        "learning": [{"id": "n", "type": "classification", "training": {"lr": 0.1}}]
    },
    "'resnet'": {"learning": [{"id": "n", "type": "classification", "network": "resnet"}]},
    "conv2d": {
        "learning": [
            {"id": "n", "type": "classification", "network": [{"type": "conv2d", "filters": 8}]}
        ]
    },
    "n.augmentation: unknown parameter 'spin'": {
        "learning": [{"id": "n", "type": "classification", "augmentation": {"spin": 1}}]
    },
    "there is no feature 'accX Power'": {
        "learning": [{"id": "o", "type": "anomaly_kmeans", "axes": ["accX Power"]}]
    },
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_design_that_makes_no_sense_is_refused_before_any_work(
    motion_document: Document, training_samples: tuple[Sample, ...], message: str
) -> None:
    learning = [{"id": "n", "type": "classification"}]
    document = motion_document(**{"learning": learning, **REFUSED[message]})
    design = parse_impulse(document)
    with pytest.raises(DesignError, match=message):
        check_design(design, window_format(training_samples, design))


def test_a_good_design_passes_the_check(
    motion_design: Impulse, training_samples: tuple[Sample, ...]
) -> None:
    blocks = check_design(motion_design, window_format(training_samples, motion_design))
    assert [item.id for item in blocks] == ["spectral", "statistics"]


def test_data_that_does_not_suffice_is_refused(
    motion_samples: SampleMaker, motion_document: Document
) -> None:
    document = motion_document()
    document["input"]["group_key"] = ""
    design = parse_impulse(document)
    same = [sample.with_(label="one") for sample in motion_samples(6)]
    with pytest.raises(DatasetError, match=r"have 1 class \(one\)"):
        fit(design, same)
    document["input"]["stride_ms"] = 9000
    few = motion_samples(3)
    with pytest.raises(DatasetError, match="too few training windows"):
        fit(parse_impulse(document), few)
    with pytest.raises(DatasetError, match="there are no samples"):
        fit(design, ())


def test_a_sample_without_the_group_key_is_named(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    samples = [*motion_samples(5), motion_samples(1, first=9)[0].with_(metadata={})]
    with pytest.raises(DatasetError, match=r"1 of 6 samples have no metadata 'device': idle\.0009"):
        fit(motion_design, samples)


def test_features_of_the_network_are_standardised(
    fitted: FittedImpulse, training_samples: tuple[Sample, ...]
) -> None:
    scaler = fitted.scalers["statistics"]
    assert scaler.mean.shape == scaler.scale.shape == (21,)
    assert np.isfinite(scaler.scale).all()
