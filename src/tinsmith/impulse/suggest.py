"""A first design for the data at hand, good enough to train at once and to improve from."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.facts import AUDIO_INTERVAL_MS, MIN_REGRESSION_VALUES, is_number

# Sound is taken at 16 kHz at most: speech and machines say little above 8 kHz.
_MIN_AUDIO_INTERVAL_MS = 0.0625
_LONG_WINDOW_MS = 2000.0
# Metadata that says which recordings must stay together in a split, most telling first.
_GROUP_KEYS = ("subject", "person", "speaker", "user", "device", "session", "fold")


def suggest(samples: Sequence[Sample], preset: str = "auto", *, name: str = "impulse") -> Impulse:
    """A design for `samples`.

    Args:
        samples: The recordings; kind, rate, length and labels decide.
        preset: `auto` or a name of `PRESETS`.
        name: Of the impulse.

    Raises:
        DatasetError: There are no samples.
        DesignError: No such preset, or one for another kind of data.
    """
    if not samples:
        raise DatasetError("there is nothing to design for", hint="import recordings first")
    kind = _kind(samples)
    chosen = _DEFAULTS[kind] if preset == "auto" else preset
    if chosen not in PRESETS:
        raise DesignError(
            f"there is no preset {preset!r}; known: auto, {', '.join(PRESETS)}",
            hint="auto chooses by the data",
        )
    wanted, _, make = PRESETS[chosen]
    if wanted != kind:
        raise DesignError(
            f"preset {chosen!r} is for {wanted} data, these samples are {kind}",
            hint=f"use {', '.join(key for key, item in PRESETS.items() if item[0] == kind)}",
        )
    task = "regression" if _is_regression(samples) else "classification"
    document = make(samples, task)
    document["input"]["group_key"] = _group_key(samples)
    return parse_impulse({"name": name, **document})


def _group_key(samples: Sequence[Sample]) -> str:
    """The first metadata key that names who or what was recorded and that all samples have."""
    for key in _GROUP_KEYS:
        if len({sample.metadata.get(key, "") for sample in samples} - {""}) > 1 and all(
            sample.metadata.get(key) for sample in samples
        ):
            return key
    return ""


def _kind(samples: Sequence[Sample]) -> str:
    facts = samples[0].facts
    if facts.kind == "image":
        return "image"
    is_audio = len(facts.sensors) == 1 and 0 < facts.interval_ms <= AUDIO_INTERVAL_MS
    return "audio" if is_audio else "motion"


def _is_regression(samples: Sequence[Sample]) -> bool:
    labels = {sample.label for sample in samples if sample.label}
    return len(labels) >= MIN_REGRESSION_VALUES and all(map(is_number, labels))


def _window(samples: Sequence[Sample], wanted_ms: float) -> dict[str, Any]:
    """The window wanted, or the median recording where that is shorter; half of it as stride."""
    durations = [sample.facts.duration_ms for sample in samples]
    intervals = [sample.facts.interval_ms for sample in samples if sample.facts.interval_ms]
    if not intervals:
        return {"window_ms": 1.0, "stride_ms": 1.0, "interval_ms": 1.0}
    interval = statistics.median(intervals)
    length = min(wanted_ms, statistics.median(durations))
    frames = max(1, int(length / interval + 1e-6))
    return {
        "window_ms": frames * interval,
        "stride_ms": max(1, frames // 2) * interval,
        "interval_ms": interval,
    }


def _audio_window(samples: Sequence[Sample], longest_ms: float) -> dict[str, Any]:
    """Whole recordings where they are short, for their label is that of the whole; else 1 s."""
    whole = statistics.median(sample.facts.duration_ms for sample in samples)
    window = _window(samples, whole if whole <= longest_ms else 1000.0)
    interval = max(window["interval_ms"], _MIN_AUDIO_INTERVAL_MS)
    return {**window, "interval_ms": interval}


def _audio_frames(window: dict[str, Any]) -> dict[str, Any]:
    """Longer frames in long windows, and an FFT that takes all of a frame."""
    is_long = window["window_ms"] > _LONG_WINDOW_MS
    frames = {"frame_length_s": 0.04, "frame_stride_s": 0.02} if is_long else {}
    length = round(1000 * frames.get("frame_length_s", 0.02) / window["interval_ms"])
    return {**frames, "fft_length": 1 << max(5, (length - 1).bit_length())}


def _motion(samples: Sequence[Sample], task: str) -> dict[str, Any]:
    window = _window(samples, 2000.0)
    frames = window["window_ms"] / window["interval_ms"]
    fft_length = 64 if frames >= 64 else 16
    return {
        "input": {"type": "time-series", **window},
        "processing": [
            {
                "id": "spectral",
                "type": "spectral_analysis",
                "parameters": {"fft_length": fft_length},
            },
            {"id": "statistics", "type": "flatten"},
        ],
        "learning": [{"id": "network", "type": task}],
    }


def _raw(samples: Sequence[Sample], task: str) -> dict[str, Any]:
    return {
        "input": {"type": "time-series", **_window(samples, 2000.0)},
        "processing": [{"id": "raw", "type": "raw"}],
        "learning": [{"id": "network", "type": task}],
    }


def _anomaly(samples: Sequence[Sample], _task: str) -> dict[str, Any]:
    design = _motion(samples, "classification")
    design["processing"] = design["processing"][:1]
    learning = {"id": "anomaly", "type": "anomaly_kmeans", "axes": ["RMS"]}
    return {**design, "learning": [learning]}


def _keywords(samples: Sequence[Sample], task: str) -> dict[str, Any]:
    # Words are few and speakers many: copies moved in time, and a network that is not too sure.
    training = {"augmentation": "high", "label_smoothing": 0.1} if task == "classification" else {}
    network = {"training": training, "augmentation": {"copies": 3, "time_shift": 0.1}}
    return _audio(samples, task, "mfcc", longest_ms=3200.0, **network)


def _sounds(samples: Sequence[Sample], task: str) -> dict[str, Any]:
    return _audio(samples, task, "mfe", longest_ms=5000.0)


def _audio(
    samples: Sequence[Sample], task: str, block: str, *, longest_ms: float, **network: Any
) -> dict[str, Any]:
    window = _audio_window(samples, longest_ms)
    return {
        "input": {"type": "time-series", **window},
        "processing": [{"id": block, "type": block, "parameters": _audio_frames(window)}],
        "learning": [{"id": "network", "type": task, **network}],
    }


def _image(_samples: Sequence[Sample], task: str) -> dict[str, Any]:
    return {
        "input": {"type": "image", "width": 64, "height": 64, "resize_mode": "fit-short"},
        "processing": [{"id": "image", "type": "image", "normalize": False}],
        "learning": [{"id": "network", "type": task}],
    }


_Make = Callable[[Sequence[Sample], str], dict[str, Any]]

PRESETS: dict[str, tuple[str, str, _Make]] = {
    "motion": ("motion", "spectral features and statistics into a small dense network", _motion),
    "raw": ("motion", "raw windows into a 1-D convolutional network", _raw),
    "anomaly": ("motion", "K-means on the strength of each axis: how unlike training", _anomaly),
    "sounds": ("audio", "mel filterbank energies into a convolutional network", _sounds),
    "keywords": ("audio", "cepstral coefficients (speech) into a convolutional network", _keywords),
    "image": ("image", "pixels into a small convolutional network", _image),
}
"""Name → kind of data, what it does, how it is made."""

_DEFAULTS = {"motion": "motion", "audio": "sounds", "image": "image"}
