"""`tinsmith edit`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinsmith.signals import Sensor, Signal, encode_wav


@pytest.fixture
def knocks(tinsmith: Callable[..., object], tmp_path: Path) -> Path:
    """A project with one recording of three knocks, and one of noise."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "in"
    folder.mkdir()
    for name, level in (("knock", 3000), ("hum", 0)):
        values = rng.normal(0, 20, 32_000)
        for start in (4000, 15_000, 26_000):
            values[start : start + 800] += level * np.sin(np.arange(800))
        signal = Signal(values.round().astype(np.float32)[:, None], 0.125, (Sensor("a", "wav"),))
        (folder / f"{name}.1.wav").write_bytes(encode_wav(signal))
    tinsmith("new", tmp_path / "p")
    tinsmith("import", folder, "-p", tmp_path / "p")
    return tmp_path / "p"


def test_a_recording_is_cropped_and_comes_back(tinsmith, knocks: Path) -> None:
    (found,) = tinsmith("edit", "knock.1", "-p", knocks, "--crop", 500, 1500, "--json").document
    assert found["span"] == [4000, 12_000]
    shown = tinsmith("edit", "knock.1", "-p", knocks)
    assert "1 s" in shown.out
    assert "--uncrop" in shown.err
    (found,) = tinsmith("edit", "knock.1", "-p", knocks, "--uncrop", "--json").document
    assert (found["span"], found["frames"]) == (None, 32_000)


def test_a_recording_is_split_at_its_events(tinsmith, knocks: Path) -> None:
    found = tinsmith("edit", "knock.1", "-p", knocks, "--split-ms", 1000, "--json").document
    assert [part["name"] for part in found] == ["knock.1.s1", "knock.1.s2", "knock.1.s3"]
    for part, start in zip(found, (4000, 15_000, 26_000), strict=True):
        assert part["span"][0] <= start
        assert start + 800 <= part["span"][1] == part["span"][0] + 8000
    counted = tinsmith("inspect", "-p", knocks, "--json").document
    assert counted["samples"] == 4


def test_what_cannot_be_done_to_one_sample_is_done_to_none(tinsmith, knocks: Path) -> None:
    before = (knocks / "samples.jsonl").read_bytes()
    refused = tinsmith("edit", "knock.1", "hum.1", "-p", knocks, "--split-ms", 500)
    assert refused.code == 2
    assert "hum.1: nothing in it stands out" in refused.err
    assert tinsmith("edit", "knock.1", "none", "-p", knocks, "--disable").code == 2
    assert tinsmith("edit", "knock.1", "hum.1", "-p", knocks, "--crop", 9, 5).code == 2
    assert (knocks / "samples.jsonl").read_bytes() == before


def test_samples_are_set_aside(tinsmith, knocks: Path) -> None:
    found = tinsmith("edit", "knock.1", "hum.1", "-p", knocks, "--disable", "--json").document
    assert [sample["enabled"] for sample in found] == [False, False]
    assert "disabled" in tinsmith("edit", "hum.1", "-p", knocks).out
    assert "disabled" not in tinsmith("edit", "hum.1", "-p", knocks, "--enable").out
