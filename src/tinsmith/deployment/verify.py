"""Builds an impulse for the host and for its target, runs both, and compares every bit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tinsmith import __version__
from tinsmith.core.errors import UnsupportedError, VerificationError
from tinsmith.core.hashing import digest
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.windows import regression_targets
from tinsmith.deployment.report import Memory, Quality, StageCost, VerificationReport
from tinsmith.deployment.subject import FloatArray, Subject, TestWindows, check_windows
from tinsmith.emulation import ENTRY, RunReport, run
from tinsmith.impulse.codegen import build_sources
from tinsmith.toolchain import BuildRequest, Generated, Target, build, target, zig

_OPTIMISE = "-O2"
# A host build compared with itself proves nothing; one optimised differently at least something.
_OPTIMISE_AGAIN = "-O1"
# Emulated instructions spent on comparing, a few seconds; a test set that costs more is thinned.
INSTRUCTION_BUDGET = 2_000_000_000
_MIN_COMPARED = 50


@dataclass(frozen=True)
class Verification:
    """An agreement.

    Args:
        report: What was found.
        windows: The windows both builds ran, [n, window length].
        values: Their values, [n, num_values].
    """

    report: VerificationReport
    windows: FloatArray
    values: FloatArray


def verify(
    subject: Subject,
    tests: TestWindows,
    core: Target,
    *,
    max_compared: int | None = None,
    progress: Progress = silent,
) -> Verification:
    """Proves that the build for `core` computes what the host build computes.

    All test windows run on the host. As many as `INSTRUCTION_BUDGET` allows, or `max_compared`,
    spread evenly, run on the target.

    Raises:
        DatasetError: The windows do not fit the impulse.
        UnsupportedError: Builds for `core` cannot be run here.
        VerificationError: A feature or a value differs in any bit.
    """
    check_windows(subject, tests)
    _check_runnable(core)
    progress(Step("build", 0, 2, "host"))
    on_host = _run(subject, target("host"), tests.values, _OPTIMISE)
    progress(Step("build", 1, 2, core.name))
    optimise = _OPTIMISE_AGAIN if core.family == "host" else _OPTIMISE
    most = max_compared or _affordable(_run(subject, core, tests.values[:1], optimise))
    chosen = _spread(len(tests.values), most)
    windows = np.ascontiguousarray(tests.values[chosen])
    progress(Step("verify", 0, len(chosen), core.title))
    on_core = _run(subject, core, windows, optimise)
    compare(subject, on_host.features[chosen], on_host.values[chosen], on_core)
    progress(Step("verify", len(chosen), len(chosen), core.title))
    quality = measure_quality(subject, on_host.values, tests.labels)
    agreement = share_of_same_answers(subject, on_host.values[chosen], on_core.values)
    report = _report(
        subject, core, on_core, optimise=optimise, quality=quality, agreement=agreement
    )
    return Verification(report, windows, on_core.values)


def _affordable(first: RunReport) -> int:
    """Windows the budget allows; all where instructions are not counted."""
    if not first.instructions:
        return np.iinfo(np.int32).max
    return max(_MIN_COMPARED, INSTRUCTION_BUDGET // first.instructions)


def share_of_same_answers(subject: Subject, wanted: FloatArray, found: FloatArray) -> float:
    """Share of windows with the same class on both builds; of equal values without classes."""
    if subject.learning != "classification":
        return float(np.mean(np.all(_bits(wanted) == _bits(found), axis=1)))
    classes = slice(subject.network_offset, subject.network_offset + len(subject.labels))
    same = wanted[:, classes].argmax(axis=1) == found[:, classes].argmax(axis=1)
    return float(np.mean(same))


def _check_runnable(core: Target) -> None:
    if core.family == "linux":
        raise UnsupportedError(
            f"builds for {core.name} cannot be run here, so this deployment cannot be verified",
            hint="choose host, wasm32 or a cortex-m core; the library builds for Linux as well",
        )


def _run(subject: Subject, core: Target, windows: FloatArray, optimise: str) -> RunReport:
    request = BuildRequest(
        target=core, sources=_sources(subject), exports=(ENTRY,), optimise=optimise
    )
    return run(build(request), subject.layout, windows, markers=subject.markers)


def _sources(subject: Subject) -> tuple[Path | Generated, ...]:
    return build_sources(subject.sources, subject.core_sources)


def _spread(count: int, most: int) -> npt.NDArray[np.intp]:
    """At most `most` indices out of `count`, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def compare(
    subject: Subject, features: FloatArray, values: FloatArray, measured: RunReport
) -> None:
    """Compares bit patterns, so that -0 differs from 0 and a NaN equals itself.

    Raises:
        VerificationError: Naming the first difference.
    """
    for name, wanted, found in (
        ("feature", features, measured.features),
        ("score", values, measured.values),
    ):
        if wanted.shape != found.shape:
            raise VerificationError(
                f"{measured.target} gave {name}s of shape {found.shape}; expected {wanted.shape}"
            )
        differs = _bits(wanted) != _bits(found)
        if differs.any():
            window, index = (int(i) for i in np.argwhere(differs)[0])
            raise VerificationError(
                f"{subject.title}: {int(differs.sum())} of {differs.size} {name}s differ between "
                f"host and {measured.target}; first: window {window}, {name} {index} is "
                f"{wanted[window, index]:.9g} on the host and {found[window, index]:.9g} there",
                hint="nothing was written; please report this defect of core or compiler",
            )


def _bits(values: FloatArray) -> npt.NDArray[np.uint32]:
    return np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)


def measure_quality(
    subject: Subject, values: FloatArray, labels: tuple[str, ...]
) -> Quality | None:
    """Accuracy or mean absolute error on the windows whose label the network knows, if any.

    Raises:
        DatasetError: A regression label is not a number.
    """
    is_regression = subject.learning == "regression"
    known = [
        index
        for index, label in enumerate(labels)
        if label and (is_regression or label in subject.labels)
    ]
    if subject.learning == "none" or not known:
        return None
    truth = [labels[index] for index in known]
    scores = values[known, subject.network_offset :]
    if is_regression:
        error = np.abs(scores[:, 0] - regression_targets(truth)).astype(np.float64)
        return Quality(metric="mae", value=float(error.mean()), windows=len(known))
    best = scores[:, : len(subject.labels)].argmax(axis=1)
    hits = [subject.labels[index] == label for index, label in zip(best, truth, strict=True)]
    return Quality(metric="accuracy", value=float(np.mean(hits)), windows=len(known))


def _report(
    subject: Subject,
    core: Target,
    measured: RunReport,
    *,
    optimise: str,
    quality: Quality | None,
    agreement: float,
) -> VerificationReport:
    """The report of builds that passed `compare`, which lets no differing bit through."""
    layout = subject.layout
    return VerificationReport(
        impulse=subject.title,
        variant=subject.variant,
        tinsmith=__version__,
        compiler=f"zig {zig.version()}",
        optimise=optimise,
        target=core.name,
        target_title=core.title,
        sources_sha256=_sources_hash(subject),
        windows_compared=len(measured.values),
        features_bit_identical=True,
        values_bit_identical=True,
        agreement=agreement,
        quality=quality,
        instructions=measured.instructions,
        trace=tuple(
            StageCost(name=cost.name, instructions=cost.instructions) for cost in measured.trace
        ),
        memory=Memory(
            features=4 * layout.num_features,
            values=4 * layout.num_values,
            scratch=layout.scratch_bytes,
            static_ram=measured.static_ram_bytes,
            stack=measured.stack_bytes,
            flash=measured.flash_bytes,
        ),
    )


def _sources_hash(subject: Subject) -> str:
    contents = [
        (source.name, source.text.encode())
        if isinstance(source, Generated)
        else (source.name, source.read_bytes())
        for source in _sources(subject)
    ]
    return digest(sorted(contents))
