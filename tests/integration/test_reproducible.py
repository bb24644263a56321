"""The same inputs give the same bytes: features, generated C, packages, and trained networks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the learn extra is not installed")

# A whole run in a process of its own; prints one hash for each thing that must repeat.
PROGRAM = """
import json, sys
from pathlib import Path

import numpy as np

from tinsmith.core.hashing import digest, hash_bytes
from tinsmith.datasets.sample import sample_from_signal
from tinsmith.deployment.deploy import deploy
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.codegen import generate
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.features import cut_windows, feature_table
from tinsmith.impulse.fit import fit
from tinsmith.signals import Sensor, Signal
from tinsmith.toolchain import target

samples = []
for index in range(18):
    chance = np.random.default_rng(index)
    times = np.arange(200) / 100
    speed_hz = (0.5, 4.0, 17.0)[index % 3]
    wave = np.sin(2 * np.pi * speed_hz * times[:, None] + [0, 1, 2])
    values = (wave + 0.1 * chance.normal(size=wave.shape)).astype(np.float32)
    signal = Signal(values, 10.0, tuple(Sensor(name, "m/s2") for name in "xyz"))
    samples.append(
        sample_from_signal(signal, name=f"{index:02d}", label=("slow", "turn", "fast")[index % 3])
    )
design = parse_impulse(json.loads(sys.argv[1]))
fitted = fit(design, samples[:12], cache=Cache(Path("cache")))
table = feature_table(samples, design, fitted.window, cache=Cache(None))
out = Path("out")
out.mkdir()
windows = cut_windows(samples[12:], design, fitted.window)
package = deploy(fitted, windows, out, core=sys.argv[2])
found = {
    "features": digest(table.features),
    "float32": hash_bytes(fitted.network.float32),
    "int8": hash_bytes(fitted.network.int8),
    "clusters": digest(fitted.clusters),
    "c": digest(generate(fitted, "int8", target("host")).sources),
    "zip": package.sha256,
    "file": hash_bytes(package.path.read_bytes()),
}
print(json.dumps(found))
"""

DESIGN = {
    "name": "Repeatable",
    "input": {"type": "time-series", "window_ms": 1000, "stride_ms": 500, "interval_ms": 10},
    "processing": [
        {"id": "spectral", "type": "spectral_analysis", "parameters": {"fft_length": 32}},
        {"id": "statistics", "type": "flatten"},
    ],
    "learning": [
        {
            "id": "network",
            "type": "classification",
            "training": {"epochs": 4, "threads": 1},
            "augmentation": {"copies": 1, "noise": 0.05},
        },
        {"id": "odd", "type": "anomaly_kmeans", "inputs": ["statistics"], "clusters": 4},
    ],
}


def hashes(folder: Path, *, hash_seed: str, cache: Path, core: str, **env: str) -> dict[str, Any]:
    folder.mkdir(parents=True)
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(DESIGN), core],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "TINSMITH_CACHE_DIR": str(cache),
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_two_processes_in_different_places_make_the_same_bytes(tmp_path: Path) -> None:
    here = hashes(
        tmp_path / "here", hash_seed="1", cache=tmp_path / "cache1", core="cortex-m4f", TZ="UTC"
    )
    there = hashes(
        tmp_path / "there" / "deep er",
        hash_seed="987",
        cache=tmp_path / "cache 2",
        core="cortex-m4f",
        TZ="Asia/Tokyo",
        LC_ALL="C",
        SOURCE_DATE_EPOCH="0",
    )
    assert here == there
    assert here["zip"] == here["file"]
