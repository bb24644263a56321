"""Every command does its work, says what comes next, and prints JSON when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinsmith import __version__
from tinsmith.impulse.design import load_impulse

Command = Callable[..., Any]
Copy = Callable[[str], Path]


def test_version_and_help(tinsmith: Command) -> None:
    assert tinsmith("--version").out == f"tinsmith {__version__}\n"
    shown = tinsmith("--help").out
    order = [
        shown.index(f" {name} ")
        for name in ("new", "import", "inspect", "design", "train", "test", "profile", "deploy")
    ]
    assert order == sorted(order)


@pytest.mark.slow
def test_the_module_is_the_program(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tinsmith.cli", "inspect", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "no project here or above" in json.loads(result.stdout)["error"]


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_error(recordings: Path, tmp_path: Path) -> None:
    program = f"{sys.executable} -m tinsmith.cli"
    line = f"{program} new p >/dev/null 2>&1; {program} inspect -p p --json | head -c 1"
    shell = ["bash", "-o", "pipefail", "-c", line]
    result = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    assert result.stdout == "{"


def test_new_makes_a_project(tinsmith: Command, tmp_path: Path) -> None:
    found = tinsmith("new", tmp_path / "watch", "--json")
    assert found.code == 0
    assert found.document == {"project": "watch", "path": str(tmp_path / "watch")}
    again = tinsmith("new", tmp_path / "watch")
    assert again.code == 2
    assert "error: " in again.err
    assert "this folder is not empty" in again.err
    assert "hint: choose a new folder" in again.err


@pytest.mark.slow
def test_import_reads_splits_and_stores(
    tinsmith: Command, recordings: Path, tmp_path: Path
) -> None:
    tinsmith("new", tmp_path / "p")
    shown = tinsmith("import", recordings, "-p", tmp_path / "p")
    assert shown.code == 0
    assert "Imported 30 recordings with 3 labels: " in shown.err
    assert "Next: tinsmith inspect" in shown.err
    again = tinsmith("import", recordings, "-p", tmp_path / "p", "--json")
    assert again.code == 0
    assert again.document["imported"] == 0
    assert len(again.document["problems"]) == 30
    assert "already there" in again.document["problems"][0]["message"]


def test_import_takes_labels_and_metadata_from_a_pattern(
    tinsmith: Command, recordings: Path, tmp_path: Path
) -> None:
    tinsmith("new", tmp_path / "p")
    found = tinsmith(
        "import", recordings, "-p", tmp_path / "p", "--pattern", "{label}.{run:d}.csv",
        "--split-by", "run", "--test-values", "00,01,02", "--json",
    )  # fmt: skip
    assert found.code == 0, found.err
    parts = [item["category"] for item in found.document["samples"]]
    assert parts.count("testing") == 3
    assert {item["label"] for item in found.document["samples"]} == {"idle", "turning", "rattling"}


def test_import_gives_everything_one_label_and_part(
    tinsmith: Command, recordings: Path, tmp_path: Path
) -> None:
    tinsmith("new", tmp_path / "p")
    files = sorted(recordings.iterdir())[:2]
    found = tinsmith(
        "import", *files, "-p", tmp_path / "p", "--label", "odd", "--category", "testing", "--json"
    )
    assert [(item["label"], item["category"]) for item in found.document["samples"]] == [
        ("odd", "testing")
    ] * 2


def test_import_help_teaches(tinsmith: Command) -> None:
    shown = tinsmith("import", "--help").out
    for word in ("WAV", "CBOR", "info.labels", "--pattern", "--split-by subject", "80/20"):
        assert word in shown


@pytest.mark.slow
def test_inspect_counts(tinsmith: Command, project: Copy) -> None:
    folder = project("imported")
    found = tinsmith("inspect", "-p", folder, "--json").document
    assert (found["samples"], found["recordings"], found["pictures"]) == (30, 30, 0)
    assert [item["label"] for item in found["classes"]] == ["idle", "rattling", "turning"]
    shown = tinsmith("inspect", "-p", folder)
    assert shown.code == 0
    for text in ("machine watch", "100 Hz", "accX", "rattling", "30 s", "█"):
        assert text in shown.out


@pytest.mark.slow
def test_inspect_draws(tinsmith: Command, project: Copy, tmp_path: Path) -> None:
    folder = project("imported")
    shown = tinsmith("inspect", "-p", folder, "--draw", "--plot", tmp_path / "examples.png")
    assert shown.code == 0
    assert any("\u2800" < char <= "\u28ff" for char in shown.out)
    assert (tmp_path / "examples.png").read_bytes().startswith(b"\x89PNG")


def test_inspect_of_an_empty_project_says_what_to_do(tinsmith: Command, tmp_path: Path) -> None:
    tinsmith("new", tmp_path / "p")
    shown = tinsmith("inspect", "-p", tmp_path / "p")
    assert shown.code == 0
    assert "Next: tinsmith import" in shown.err


def test_design_makes_changes_and_shows(tinsmith: Command, project: Copy) -> None:
    folder = project("imported")
    first = tinsmith("design", "-p", folder)
    assert "windows of 2000 ms every 1000 ms at 100 Hz" in first.out
    found = tinsmith(
        "design", "-p", folder, "--preset", "anomaly", "--set", "input.window_ms=1000",
        "--set", "anomaly.clusters=5", "--set", "spectral.parameters.fft_length=32",
        "--set", "name=watch", "--json",
    )  # fmt: skip
    assert found.code == 0, found.err
    design = load_impulse(folder / "impulse.toml")
    assert design.model_dump(mode="json") == found.document
    assert design.name == "watch"
    assert design.processing[0].parameters["fft_length"] == 32
    assert design.learning[0].clusters == 5
    kept = tinsmith("design", "-p", folder, "--json").document
    assert kept == found.document


def test_design_warns_of_what_it_takes_but_does_not_like(tinsmith: Command, project: Copy) -> None:
    folder = project("imported")
    tinsmith("design", "-p", folder, "--preset", "motion")
    shown = tinsmith("design", "-p", folder, "--set", "spectral.parameters.fft_length=4096")
    assert shown.code == 0, shown.err
    assert "warning: spectral: " in shown.err


def test_train_learns_and_remembers(tinsmith: Command, project: Copy) -> None:
    pytest.importorskip("torch", reason="the learn extra is not installed")
    folder = project("designed")
    found = tinsmith("train", "-p", folder, "--json")
    assert found.code == 0, found.err
    assert found.document["classes"] == ["idle", "rattling", "turning"]
    assert len(found.document["history"]) == 6
    model = (folder / "model" / "int8.tflite").read_bytes()
    again = tinsmith("train", "-p", folder)
    assert again.code == 0
    assert "parameters" in again.out
    assert "Next: tinsmith test" in again.err
    assert (folder / "model" / "int8.tflite").read_bytes() == model


def test_test_measures_both_variants(tinsmith: Command, project: Copy) -> None:
    folder = project("trained")
    found = tinsmith("test", "-p", folder, "--json")
    assert found.code == 0, found.err
    assert set(found.document) == {"float32", "int8"}
    assert found.document["int8"]["classification"]["accuracy"] >= 0.9
    saved = json.loads((folder / "results" / "test.json").read_text(encoding="utf-8"))
    assert saved == found.document
    shown = tinsmith("test", "-p", folder)
    for text in ("accuracy", "Confusion", "rattling", "recall"):
        assert text in shown.out


def test_profile_counts(tinsmith: Command, project: Copy) -> None:
    folder = project("trained")
    found = tinsmith("profile", "-p", folder, "--json")
    assert found.code == 0, found.err
    assert found.document["target"] == "cortex-m4f"
    assert found.document["instructions"] > 10_000
    assert (folder / "results" / "profile-cortex-m4f-int8.json").is_file()
    shown = tinsmith("profile", "-p", folder, "--target", "cortex-m33", "--variant", "float32")
    for text in ("spectral", "statistics", "softmax", "total", "start-up", "RAM in all"):
        assert text in shown.out
    on_host = tinsmith("profile", "-p", folder, "--target", "host")
    assert on_host.code == 0
    assert "counted on the Cortex-M targets" in on_host.err


@pytest.mark.slow
def test_deploy_packages_what_was_verified(
    tinsmith: Command, project: Copy, tmp_path: Path
) -> None:
    folder = project("trained")
    found = tinsmith("deploy", "-p", folder, "--json")
    assert found.code == 0, found.err
    path = Path(found.document["path"])
    assert path == folder / "deployments" / "machine_watch-int8-cortex-m4f.zip"
    verification = found.document["verification"]
    assert verification["features_bit_identical"] is True
    assert verification["quality"]["metric"] == "accuracy"
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert json.loads(package.read("verification.json")) == verification
    shown = tinsmith("deploy", "-p", folder, "--out", tmp_path / "firmware", "--target", "host")
    assert shown.code == 0, shown.err
    assert "bit-identical" in shown.out
    assert (tmp_path / "firmware" / "machine_watch-int8-host.zip").is_file()


def test_classify_runs_one_file(tinsmith: Command, project: Copy, recordings: Path) -> None:
    folder = project("trained")
    file = recordings / "rattling.02.csv"
    found = tinsmith("classify", file, "-p", folder, "--json")
    assert found.code == 0, found.err
    windows = found.document["windows"]
    assert [row["start_ms"] for row in windows] == [0.0, 1000.0]
    for row in windows:
        assert max(row["scores"], key=row["scores"].get) == "rattling"
    shown = tinsmith("classify", file, "-p", folder, "--variant", "float32")
    assert "rattling" in shown.out
    assert "1.00 s" in shown.out


def test_a_project_is_found_from_inside(
    tinsmith: Command, project: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("imported")
    monkeypatch.chdir(folder / "data")
    assert tinsmith("inspect", "--json").document["samples"] == 30


@pytest.mark.slow
def test_sounds_take_the_whole_way(
    tinsmith: Command,
    tmp_path: Path,
    sound: Callable[..., Any],
    wav_of: Callable[[Any], bytes],
) -> None:
    pytest.importorskip("torch", reason="the learn extra is not installed")
    for index in range(18):
        label = ("hum", "siren", "hiss")[index % 3]
        path = tmp_path / "sounds" / label / f"{index}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav_of(sound(label, index)))
    folder = tmp_path / "p"
    tinsmith("new", folder)
    assert tinsmith("import", tmp_path / "sounds", "-p", folder).code == 0
    designed = tinsmith(
        "design", "-p", folder, "--set", "network.training.epochs=2",
        "--set", "network.training.threads=1", "--json",
    )  # fmt: skip
    assert designed.document["processing"][0]["type"] == "mfe"
    assert tinsmith("train", "-p", folder).code == 0
    found = tinsmith("classify", tmp_path / "sounds/hum/0.wav", "-p", folder, "--json")
    assert found.code == 0, found.err
    assert set(found.document["windows"][0]["scores"]) == {"hum", "siren", "hiss"}
    assert "\u28ff" in tinsmith("inspect", "-p", folder, "--draw").out
    long = tinsmith("design", "-p", folder, "--set", "mfe.parameters.frame_length_s=0.05")
    assert long.code == 0, long.err
    assert "warning: mfe: " in long.err
    assert "FFT" in long.err


def test_pictures_take_the_whole_way(
    tinsmith: Command,
    tmp_path: Path,
    picture: Callable[..., Any],
    png_of: Callable[[Any], bytes],
) -> None:
    pytest.importorskip("torch", reason="the learn extra is not installed")
    for index in range(18):
        label = ("disc", "square", "cross")[index % 3]
        path = tmp_path / "shapes" / label / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_of(picture(label, index)))
    folder = tmp_path / "p"
    tinsmith("new", folder)
    assert "18 pictures" in tinsmith("import", tmp_path / "shapes", "-p", folder).err
    changes = ("input.width=32", "input.height=32", *("network.training.epochs=1",))
    words = [word for change in changes for word in ("--set", change)]
    assert tinsmith("design", "-p", folder, *words).code == 0
    assert tinsmith("train", "-p", folder).code == 0
    found = tinsmith("classify", tmp_path / "shapes/disc/0.png", "-p", folder, "--json")
    assert found.code == 0, found.err
    assert len(found.document["windows"]) == 1
    assert "▀" in tinsmith("inspect", "-p", folder, "--draw").out
