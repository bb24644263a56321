"""The recordings of the demonstration, out of a published package; nothing of it is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tinsmith.core.errors import EnvironmentError_
from tinsmith.datasets import Sample
from tinsmith.datasets.seglearn import read_watch_wheel
from tinsmith.datasets.splits import split_by_metadata

PACKAGE = "seglearn==1.2.5"
# The last three of the ten people are never trained on.
TEST_PEOPLE = ("08", "09", "10")


def watch_samples(folder: Path) -> tuple[Sample, ...]:
    """The smartwatch recordings, split by person; the package's file is kept in `folder`.

    Raises:
        EnvironmentError_: pip could not download the package.
    """
    wheels = sorted(folder.glob("seglearn-*.whl"))
    wheel = wheels[0] if wheels else _download(folder)
    return split_by_metadata(read_watch_wheel(wheel).samples, "subject", testing=TEST_PEOPLE)


def _download(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
    result = subprocess.run(
        [*command, "--disable-pip-version-check", "--dest", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    found = sorted(folder.glob("seglearn-*.whl"))
    if result.returncode or not found:
        raise EnvironmentError_(
            f"the demonstration's recordings could not be downloaded: {result.stderr.strip()}",
            hint=f"with a connection, run: pip download --no-deps {PACKAGE} --dest {folder}",
        )
    return found[0]
