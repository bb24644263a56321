"""Commands run in this process, and projects to run them on."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.cli import main
from tinsmith.signals import Image, Signal

LABELS = ("idle", "turning", "rattling")
QUICK = ("network.training.epochs=6", "network.training.threads=1")


@dataclass(frozen=True)
class Result:
    """What a command left on the screen."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout, which must be all there is."""
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def tinsmith(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the program as the entry point does, 100 columns wide."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")

    def run(*arguments: str | Path) -> Result:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["tinsmith", *(str(item) for item in arguments)])
        code: Any = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        shown = capsys.readouterr()
        return Result(int(code or 0), shown.out, shown.err)

    return run


@pytest.fixture(scope="session")
def csv_of() -> Callable[[Signal], str]:
    """A recording as CSV with a time column in milliseconds."""

    def write(signal: Signal) -> str:
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["timestamp", *(sensor.name for sensor in signal.sensors)])
        for index, row in enumerate(signal.values):
            rows.writerow([f"{index * signal.interval_ms:g}", *(f"{value:.6g}" for value in row)])
        return text.getvalue()

    return write


@pytest.fixture(scope="session")
def wav_of() -> Callable[[Signal], bytes]:
    """A sound as 16 bit WAV."""

    def write(signal: Signal) -> bytes:
        import soundfile

        data = io.BytesIO()
        values = np.clip(signal.values, -32768, 32767).astype(np.int16)
        soundfile.write(data, values, round(signal.frequency_hz), format="WAV", subtype="PCM_16")
        return data.getvalue()

    return write


@pytest.fixture(scope="session")
def png_of() -> Callable[[Image], bytes]:
    """A picture as PNG."""

    def write(image: Image) -> bytes:
        from PIL import Image as Pillow

        data = io.BytesIO()
        Pillow.fromarray(image.pixels).save(data, "PNG")
        return data.getvalue()

    return write


@pytest.fixture(scope="session")
def recordings(
    tmp_path_factory: pytest.TempPathFactory,
    motion: Callable[..., Signal],
    csv_of: Callable[[Signal], str],
) -> Path:
    """30 CSV files of three machines, named `<label>.<number>.csv`."""
    folder = tmp_path_factory.mktemp("recordings")
    for index in range(30):
        label = LABELS[index % 3]
        (folder / f"{label}.{index:02d}.csv").write_text(csv_of(motion(label, index)))
    return folder


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> dict[str, Path]:
    """Projects at each stage; made once, copied for each test."""
    root = tmp_path_factory.mktemp("projects")
    stages: dict[str, Path] = {}

    def keep(name: str) -> None:
        stages[name] = root / name
        shutil.copytree(root / "project", stages[name])

    call("new", str(root / "project"), "--name", "machine watch")
    call("import", str(recordings), "-p", str(root / "project"))
    keep("imported")
    changes = [word for change in QUICK for word in ("--set", change)]
    call("design", "-p", str(root / "project"), "--preset", "motion", *changes)
    keep("designed")
    if importlib.util.find_spec("torch"):
        call("train", "-p", str(root / "project"))
        keep("trained")
    return stages


def call(*arguments: str) -> None:
    """One command that must succeed, in this process."""
    from tinsmith.cli.app import app

    app(list(arguments), standalone_mode=False)


@pytest.fixture
def project(_finished: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A fresh copy of a project: `imported`, `designed` or `trained`."""

    def copy(stage: str) -> Path:
        if stage == "trained":
            pytest.importorskip("torch", reason="the learn extra is not installed")
        return Path(shutil.copytree(_finished[stage], tmp_path / stage))

    return copy
