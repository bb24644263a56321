"""No agreement, no package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError, UnsupportedError, VerificationError
from tinsmith.core.progress import Step
from tinsmith.deployment import (
    Subject,
    TestWindows,
    VerificationReport,
    deploy_subject,
    verify,
)
from tinsmith.deployment.verify import compare, measure_quality
from tinsmith.emulation import RunReport
from tinsmith.toolchain import target


def report_of(features: np.ndarray, values: np.ndarray) -> RunReport:
    return RunReport(
        target="cortex-m4f",
        features=features.astype(np.float32),
        values=values.astype(np.float32),
        instructions=None,
        trace=(),
        stack_bytes=None,
        static_ram_bytes=None,
        flash_bytes=None,
        seconds=0.0,
    )


def test_a_microcontroller_agrees_and_is_measured(subject: Subject, tests: TestWindows) -> None:
    report = verify(subject, tests, target("cortex-m4f")).report
    assert report.windows_compared == 12
    assert report.features_bit_identical
    assert report.values_bit_identical
    assert report.agreement == 1.0
    assert report.instructions is not None
    assert report.instructions > 1000
    assert {"toy_run", "toy_layer", "tin_kmeans_score"} <= {cost.name for cost in report.trace}
    stages = sum(cost.instructions for cost in report.trace[1:])
    assert abs(stages - report.instructions) < 100  # loops around the calls
    assert report.memory.flash is not None
    assert report.memory.flash > 500
    assert report.memory.stack is not None
    assert report.memory.static_ram is not None
    assert report.memory.static_ram >= report.memory.buffers == 24 + 16 + 112


@pytest.mark.parametrize("core", ["wasm32", "cortex-m0plus", "cortex-m3", "cortex-m33"])
def test_other_cores_agree(subject: Subject, tests: TestWindows, core: str) -> None:
    assert verify(subject, tests, target(core)).report.values_bit_identical


def test_a_build_that_differs_is_refused_and_nothing_is_written(
    skewed: Subject, tests: TestWindows, tmp_path: Path
) -> None:
    with pytest.raises(
        VerificationError, match=r"features differ.*cortex-m4f.*window 0, feature 1"
    ):
        deploy_subject(skewed, tests, tmp_path / "out.zip", core="cortex-m4f")
    assert not list(tmp_path.iterdir())


def test_a_refused_build_leaves_the_earlier_package_alone(
    subject: Subject, skewed: Subject, tests: TestWindows, tmp_path: Path
) -> None:
    path = deploy_subject(subject, tests, tmp_path / "out.zip", core="cortex-m4f").path
    before = path.read_bytes()
    with pytest.raises(VerificationError):
        deploy_subject(skewed, tests, path, core="cortex-m4f")
    assert path.read_bytes() == before


@pytest.mark.parametrize("tampered", ["features", "values"])
def test_one_bit_is_a_difference(subject: Subject, tampered: str) -> None:
    features = np.ones((3, 6), np.float32)
    values = np.zeros((3, 4), np.float32)
    compare(subject, features, values, report_of(features, values))
    changed = {"features": features.copy(), "values": values.copy()}
    changed[tampered][1, 2] = np.nextafter(changed[tampered][1, 2], np.float32(2))
    with pytest.raises(VerificationError, match=r"1 of \d+ .*window 1, (feature|score) 2"):
        compare(subject, features, values, report_of(**changed))


def test_negative_zero_differs_and_nan_equals_itself(subject: Subject) -> None:
    features = np.full((1, 6), np.nan, np.float32)
    zero = np.zeros((1, 4), np.float32)
    compare(subject, features, zero, report_of(features, zero))
    with pytest.raises(VerificationError, match="score 0 is 0 on the host and -0 there"):
        compare(subject, features, zero, report_of(features, -zero))


def test_a_missing_window_is_a_difference(subject: Subject) -> None:
    features = np.ones((3, 6), np.float32)
    values = np.zeros((3, 4), np.float32)
    with pytest.raises(VerificationError, match="shape"):
        compare(subject, features, values, report_of(features[:2], values[:2]))


def test_windows_to_compare_are_spread_over_all(subject: Subject, tests: TestWindows) -> None:
    verification = verify(subject, tests, target("host"), max_compared=3)
    assert verification.report.windows_compared == 3
    assert np.array_equal(verification.windows[0], tests.values[0])
    assert np.array_equal(verification.windows[-1], tests.values[-1])
    assert verification.report.quality is not None
    assert verification.report.quality.windows == 12


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (np.zeros((0, 78), np.float32), "no test window"),
        (np.zeros((2, 77), np.float32), "77 values; the impulse takes 78"),
        (np.full((2, 78), np.nan, np.float32), "window 0"),
    ],
)
def test_windows_that_prove_nothing_are_refused(
    subject: Subject, values: np.ndarray, complaint: str
) -> None:
    with pytest.raises(DatasetError, match=complaint):
        verify(subject, TestWindows(values, ("idle",) * len(values)), target("host"))


def test_a_core_that_cannot_run_here_is_refused(subject: Subject, tests: TestWindows) -> None:
    with pytest.raises(UnsupportedError, match="linux-aarch64"):
        verify(subject, tests, target("linux-aarch64"))


def test_unknown_targets_are_refused(subject: Subject, tests: TestWindows, tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="cpp-library"):
        deploy_subject(subject, tests, tmp_path, target="cassette")
    with pytest.raises(DesignError, match="cortex-m4f"):
        deploy_subject(subject, tests, tmp_path, core="z80")


def test_accuracy_counts_labelled_windows_only(subject: Subject) -> None:
    values = np.array([[0.9, 0.1, 0, 5], [0.2, 0.7, 0.1, 5], [0, 0, 1, 5]], np.float32)
    quality = measure_quality(subject, values, ("idle", "", "idle"))
    assert quality is not None
    assert (quality.metric, quality.value, quality.windows) == ("accuracy", 0.5, 2)
    assert measure_quality(subject, values, ("", "", "never trained on")) is None


def test_scores_are_found_behind_the_anomaly(subject: Subject) -> None:
    first = replace(subject, anomaly_offset=0, network_offset=1)
    values = np.array([[9, 0.9, 0.1, 0]], np.float32)
    quality = measure_quality(first, values, ("idle",))
    assert quality is not None
    assert quality.value == 1.0


def test_regression_is_measured_by_its_error(subject: Subject) -> None:
    regression = replace(subject, learning="regression", labels=("value",), anomaly_offset=None)
    quality = measure_quality(regression, np.array([[1.5], [4.0]], np.float32), ("1", "5"))
    assert quality is not None
    assert (quality.metric, quality.value) == ("mae", 0.75)
    with pytest.raises(DatasetError, match="much"):
        measure_quality(regression, np.array([[1.5]], np.float32), ("much",))


def test_the_report_reads_back(subject: Subject, tests: TestWindows) -> None:
    report = verify(subject, tests, target("host")).report
    assert VerificationReport.model_validate_json(report.to_json()) == report


def test_progress_names_the_stages(subject: Subject, tests: TestWindows, tmp_path: Path) -> None:
    steps: list[Step] = []
    deploy_subject(subject, tests, tmp_path, core="host", progress=steps.append)
    assert list(dict.fromkeys(step.stage for step in steps)) == ["build", "verify", "package"]
