"""`tinsmith quantization` on a project and on two files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Command = Callable[..., Any]
Copy = Callable[[str], Path]


def test_a_project_shows_its_layers(tinsmith: Command, project: Copy) -> None:
    path = project("trained")
    found = tinsmith("quantization", "-p", path, "--count", 8, "--json")
    assert found.code == 0
    assert found.document["inputs"] == 8
    layers = found.document["layers"]
    assert layers[-1]["operator"] == "SOFTMAX"
    shown = tinsmith("quantization", "-p", path, "--count", 8)
    assert "Signal over quantisation noise, 8 inputs" in shown.out
    assert f"{layers[0]['own_db']:.1f}" in shown.out


def _files(shared_models: Path, folder: Path, values: int = 640) -> list[str | Path]:
    rows = np.random.default_rng(0).uniform(-2, 2, (4, values)).astype(np.float32)
    np.save(folder / "rows.npy", rows)
    models = [shared_models / f"mlperf_ad_fcae_{kind}.tflite" for kind in ("f32", "int8")]
    return ["quantization", *models, "--inputs", folder / "rows.npy"]


@pytest.mark.slow
def test_two_files_give_a_table_and_a_picture(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "noise.svg"
    found = tinsmith(*_files(shared_models, tmp_path), "--plot", picture)
    assert found.code == 0
    assert found.out.count("FULLY_CONNECTED") == 10
    svg = ElementTree.fromstring(picture.read_text())
    assert len(svg.findall("{*}rect[@class='fine']") + svg.findall("{*}rect[@class='poor']")) == 10


@pytest.mark.parametrize("keep", [2, 3])
def test_a_half_given_pair_says_what_is_missing(
    keep: int, tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    found = tinsmith(*_files(shared_models, tmp_path)[:keep])
    assert found.code == 2
    assert "--inputs FILE.npy" in found.err


def test_inputs_of_another_size_are_refused(
    tinsmith: Command, shared_models: Path, tmp_path: Path
) -> None:
    found = tinsmith(*_files(shared_models, tmp_path, values=64))
    assert found.code == 2
    assert "expected [n, 640]" in found.err
