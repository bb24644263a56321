from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.progress import Step
from tinsmith.core.shapes import FeatureShape
from tinsmith.learning.config import TrainingData, network_config
from tinsmith.learning.training import fit_network

Train = Callable[..., Any]
MakeData = Callable[..., TrainingData]
FLAT = FeatureShape("flat", (12,))

SHAPES = (
    FLAT,
    FeatureShape("series", (40, 3)),
    FeatureShape("spectrogram", (20, 8)),
    FeatureShape("image", (16, 16, 3)),
)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
@pytest.mark.parametrize("augmentation", ["none", "high"])
def test_every_kind_of_features_trains(
    shape: FeatureShape, augmentation: str, make_data: MakeData, train: Train
) -> None:
    network = train(make_data(shape), augmentation=augmentation)
    assert len(network.history) == 3
    assert network.parameters > 0
    assert network.classes == ("class0", "class1", "class2")


def test_one_seed_repeats_to_the_byte_and_another_differs(
    make_data: MakeData, train: Train
) -> None:
    data = make_data(FeatureShape("series", (40, 3)))
    first = train(data, augmentation="low", seed=4)
    again = train(data, augmentation="low", seed=4)
    assert first == again
    assert train(data, augmentation="low", seed=5).float32 != first.float32


def test_training_leaves_the_random_state_of_torch_alone(make_data: MakeData, train: Train) -> None:
    import torch

    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    threads = torch.get_num_threads()
    train(make_data(FLAT), threads=1)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_network_learns_what_is_there_to_learn(make_data: MakeData, train: Train) -> None:
    network = train(make_data(FLAT, count=150), epochs=30)
    last = network.history[network.best_epoch]
    assert last.metric > 0.95
    assert last.validation_metric > 0.9


def test_progress_reports_every_epoch_with_its_scores(make_data: MakeData) -> None:
    steps: list[Step] = []
    config = network_config("classification", "auto", {"epochs": 4, "threads": 1}, FLAT)
    fit_network(config, make_data(FLAT), progress=steps.append)
    train_steps = [step for step in steps if step.stage == "train"]
    assert [step.done for step in train_steps] == [1, 2, 3, 4]
    assert "accuracy" in train_steps[-1].note
    assert steps[-1] == Step("quantise", 1, 1)


def test_patience_stops_early_and_the_best_weights_are_kept(
    make_data: MakeData, train: Train
) -> None:
    data = make_data(FLAT)
    chance = np.random.default_rng(1)
    data = dataclasses.replace(data, targets=chance.integers(0, 3, len(data.targets)))
    network = train(data, epochs=200, patience=5, learning_rate=0.02)
    losses = [epoch.validation_loss for epoch in network.history]
    assert len(losses) < 200
    assert network.best_epoch == int(np.argmin(losses)) == len(losses) - 6


@pytest.mark.slow
def test_rare_classes_count_as_much_as_common_ones(make_data: MakeData, train: Train) -> None:
    """Two classes that cannot be told apart, 9 to 1: with weights the scores are even."""
    from tinsmith.learning.interpreter import MicroInterpreter

    chance = np.random.default_rng(0)
    features = chance.normal(size=(200, 12)).astype(np.float32)
    data = TrainingData(features, FLAT, (np.arange(200) % 10 == 0).astype(np.int64), ("a", "b"))
    layers: list[dict[str, Any]] = [{"type": "dropout", "rate": 0.9}]

    def mean_score(mode: str) -> float:
        network = train(data, layers, class_weights=mode, epochs=60, validation_share=0.0)
        return float(MicroInterpreter(network.float32).run(features)[:, 1].mean())

    assert mean_score("none") < 0.3
    assert 0.4 < mean_score("auto") < 0.6


def test_groups_too_few_to_keep_aside_are_said(make_data: MakeData, train: Train) -> None:
    data = dataclasses.replace(make_data(FLAT), groups=("everyone",) * 60)
    (warning,) = train(data).warnings
    assert "too few" in warning


@pytest.mark.slow
def test_a_batch_never_holds_a_single_window(make_data: MakeData, train: Train) -> None:
    data = make_data(FeatureShape("series", (40, 3)), count=33)
    train(data, batch_size=32, validation_share=0.0)
    train(data, batch_size=1, validation_share=0.0)


def change(data: TrainingData, **values: Any) -> TrainingData:
    return dataclasses.replace(data, **values)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: change(data, classes=("only",)), "1 class"),
        (
            lambda data: change(data, features=data.features[:2], targets=data.targets[:2]),
            "2 training windows are fewer than 3 classes",
        ),
        (lambda data: change(data, targets=np.minimum(data.targets, 1)), "'class2' has 0"),
        (
            lambda data: change(data, features=data.features[:5], targets=data.targets[:5]),
            "'class2' has 1; expected at least 2",
        ),
        (lambda data: change(data, features=data.features[:0]), "expected .windows, features."),
        (
            lambda data: change(data, features=data.features * np.nan),
            "window 0 is nan",
        ),
        (lambda data: change(data, targets=data.targets[:5]), "do not fit together"),
        (lambda data: change(data, targets=data.targets + 1), "indices of the 3 classes"),
    ],
)
def test_data_that_does_not_suffice_is_refused(
    spoil: Callable[[TrainingData], TrainingData],
    message: str,
    make_data: MakeData,
    train: Train,
) -> None:
    with pytest.raises(DatasetError, match=message):
        train(spoil(make_data(FLAT)))


@pytest.mark.parametrize(
    ("values", "message"),
    [([3.0] * 60, "one value"), ([1.0, np.inf] * 30, "window 1 is inf")],
)
def test_targets_of_a_regression_are_checked(
    values: list[float], message: str, make_data: MakeData, train: Train
) -> None:
    targets = np.array(values, np.float32)
    with pytest.raises(DatasetError, match=message):
        train(change(make_data(FLAT), targets=targets, classes=("value",)))


def test_a_training_that_diverges_says_so(make_data: MakeData, train: Train) -> None:
    data = make_data(FLAT)
    targets = (data.features[:, 0] * 5).astype(np.float32)
    with pytest.raises(DesignError, match="diverged"):
        train(
            change(data, targets=targets, features=data.features * np.float32(1e25)),
            epochs=20,
            learning_rate=1.0,
            gradient_clip=0.0,
            loss="mse",
            augmentation="none",
            schedule="constant",
        )


def test_layers_that_do_not_fit_are_refused_before_training(
    make_data: MakeData, train: Train
) -> None:
    with pytest.raises(DesignError, match=r"layer 0 \(conv1d\)"):
        train(make_data(FLAT), [{"type": "conv1d", "filters": 4}])


@pytest.mark.parametrize("loss", ["mse", "huber", "mae"])
def test_every_loss_of_a_regression_trains(loss: str, make_data: MakeData, train: Train) -> None:
    data = make_data(FLAT, count=150)
    values = (data.features[:, 0] * 10 + 100).astype(np.float32)
    network = train(change(data, targets=values, classes=("value",)), loss=loss, epochs=30)
    assert network.history[-1].metric < 0.3 * values.std()
