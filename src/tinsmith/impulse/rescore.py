"""Metrics at other thresholds, from the stored results of a test: nothing is run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.impulse.facts import is_number

UNCERTAIN = "uncertain"
ANOMALY = "anomaly"
NORMAL = "normal"


@dataclass(frozen=True)
class Thresholds:
    """When a window gets no class, and when a predicted number counts as right.

    Args:
        minimum_confidence: A window whose highest score is lower is uncertain.
        anomaly: A window whose anomaly score is higher is an anomaly, whatever its class; None
            asks no anomaly block.
        largest_error: A predicted number that is off by no more counts as right (regression).
    """

    minimum_confidence: float = 0.0
    anomaly: float | None = None
    largest_error: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_confidence <= 1:
            raise DesignError(
                f"the minimum confidence is {self.minimum_confidence}; expected 0 to 1"
            )
        if not self.largest_error >= 0:
            raise DesignError(f"the largest error is {self.largest_error}; expected 0 or more")


@dataclass(frozen=True)
class WindowResult:
    """What was decided about one window.

    Args:
        sample, sample_id, start_ms: Which one.
        label: What it is; "anomaly" where the network never learned its label.
        decision: A class, `UNCERTAIN` or `ANOMALY`; for regression the predicted number as text.
        is_right: Whether that is the label.
    """

    sample: str
    sample_id: str
    start_ms: float
    label: str
    decision: str
    is_right: bool


@dataclass(frozen=True)
class SampleResult:
    """All windows of one sample.

    Args:
        label: The most frequent label of its windows.
        decision: What most of its windows were taken for.
        windows, right: How many windows, and how many of them right.
        counts: Windows by decision.
    """

    sample: str
    sample_id: str
    label: str
    decision: str
    windows: int
    right: int
    counts: dict[str, int]


@dataclass(frozen=True)
class ClassResult:
    """One row of truth: its windows, and what became of them; None where nothing was claimed."""

    name: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Rescored:
    """A test at given thresholds.

    Args:
        thresholds: Those.
        count: Windows that count.
        ignored: Windows whose label the network never learned, where no anomaly block could find
            them.
        accuracy: Share of right windows; uncertain ones are not right.
        certain: Share of windows that got a class or were found to be anomalies.
        rows, columns: Names of the confusion matrix: classes, then what else occurs.
        confusion: Windows by [truth][decision]; empty for regression.
        classes: Scores of each row of truth.
        windows: Every window, in the order of the test.
        samples: Every sample, those with most wrong windows first.
    """

    thresholds: Thresholds
    count: int
    ignored: int
    accuracy: float
    certain: float
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    classes: tuple[ClassResult, ...]
    windows: tuple[WindowResult, ...]
    samples: tuple[SampleResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sample: str
    id: str = ""
    start_ms: float
    label: str
    scores: tuple[float, ...] | None = None
    anomaly: float | None = None


class _Results(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    variant: str
    classes: tuple[str, ...]
    regression: dict[str, Any] | None = None
    anomaly_threshold: float | None = None
    normal: tuple[str, ...] = ()
    windows: tuple[_Row, ...] = Field(min_length=1)


def rescore(results: Mapping[str, Any], thresholds: Thresholds | None = None) -> Rescored:
    """The metrics of a stored test at other thresholds.

    Args:
        results: What `Evaluation.to_dict` gave, perhaps through JSON.
        thresholds: None: the ones of training (every window gets its best class).

    Raises:
        DatasetError: The values are no results of a test, or no window counts.
        DesignError: A threshold outside its limits.
    """
    parsed = _parse(results)
    limits = thresholds or Thresholds(anomaly=parsed.anomaly_threshold)
    decided = [
        _decided(parsed, row, limits) for row in parsed.windows if _counts(parsed, row, limits)
    ]
    if not decided:
        raise DatasetError(
            "no tested window has a label the network learned",
            hint="label the test recordings as those of training, and test again",
        )
    rows, columns, confusion = _confusion(parsed, decided)
    return Rescored(
        thresholds=limits,
        count=len(decided),
        ignored=len(parsed.windows) - len(decided),
        accuracy=sum(item.is_right for item in decided) / len(decided),
        certain=sum(item.decision != UNCERTAIN for item in decided) / len(decided),
        rows=rows,
        columns=columns,
        confusion=confusion,
        classes=_classes(rows, columns, confusion),
        windows=tuple(decided),
        samples=_samples(decided),
    )


def decide(
    classes: Sequence[str],
    scores: Sequence[float] | None,
    anomaly: float | None,
    thresholds: Thresholds,
) -> str:
    """What one window is taken for: `ANOMALY`, `UNCERTAIN`, or its best class.

    Without a network a window that is no anomaly is `NORMAL`.
    """
    if anomaly is not None and thresholds.anomaly is not None and anomaly > thresholds.anomaly:
        return ANOMALY
    if not scores:
        return NORMAL
    best = max(range(len(scores)), key=lambda index: scores[index])
    return classes[best] if scores[best] >= thresholds.minimum_confidence else UNCERTAIN


def _parse(results: Mapping[str, Any]) -> _Results:
    try:
        parsed = _Results.model_validate(results)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DatasetError(
            f"these are no results of a test: {place}: {first['msg'].lower()}",
            hint="test the impulse again",
        ) from error
    for row in parsed.windows:
        if row.scores is not None and len(row.scores) != len(parsed.classes):
            raise DatasetError(
                f"a window of {row.sample} has {len(row.scores)} scores; expected "
                f"{len(parsed.classes)}, one a class",
                hint="test the impulse again",
            )
    return parsed


def _counts(parsed: _Results, row: _Row, limits: Thresholds) -> bool:
    """Whether there is a right answer for a window."""
    if parsed.regression is not None:
        return bool(row.scores) and is_number(row.label)
    if row.scores is None:
        return row.anomaly is not None
    can_be_odd = row.anomaly is not None and limits.anomaly is not None
    return row.label in parsed.classes or can_be_odd


def _decided(parsed: _Results, row: _Row, limits: Thresholds) -> WindowResult:
    if parsed.regression is not None and row.scores:
        right = abs(row.scores[0] - float(row.label)) <= limits.largest_error
        decision, label = f"{row.scores[0]:g}", row.label
    else:
        decision = decide(parsed.classes, row.scores, row.anomaly, limits)
        label = _truth(parsed, row)
        right = decision == label
    return WindowResult(row.sample, row.id, row.start_ms, label, decision, right)


def _truth(parsed: _Results, row: _Row) -> str:
    if row.scores is not None:
        return row.label if row.label in parsed.classes else ANOMALY
    return NORMAL if row.label in parsed.normal else ANOMALY


def _confusion(
    parsed: _Results, decided: Sequence[WindowResult]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, ...], ...]]:
    if parsed.regression is not None:
        return (), (), ()
    named = parsed.classes if any(row.scores for row in parsed.windows) else (NORMAL,)
    has_odd = any(ANOMALY in (item.label, item.decision) for item in decided)
    odd = (ANOMALY,) if has_odd and ANOMALY not in named else ()
    rows = (*named, *odd)
    columns = (*named, *odd, *((UNCERTAIN,) if UNCERTAIN not in named else ()))
    found = Counter((item.label, item.decision) for item in decided)
    return rows, columns, tuple(tuple(found[row, column] for column in columns) for row in rows)


def _classes(
    rows: Sequence[str], columns: Sequence[str], confusion: Sequence[Sequence[int]]
) -> tuple[ClassResult, ...]:
    found = []
    for index, name in enumerate(rows):
        hits = confusion[index][columns.index(name)]
        support = sum(confusion[index])
        claimed = sum(row[columns.index(name)] for row in confusion)
        precision = hits / claimed if claimed else None
        recall = hits / support if support else None
        total = claimed + support
        found.append(
            ClassResult(name, support, precision, recall, 2 * hits / total if total else None)
        )
    return tuple(found)


def _samples(decided: Iterable[WindowResult]) -> tuple[SampleResult, ...]:
    by_sample: dict[tuple[str, str], list[WindowResult]] = {}
    for item in decided:
        by_sample.setdefault((item.sample, item.sample_id), []).append(item)
    found = []
    for (name, id_), items in by_sample.items():
        counts = Counter(item.decision for item in items)
        labels = Counter(item.label for item in items)
        found.append(
            SampleResult(
                sample=name,
                sample_id=id_,
                label=labels.most_common(1)[0][0],
                decision=counts.most_common(1)[0][0],
                windows=len(items),
                right=sum(item.is_right for item in items),
                counts=dict(sorted(counts.items())),
            )
        )
    return tuple(sorted(found, key=lambda item: (item.right / item.windows, item.sample)))
