"""What a data set holds, and what about it is likely to hurt a model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

from tinsmith.datasets.agreement import same_rate
from tinsmith.datasets.sample import CATEGORIES, Category, Dataset, Sample

# A class this many times rarer than the most frequent one is reported.
IMBALANCE = 5.0
# A recording shorter than this share of the median is reported.
SHORT_SHARE = 0.2
_FEW_SAMPLES = 5


@dataclass(frozen=True)
class ClassSummary:
    """One label: how many samples carry it, and for how long it lasts in all."""

    label: str
    samples: int
    duration_ms: float


@dataclass(frozen=True)
class PartSummary:
    """One part of the data set ("" is not decided), and its classes, sorted by label."""

    category: Category
    samples: int
    duration_ms: float
    size_bytes: int
    classes: tuple[ClassSummary, ...]


@dataclass(frozen=True)
class SensorSummary:
    """A set of axes that some samples share."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    samples: int


@dataclass(frozen=True)
class Count:
    """How many samples have a value: a rate in Hz, a picture size, a metadata key."""

    name: str
    samples: int


@dataclass(frozen=True)
class Finding:
    """Something worth looking at before training."""

    level: Literal["note", "warning"]
    message: str
    hint: str


@dataclass(frozen=True)
class Summary:
    """A data set in numbers.

    Args:
        samples, recordings, pictures: Number of all, of signals, of pictures.
        unlabelled: Samples with no label and no labels over time.
        duration_ms, size_bytes: Of all samples together.
        shortest_ms, median_ms, longest_ms: Of the recordings; 0 without any.
        parts: Training, testing, ... in a fixed order, only those in use.
        classes: All labels over all parts.
        sensors, rates, sizes: What occurs, most frequent first.
        metadata: Number of samples that have each metadata key.
        findings: What to look at, warnings first.
    """

    samples: int
    recordings: int
    pictures: int
    unlabelled: int
    duration_ms: float
    size_bytes: int
    shortest_ms: float
    median_ms: float
    longest_ms: float
    parts: tuple[PartSummary, ...]
    classes: tuple[ClassSummary, ...]
    sensors: tuple[SensorSummary, ...]
    rates: tuple[Count, ...]
    sizes: tuple[Count, ...]
    metadata: tuple[Count, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def summarise(dataset: Dataset) -> Summary:
    """Counts, durations, sensors, rates and findings; reads no content."""
    samples = dataset.samples
    signals = [sample for sample in samples if sample.facts.kind == "signal"]
    pictures = [sample for sample in samples if sample.facts.kind == "image"]
    durations = [sample.facts.duration_ms for sample in signals]
    return Summary(
        samples=len(samples),
        recordings=len(signals),
        pictures=len(pictures),
        unlabelled=sum(1 for sample in samples if _is_unlabelled(sample)),
        duration_ms=sum(durations),
        size_bytes=sum(sample.facts.size_bytes for sample in samples),
        shortest_ms=min(durations, default=0.0),
        median_ms=median(durations) if durations else 0.0,
        longest_ms=max(durations, default=0.0),
        parts=_parts(samples),
        classes=_classes(samples),
        sensors=_sensors(signals),
        rates=_rates(signals),
        sizes=_counts([f"{s.facts.width}x{s.facts.height}" for s in pictures]),
        metadata=_counts([key for sample in samples for key in sample.metadata]),
        findings=_findings(dataset),
    )


def _is_unlabelled(sample: Sample) -> bool:
    return not sample.label and not sample.segments and not sample.boxes


def _parts(samples: Sequence[Sample]) -> tuple[PartSummary, ...]:
    parts = []
    for category in CATEGORIES:
        own = [sample for sample in samples if sample.category == category]
        if own:
            parts.append(
                PartSummary(
                    category,
                    len(own),
                    sum(sample.facts.duration_ms for sample in own),
                    sum(sample.facts.size_bytes for sample in own),
                    _classes(own),
                )
            )
    return tuple(parts)


def _classes(samples: Sequence[Sample]) -> tuple[ClassSummary, ...]:
    number: Counter[str] = Counter()
    duration: dict[str, float] = defaultdict(float)
    for sample in samples:
        for label, length in _labels(sample).items():
            number[label] += 1
            duration[label] += length
    return tuple(ClassSummary(label, number[label], duration[label]) for label in sorted(number))


def _labels(sample: Sample) -> dict[str, float]:
    """The labels of a sample and how long each lasts in milliseconds."""
    if sample.boxes and not sample.label:
        return {box.label: 0.0 for box in sample.boxes}
    if not sample.segments:
        return {sample.label: sample.facts.duration_ms} if sample.label else {}
    lengths: dict[str, float] = defaultdict(float)
    for segment in sample.segments:
        frames = segment.end_index - segment.start_index + 1
        lengths[segment.label] += frames * sample.facts.interval_ms
    return dict(lengths)


def _sensors(samples: Sequence[Sample]) -> tuple[SensorSummary, ...]:
    counts = Counter(sample.facts.sensors for sample in samples)
    return tuple(
        SensorSummary(
            tuple(sensor.name for sensor in sensors),
            tuple(sensor.units for sensor in sensors),
            count,
        )
        for sensors, count in counts.most_common()
    )


def _rates(samples: Sequence[Sample]) -> tuple[Count, ...]:
    intervals = [sample.facts.interval_ms for sample in samples]
    return _counts([f"{1000 / interval:.6g}" if interval else "none" for interval in intervals])


def _counts(values: Sequence[str]) -> tuple[Count, ...]:
    return tuple(Count(name, count) for name, count in Counter(values).most_common())


def _findings(dataset: Dataset) -> tuple[Finding, ...]:
    found = [
        *_about_labels(dataset.samples),
        *_about_parts(dataset.samples),
        *_about_balance(dataset.samples),
        *_about_content(dataset.samples),
        *_about_files(dataset),
    ]
    return tuple(sorted(found, key=lambda finding: finding.level, reverse=True))


def _about_labels(samples: Sequence[Sample]) -> list[Finding]:
    found = []
    if unlabelled := [sample.name for sample in samples if _is_unlabelled(sample)]:
        found.append(
            Finding("note", f"{len(unlabelled)} samples have no label: {_some(unlabelled)}",
                    "label them; only anomaly detection can learn without labels")
        )  # fmt: skip
    labels = [entry.label for entry in _classes(samples)]
    if len(labels) == 1:
        found.append(
            Finding("warning", f"all samples have the label {labels[0]!r}",
                    "a classifier needs at least two classes; one class suits anomaly detection")
        )  # fmt: skip
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        spellings["".join(filter(str.isalnum, label)).casefold() or label].append(label)
    found += [
        Finding("warning", f"these labels differ only in spelling: {', '.join(same)}",
                "relabel them to one spelling")
        for same in spellings.values() if len(same) > 1
    ]  # fmt: skip
    return found


def _about_parts(samples: Sequence[Sample]) -> list[Finding]:
    parts = {part.category: {c.label for c in part.classes} for part in _parts(samples)}
    found = []
    if samples and "testing" not in parts:
        found.append(
            Finding("note", "no sample is set aside for testing",
                    "split by a metadata key such as subject, or by hash")
        )  # fmt: skip
    if "training" in parts and "testing" in parts:
        for own, other in (("training", "testing"), ("testing", "training")):
            missing = sorted(parts[other] - parts[own])  # type: ignore[index]
            if missing:
                found.append(
                    Finding("warning", f"these classes have no {own} samples: {_some(missing)}",
                            "move some there, or leave the classes out")
                )  # fmt: skip
    return found


def _about_balance(samples: Sequence[Sample]) -> list[Finding]:
    training = [sample for sample in samples if sample.category != "testing"]
    classes = _classes(training)
    found = []
    timed = any(entry.duration_ms for entry in classes)
    amounts = {c.label: c.duration_ms if timed else float(c.samples) for c in classes}
    most = max(amounts, key=lambda label: amounts[label], default="")
    if rare := [label for label in amounts if amounts[label] * IMBALANCE < amounts[most]]:
        found.append(
            Finding("warning", f"much rarer than {most!r}: {_some(rare)}",
                    "record more of them; training can also weigh the classes")
        )  # fmt: skip
    few = [entry.label for entry in classes if entry.samples < _FEW_SAMPLES and not timed]
    if few:
        found.append(
            Finding("note", f"fewer than {_FEW_SAMPLES} samples: {_some(few)}", "add more samples")
        )
    return found


def _about_content(samples: Sequence[Sample]) -> list[Finding]:
    found = []
    signals = [sample for sample in samples if sample.facts.kind == "signal"]
    if signals and len(signals) < len(samples):
        found.append(
            Finding("warning", "recordings and pictures are mixed", "keep them in two projects")
        )
    names = Counter(tuple(sorted(x.name for x in s.facts.sensors)) for s in signals)
    if len(names) > 1:
        shown = "; ".join(f"{', '.join(n)} ({count})" for n, count in names.most_common(3))
        found.append(
            Finding("warning", f"recordings have different axes: {shown}",
                    "choose common axes in the design, or leave the odd ones out")
        )  # fmt: skip
    intervals = [sample.facts.interval_ms for sample in signals if sample.facts.interval_ms]
    if intervals and not all(same_rate(interval, intervals[0]) for interval in intervals):
        found.append(
            Finding("note", f"rates from {1000 / max(intervals):.6g} to "
                    f"{1000 / min(intervals):.6g} Hz occur",
                    "the design sets one rate; the others are resampled to it")
        )  # fmt: skip
    return found + _about_length(signals)


def _about_length(signals: Sequence[Sample]) -> list[Finding]:
    if not signals:
        return []
    middle = median(sample.facts.duration_ms for sample in signals)
    short = [s.name for s in signals if s.facts.duration_ms < SHORT_SHARE * middle]
    if not short:
        return []
    return [
        Finding("note", f"{len(short)} recordings are far shorter than the median of "
                f"{middle:.4g} ms: {_some(short)}", "check that they are complete")
    ]  # fmt: skip


def _about_files(dataset: Dataset) -> list[Finding]:
    found = []
    hashes = Counter(sample.content_hash for sample in dataset.samples)
    if same := [s.name for s in dataset.samples if hashes[s.content_hash] > 1]:
        found.append(
            Finding("warning", f"samples of equal content: {_some(same)}", "keep one of each")
        )
    if dataset.problems:
        found.append(
            Finding("warning", f"{len(dataset.problems)} files or lines were left out",
                    "see the list of problems")
        )  # fmt: skip
    if dataset.warnings:
        found.append(
            Finding("note", f"{len(dataset.warnings)} samples were read with repairs or doubts",
                    "see the list of warnings")
        )  # fmt: skip
    return found


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
