"""A compiled model as a folder: complete, warning-free, and computing what the model computes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.deployment.model_library import model_library
from tinsmith.emulation.network import run_network
from tinsmith.toolchain import target

CORE = target("cortex-m4f")


def compiled_of(shared_models: Path, model: str) -> CompiledModel:
    data = (shared_models / f"{model}.tflite").read_bytes()
    return compile_model(data, name="network", backend=CORE.backend)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["tflm_micro_speech_int8", "mlperf_ad_fcae_f32"])
def test_the_folder_builds_without_warnings_and_prints_the_output(
    shared_models: Path, tmp_path: Path, model: str
) -> None:
    if shutil.which("make") is None or shutil.which("gcc") is None:
        pytest.skip("make and gcc are not installed")
    compiled = compiled_of(shared_models, model)
    for path, data in model_library(compiled, "network", CORE, {"steps": []}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    built = subprocess.run(
        ["make", "-s", "CC=gcc"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert built.stderr == ""
    shown = subprocess.run(
        [tmp_path / "build" / "example"], capture_output=True, text=True, check=True
    )
    port = compiled.inputs[0]
    zero = np.full(port.shape, port.zero_point, port.dtype)
    done = run_network(compiled, "network", target("host"), [[zero]])
    out = compiled.outputs[0]
    expected = out.scale * (done.outputs[0][0].astype(np.float64) - out.zero_point)
    printed = [float(line) for line in shown.stdout.split()]
    np.testing.assert_allclose(printed, expected.reshape(-1), rtol=1e-5, atol=1e-9)


def test_documents_name_ports_memory_and_plan(shared_models: Path) -> None:
    compiled = compiled_of(shared_models, "mlperf_kws_dscnn_int8")
    files = model_library(compiled, "network", CORE, {"mode": "balanced"})
    readme = files["README.md"].decode()
    assert "input_1: int8, 1 × 49 × 10 × 1, value = 0.584702909 × (q − 83)" in readme
    assert "(q + 128)" in readme
    assert f"{compiled.arena_bytes:,} bytes" in readme
    assert json.loads(files["plan.json"]) == {"mode": "balanced"}
    assert "{" + "{" not in readme


def test_the_same_model_gives_the_same_bytes(shared_models: Path) -> None:
    one, other = (
        model_library(compiled_of(shared_models, "tflm_hello_world_int8"), "network", CORE, {})
        for _ in range(2)
    )
    assert one == other
