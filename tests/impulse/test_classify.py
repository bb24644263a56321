"""One sample through the compiled impulse."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.classify import classify
from tinsmith.impulse.evaluate import evaluate
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.rescore import Thresholds

SampleMaker = Callable[..., tuple[Sample, ...]]


@pytest.mark.slow
def test_a_sample_gives_the_rows_of_a_test(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    sample = testing_samples[1]
    tested = evaluate(fitted, [sample], "int8").to_dict()["windows"]
    found = classify(fitted, sample, "int8")
    plain = json.loads(json.dumps(found.to_dict()))
    assert [row["start_ms"] for row in plain["windows"]] == [row["start_ms"] for row in tested]
    for row, other in zip(plain["windows"], tested, strict=True):
        assert list(row["scores"].values()) == pytest.approx(other["scores"], abs=1e-6)
        assert row["anomaly"] == pytest.approx(other["anomaly"], abs=1e-6)
    assert sum(found.summary.values()) == len(found.windows) == len(found.raw) == 5
    assert found.features.shape[0] == 5
    assert max(found.summary, key=lambda name: found.summary[name]) == sample.label


def test_no_label_and_no_metadata_are_needed(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    bare = testing_samples[0].with_(label="", metadata={})
    assert classify(fitted, bare).summary == classify(fitted, testing_samples[0]).summary


def test_thresholds_turn_classes_into_uncertain_and_anomaly(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    sample = testing_samples[0]
    assert classify(fitted, sample, thresholds=Thresholds(anomaly=-1e9)).summary == {"anomaly": 5}
    sure = classify(fitted, sample, thresholds=Thresholds(minimum_confidence=1.0))
    unsure = [row for row in sure.windows if row.scores and max(row.scores.values()) < 1.0]
    assert sure.summary.get("uncertain", 0) == len(unsure)


def test_a_sample_of_another_kind_is_refused(
    fitted: FittedImpulse, picture_samples: SampleMaker
) -> None:
    with pytest.raises(DatasetError, match="pictures"):
        classify(fitted, picture_samples(1)[0])
