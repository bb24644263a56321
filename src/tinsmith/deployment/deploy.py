"""From a fitted impulse to a verified package on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinsmith.core.hashing import hash_bytes
from tinsmith.core.paths import write_atomic
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets import Windows
from tinsmith.deployment.archive import pack
from tinsmith.deployment.report import VerificationReport
from tinsmith.deployment.subject import Subject, TestWindows
from tinsmith.deployment.target import deployment_target
from tinsmith.deployment.verify import verify
from tinsmith.impulse.codegen import generate
from tinsmith.impulse.design import ImageInput
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.toolchain import Target
from tinsmith.toolchain import target as find_core


@dataclass(frozen=True)
class DeploymentResult:
    """A package that was written.

    Args:
        path: The zip.
        sha256: Of its bytes.
        files: Paths in it, sorted.
        report: What verification found.
    """

    path: Path
    sha256: str
    files: tuple[str, ...]
    report: VerificationReport


def deploy(  # noqa: PLR0913 - one setting an argument
    fitted: FittedImpulse,
    windows: Windows,
    out: Path,
    *,
    target: str = "cpp-library",
    core: str = "cortex-m4f",
    variant: Variant = "int8",
    memory: str = "balanced",
    progress: Progress = silent,
) -> DeploymentResult:
    """Verifies `fitted` on `windows` and writes the package to `out`; no agreement, no package.

    Args:
        fitted: The trained impulse.
        windows: Test windows, made with the impulse's own input block: give the whole test set. All
            run on the host, as many as `INSTRUCTION_BUDGET` allows, spread evenly, on `core`.
        out: The zip to write, or an existing folder, where it is called `<impulse>-<variant>.zip`.
        target: Form of the package, see `DEPLOYMENT_TARGETS`.
        core: What it is built for and run on, see `tinsmith.toolchain.targets`.
        variant: `float32` or `int8`.
        memory: Of the network: `balanced`, or `smallest` for parts with little RAM.
        progress: Receives reports of the stages build, verify and package.

    Raises:
        DesignError: Unknown target or core.
        DatasetError: The windows do not fit the impulse, or there is none.
        UnsupportedError: Builds for `core` cannot be run here.
        VerificationError: The build does not compute what the host computes; nothing is written.
    """
    tests = TestWindows(windows.values, windows.labels)
    subject = subject_of(fitted, variant, find_core(core), memory)
    return deploy_subject(subject, tests, out, target=target, core=core, progress=progress)


def deploy_subject(
    subject: Subject,
    tests: TestWindows,
    out: Path,
    *,
    target: str = "cpp-library",
    core: str = "cortex-m4f",
    progress: Progress = silent,
) -> DeploymentResult:
    """`deploy` for an impulse that has been turned into C already."""
    form = deployment_target(target)
    verification = verify(subject, tests, find_core(core), progress=progress)
    progress(Step("package", 0, 1, form.title))
    files = form.package(subject, verification)
    data = pack(files)
    path = out / f"{subject.name}-{subject.variant}.zip" if out.is_dir() else out
    write_atomic(path, data)
    progress(Step("package", 1, 1, str(path)))
    return DeploymentResult(path, hash_bytes(data), tuple(sorted(files)), verification.report)


def subject_of(
    fitted: FittedImpulse, variant: Variant, core: Target, memory: str = "balanced"
) -> Subject:
    """What deployment needs of a fitted impulse, with its C generated for `core`."""
    generated = generate(fitted, variant, core, memory)
    window = fitted.window
    source = fitted.design.input
    # Values lie in the order of the learning blocks.
    anomaly_first = fitted.design.learning[0].type == "anomaly_kmeans"
    anomaly_offset = None
    if fitted.clusters:
        anomaly_offset = 0 if anomaly_first else len(fitted.classes)
    return Subject(
        name=generated.name,
        title=fitted.design.name,
        variant=variant,
        learning=fitted.network.kind if fitted.network else "none",
        labels=fitted.classes,
        network_offset=1 if anomaly_first else 0,
        anomaly_offset=anomaly_offset,
        num_frames=window.num_frames,
        axis_names=window.axis_names,
        interval_ms=window.interval_ms,
        sources=generated.sources,
        core_sources=generated.core_sources,
        layout=generated.layout,
        markers=generated.markers,
        image_size=window.image_size,
        resize_mode=source.resize_mode if isinstance(source, ImageInput) else "none",
    )
