"""One fixed recipe per data set, the same for every round.

The designs were compared with a few others on these data sets, so read the scores as what is
possible with a little tuning. For the smartwatch, every design that was tried passes the goal.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.recipe import Recipe, Round, leave_one_out
from tinsmith.datasets import Sample, sample_from_signal
from tinsmith.datasets.countdown import seconds_until
from tinsmith.datasets.crop import crop_loudest
from tinsmith.datasets.folder import FolderOptions, read_folder
from tinsmith.datasets.splits import folds
from tinsmith.signals import DecodeOptions, Sensor, Signal

# A watch worn on the other arm, strapped on a little differently, moving a little faster or slower.
_WRIST = {"copies": 2, "mirror": 0.5, "rotation_rad": 0.15, "scale": 0.1, "time_warp": 1.1}
# Little data and much variety: a network that may not be too sure of itself.
_CAUTIOUS = {"augmentation": "high", "label_smoothing": 0.1}


def _series(window_ms: float, stride_ms: float, interval_ms: float, **more: Any) -> dict[str, Any]:
    return {
        "type": "time-series",
        "window_ms": window_ms,
        "stride_ms": stride_ms,
        "interval_ms": interval_ms,
        **more,
    }


def _network(kind: str = "classification", **more: Any) -> list[dict[str, Any]]:
    return [{"id": "network", "type": kind, **more}]


def _smartwatch(data: Path) -> Sequence[Round]:
    options = FolderOptions(pattern="{label}.s{subject:02d}{side}.csv")
    return leave_one_out(read_folder(data, options).samples, "subject")


def _keywords(data: Path) -> Sequence[Round]:
    samples = [crop_loudest(sample, 1200) for sample in read_folder(data).samples]
    return [
        Round(
            f"fold {fold.name}",
            tuple(samples[index] for index in fold.training),
            tuple(samples[index] for index in fold.testing),
        )
        for fold in folds(samples, 5, by="label")
    ]


# The windows keep the order in which they were recorded, but not the people's numbers. Each person
# went through the activities twice, beginning with standing each time.
_HAR_SESSIONS_PER_PERSON = 2
_HAR_FOLDS = 7


def _har_people(labels: Sequence[str]) -> list[int]:
    sessions = -1
    people = []
    for index, label in enumerate(labels):
        if label == "standing" and (index == 0 or labels[index - 1] != "standing"):
            sessions += 1
        people.append(sessions // _HAR_SESSIONS_PER_PERSON)
    return people


def _har(data: Path) -> Sequence[Round]:
    with np.load(data / "windows.npz") as stored:
        values, names = stored["X"], stored["channels"]
        labels = [str(label) for label in stored["y"]]
    sensors = tuple(Sensor(str(name), "rad/s" if "gyro" in name else "g") for name in names)
    people = _har_people(labels)
    fold = [person * _HAR_FOLDS // (max(people) + 1) for person in people]
    samples = [
        sample_from_signal(
            Signal(window, 20.0, sensors),
            name=f"window {index}",
            label=label,
            metadata={"person": str(person), "fold": str(part)},
        )
        for index, (window, label, person, part) in enumerate(
            zip(values, labels, people, fold, strict=True)
        )
    ]
    return leave_one_out(samples, "fold")


def _sound_events(data: Path) -> Sequence[Round]:
    options = FolderOptions(pattern="{label}/{fold:d}-{source}-{take}.ogg")
    return leave_one_out(read_folder(data, options).samples, "fold")


def _toast(data: Path) -> Sequence[Round]:
    options = FolderOptions(
        pattern="{bread}/{start}.csv", decode=DecodeOptions(label_column="state")
    )
    samples = [seconds_until(sample, "3") for sample in read_folder(data, options).samples]
    return leave_one_out(samples, "bread")


_FAN_NORMAL = ("off", "low", "medium", "high")
_FAN_TRAINING = 50


def _fan(data: Path) -> Sequence[Round]:
    options = FolderOptions(decode=DecodeOptions(interval_ms=5.0))
    samples = sorted(read_folder(data, options).samples, key=lambda sample: sample.name)
    training: list[Sample] = []
    testing: list[Sample] = []
    for label in _FAN_NORMAL:
        own = [sample for sample in samples if sample.label == label]
        training += own[:_FAN_TRAINING]
        testing += own[_FAN_TRAINING:]
    testing += [sample for sample in samples if sample.label.endswith("_weight")]
    return [Round("coin on a blade", tuple(training), tuple(testing))]


def _person(data: Path) -> Sequence[Round]:
    samples = read_folder(data).samples
    return [
        Round(
            f"fold {fold.name}",
            tuple(samples[index] for index in fold.training),
            tuple(samples[index] for index in fold.testing),
        )
        for fold in folds(samples, 5, by="label")
    ]


def _clothing(data: Path) -> Sequence[Round]:
    found = read_folder(data)
    training, testing = found.category("training").samples, found.category("testing").samples
    return [Round("the authors' split", training, testing)]


_IMAGE = {
    "processing": [{"id": "image", "type": "image", "normalize": False}],
    "learning": _network(training={"validation_share": 0.0}),
}

# All but the pressure, which only tells the day.
_GASES = ["temp", "humd", "co2", "voc1", "voc2", "no2", "eth", "co", "nh3"]

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "smartwatch-exercises",
            "accuracy",
            0.85,
            {
                "input": _series(4000, 2000, 20, group_key="subject"),
                "processing": [{"id": "raw", "type": "raw"}],
                "learning": _network(
                    training={**_CAUTIOUS, "epochs": 30, "weight_decay": 0.05},
                    augmentation=_WRIST,
                ),
            },
            _smartwatch,
            seeds=(1, 2, 3),
            note="each person is tested by a network that never saw them",
        ),
        Recipe(
            "keywords",
            "accuracy",
            0.97,
            {
                "input": _series(1200, 1200, 0.0625),
                "processing": [
                    {
                        "id": "mfe",
                        "type": "mfe",
                        "parameters": {
                            "frame_length_s": 0.025,
                            "frame_stride_s": 0.02,
                            "fft_length": 512,
                        },
                    }
                ],
                "learning": _network(
                    network="conv1d",
                    training={
                        **_CAUTIOUS,
                        "epochs": 40,
                        "weight_decay": 0.05,
                        "validation_share": 0.0,
                    },
                    augmentation={"copies": 3, "time_shift": 0.1},
                ),
            },
            _keywords,
            note="5 folds by hash, labels evenly spread; the loudest 1.2 s of each clip",
        ),
        Recipe(
            "har-smartphone",
            "accuracy",
            0.94,
            {
                "input": _series(2560, 2560, 20, group_key="person"),
                "processing": [
                    {
                        "id": "spectral",
                        "type": "spectral_analysis",
                        "parameters": {"fft_length": 64},
                    },
                    {
                        "id": "linear",
                        "type": "spectral_analysis",
                        "parameters": {"fft_length": 128, "do_log": False},
                    },
                    {"id": "statistics", "type": "flatten"},
                ],
                "learning": _network(
                    training={
                        **_CAUTIOUS,
                        "epochs": 30,
                        "validation_share": 0.0,
                    }
                ),
            },
            _har,
            note="7 rounds, each testing three people who were not trained on",
        ),
        Recipe(
            "sound-events",
            "accuracy",
            0.82,
            {
                "input": _series(5000, 5000, 0.0625),
                "processing": [
                    {
                        "id": "mfe",
                        "type": "mfe",
                        "parameters": {
                            "frame_length_s": 0.04,
                            "frame_stride_s": 0.04,
                            "fft_length": 1024,
                        },
                    }
                ],
                "learning": _network(
                    network="conv2d",
                    training={**_CAUTIOUS, "epochs": 60, "validation_share": 0.0},
                    augmentation={"copies": 2, "time_shift": 0.5},
                ),
            },
            _sound_events,
            note="the authors' folds: clips cut from one recording stay together",
        ),
        Recipe(
            "toast-gas-regression",
            "mae",
            19.5,
            {
                "input": _series(40000, 1000, 4000, label_rule="last", zero_pad=False),
                "processing": [
                    {"id": "raw", "type": "raw", "axes": _GASES},
                    {"id": "statistics", "type": "flatten", "axes": _GASES},
                ],
                "learning": _network("regression"),
            },
            _toast,
            note="leave one kind of bread out; seconds until burnt, from 40 s of history, so the "
            "first 40 s of each run are not scored",
        ),
        Recipe(
            "fan-vibration",
            "auroc",
            0.97,
            {
                "input": _series(1000, 1000, 5),
                "processing": [{"id": "spectral", "type": "spectral_analysis"}],
                "learning": [
                    {
                        "id": "anomaly",
                        "type": "anomaly_kmeans",
                        "axes": ["RMS"],
                        "clusters": 32,
                    }
                ],
            },
            _fan,
            note="trained on 50 clips of each normal state; the coin was never seen",
        ),
        Recipe(
            "person-detection-96",
            "accuracy",
            None,
            {"input": {"type": "image", "width": 48, "height": 48}, **_IMAGE},
            _person,
            note="5 folds; 120 pictures without pre-trained weights: no better than chance",
        ),
        Recipe(
            "clothing-images",
            "accuracy",
            None,
            {"input": {"type": "image", "width": 48, "height": 48}, **_IMAGE},
            _clothing,
            note="240 training pictures, ten classes, no pre-trained weights",
        ),
    )
}
