"""`tinsmith compile` on public models and on files that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


def test_a_model_becomes_a_folder_of_c(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    out = tmp_path / "keywords"
    done = tinsmith("compile", shared_models / "tflm_micro_speech_int8.tflite", "--out", out)
    assert done.code == 0, done.err
    names = {path.name for path in out.iterdir()}
    assert {"plan.json", "plan.svg", "Makefile", "README.md", "example.c"} <= names
    assert "tflm_micro_speech_int8.c" in names
    plan = json.loads((out / "plan.json").read_text())
    assert plan["target"] == "cortex-m4f"
    assert plan["plan"]["arena_bytes"] == plan["arena_bytes"] > 4000
    assert str(plan["arena_bytes"]) in done.err.replace(",", "")


def test_measuring_counts_instructions_and_compares_bits(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    done = tinsmith(
        "compile", shared_models / "tflm_micro_speech_int8.tflite", "--out", tmp_path / "out",
        "--explain", "--measure", "--board", "nano-33-ble-sense",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "RAM over time" in done.out
    assert "per MAC" in done.out
    assert "the same bits" in done.out
    assert "Arduino Nano 33 BLE Sense" in done.out


def test_explaining_shows_algorithms_and_estimates_without_measuring(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    model = shared_models / "tflm_micro_speech_int8.tflite"
    done = tinsmith("compile", model, "--out", tmp_path / "out", "--explain")
    assert done.code == 0, done.err
    assert "algorithm" in done.out
    assert "estimated" in done.out
    layers = json.loads((tmp_path / "out" / "plan.json").read_text())["layers"]
    assert "gathered" in {layer["algorithm"] for layer in layers}
    assert any(layer["estimate"] for layer in layers)


def test_json_holds_the_plan_and_the_measurement(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    model = shared_models / "tflm_hello_world_int8.tflite"
    done = tinsmith("compile", model, "--out", tmp_path / "out", "--measure", "--json")
    assert done.code == 0, done.err
    document = done.document
    measured = document["measured"]
    assert measured["same_as_host"] is True
    assert sum(layer["instructions"] for layer in measured["layers"]) <= measured["instructions"]
    assert document["estimate"]["board"] == "nucleo-l4r5zi"
    written = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert {**written, "folder": document["folder"]} == document


@pytest.mark.slow
def test_the_smallest_memory_is_smaller(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    model = shared_models / "mlperf_kws_dscnn_int8.tflite"
    sizes = [
        tinsmith("compile", model, "--out", tmp_path / mode, "--memory", mode, "--json").document[
            "arena_bytes"
        ]
        for mode in ("balanced", "smallest")
    ]
    assert sizes[1] < 0.7 * sizes[0]


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "expected"), (b"not a model at all", "a .tflite model has")]
)
def test_a_file_that_is_no_model_is_refused_and_nothing_written(
    tinsmith: Command, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "bad.tflite").write_bytes(content)
    done = tinsmith("compile", tmp_path / "bad.tflite", "--out", tmp_path / "out")
    assert done.code != 0
    assert message in done.err or "tflite" in done.err
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(tinsmith: Command, tmp_path: Path) -> None:
    done = tinsmith("compile", tmp_path / "none.tflite")
    assert done.code != 0
    assert "none.tflite" in done.err


def test_a_folder_with_other_files_is_left_alone(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = tinsmith("compile", shared_models / "tflm_hello_world_int8.tflite", "--out", tmp_path)
    assert done.code != 0
    assert "--out" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_board_with_another_core_is_refused(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    model = shared_models / "tflm_hello_world_int8.tflite"
    done = tinsmith("compile", model, "--out", tmp_path / "out", "--board", "raspberry-pi-pico")
    assert done.code != 0
    assert "--target cortex-m0plus" in done.err
