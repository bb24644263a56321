"""The demonstration's steps: the same library calls that the commands make."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinsmith.cli.demonstration.data import watch_samples
from tinsmith.core.errors import VerificationError
from tinsmith.core.paths import cache_dir, write_atomic
from tinsmith.core.progress import Progress
from tinsmith.datasets.windows import Windows
from tinsmith.deployment.deploy import DeploymentResult, deploy
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.evaluate import Evaluation, evaluate
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import VARIANTS, FittedImpulse
from tinsmith.impulse.profile import Profile, profile
from tinsmith.impulse.project import Project, create_project
from tinsmith.toolchain import compile_program, target

CORE = "cortex-m4f"
# Unseen windows handed to the example program of the deployed library.
PROGRAM_WINDOWS = 20


@dataclass
class Demonstration:
    """What the steps found, in their order."""

    project: Project
    started: float = field(default_factory=time.monotonic)
    fitted: FittedImpulse | None = None
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    profile: Profile | None = None
    deployment: DeploymentResult | None = None
    program_agreement: float = 0.0


def design() -> Impulse:
    """Spectral features and statistics of 4 s windows into a small dense network.

    Spectral features discard the mean, and with it gravity; statistics bring it back. The copies
    stand for a watch worn on the other arm and strapped on a little differently.
    """
    return parse_impulse(
        {
            "name": "shoulder exercises",
            "input": {
                "type": "time-series",
                "window_ms": 4000,
                "stride_ms": 1000,
                "interval_ms": 20,
                "group_key": "subject",
            },
            "processing": [
                {
                    "id": "spectral",
                    "type": "spectral_analysis",
                    "parameters": {"fft_length": 64},
                },
                {"id": "statistics", "type": "flatten"},
            ],
            "learning": [
                {
                    "id": "exercise",
                    "type": "classification",
                    "training": {"epochs": 40, "batch_size": 128},
                    "augmentation": {
                        "copies": 3,
                        "mirror": 0.5,
                        "rotation_rad": 0.15,
                        "scale": 0.1,
                        "time_warp": 1.1,
                    },
                }
            ],
        }
    )


def start(folder: Path) -> Demonstration:
    """An empty project in `folder`, replacing the one of an earlier run."""
    root = folder / "project"
    if root.exists():
        shutil.rmtree(root)
    folder.mkdir(parents=True, exist_ok=True)
    return Demonstration(create_project(root, "shoulder exercises"))


def import_recordings(demo: Demonstration, progress: Progress) -> int:
    """Downloads and stores the recordings; how many there are."""
    samples = watch_samples(cache_dir() / "demo")
    demo.project.save_impulse(design())
    return len(demo.project.library.add(samples, progress=progress).added)


def train(demo: Demonstration, progress: Progress) -> FittedImpulse:
    """Learns from the people who train."""
    project = demo.project
    demo.fitted = fit(
        project.impulse(), project.samples("training"), cache=project.cache, progress=progress
    )
    project.save_fitted(demo.fitted)
    return demo.fitted


def test(demo: Demonstration, progress: Progress) -> dict[str, Evaluation]:
    """Runs the compiled impulse on people who were never trained on."""
    samples = demo.project.samples("testing")
    for variant in VARIANTS:
        demo.evaluations[variant] = evaluate(_fitted(demo), samples, variant, progress=progress)
    demo.project.save_result("test", {k: v.to_dict() for k, v in demo.evaluations.items()})
    return demo.evaluations


def measure(demo: Demonstration) -> Profile:
    """What a window costs on the microcontroller."""
    demo.profile = profile(_fitted(demo), _unseen(demo).values, target=CORE)
    demo.project.save_result(f"profile-{CORE}-int8", demo.profile.to_dict())
    return demo.profile


def package(demo: Demonstration, progress: Progress) -> DeploymentResult:
    """Packages the library, verified on unseen windows spread over all of them."""
    folder = demo.project.root / "deployments"
    folder.mkdir(exist_ok=True)
    demo.deployment = deploy(_fitted(demo), _unseen(demo), folder, core=CORE, progress=progress)
    return demo.deployment


def run_library(demo: Demonstration, folder: Path) -> float:
    """Builds the package's own example as a customer would and runs it on unseen windows.

    Returns:
        Share of the windows for which the program names the class that testing found.
    """
    if demo.deployment is None:
        raise VerificationError("there is no package to run")
    source = folder / "library"
    if source.exists():
        shutil.rmtree(source)
    with zipfile.ZipFile(demo.deployment.path) as archive:
        archive.extractall(source)
    root = next(source.rglob("examples/main.c")).parent.parent
    library = [path for part in ("src", "model") for path in (root / part).rglob("*.c")]
    program = compile_program(
        [root / "examples" / "main.c", *sorted(library)],
        target("host"),
        output=folder / "classify",
        include_dirs=[root / "include", root / "model"],
        flags=("-std=c99", "-O2"),
    )
    result = demo.evaluations["int8"]
    rows = np.unique(np.linspace(0, len(result.windows) - 1, PROGRAM_WINDOWS).astype(int))
    scores = result.prediction.scores
    if scores is None:
        raise VerificationError("the impulse has no scores to compare")
    same = 0
    for row in rows:
        text = ",".join(repr(float(value)) for value in result.windows.values[row])
        file = folder / "window.csv"
        write_atomic(file, text.encode())
        printed = subprocess.run([program, file], check=True, capture_output=True, text=True).stdout
        same += _best_class(printed, result.classes) == result.classes[int(scores[row].argmax())]
    demo.program_agreement = same / len(rows)
    return demo.program_agreement


def _best_class(printed: str, classes: tuple[str, ...]) -> str:
    """The class with the highest score in the program's output, lines of `name: score`."""
    found: dict[str, float] = {}
    for line in printed.splitlines():
        name, mark, value = line.strip().rpartition(":")
        if mark and name.strip() in classes:
            found[name.strip()] = float(value)
    return max(found, key=lambda name: found[name])


def summary(demo: Demonstration) -> dict[str, object]:
    """The numbers of `report.json`."""
    deployment, cost = demo.deployment, demo.profile
    if deployment is None or cost is None:
        raise VerificationError("the demonstration did not finish")
    accuracy = {
        name: result.classification.accuracy if result.classification else None
        for name, result in demo.evaluations.items()
    }
    return {
        "accuracy_float32": accuracy["float32"],
        "accuracy_int8": accuracy["int8"],
        "agreement": deployment.report.agreement,
        "features_bit_identical": deployment.report.features_bit_identical,
        "scores_bit_identical": deployment.report.values_bit_identical,
        "windows_compared": deployment.report.windows_compared,
        "library_agreement": demo.program_agreement,
        "instructions": cost.instructions,
        "ram_bytes": cost.ram_bytes,
        "flash_bytes": cost.flash_bytes,
        "seconds": round(time.monotonic() - demo.started, 1),
    }


def save_summary(demo: Demonstration, path: Path) -> dict[str, object]:
    """Writes `report.json` and returns what is in it."""
    found = summary(demo)
    write_atomic(path, (json.dumps(found, indent=1) + "\n").encode())
    return found


def _fitted(demo: Demonstration) -> FittedImpulse:
    return demo.fitted or demo.project.fitted()


def _unseen(demo: Demonstration) -> Windows:
    fitted = _fitted(demo)
    return cut_windows(demo.project.samples("testing"), fitted.design, fitted.window).labelled()
