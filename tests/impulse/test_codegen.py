"""Generated C: the same bytes for the same impulse, wherever and whenever it is made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.core.hashing import digest
from tinsmith.datasets.sample import Sample
from tinsmith.emulation import run
from tinsmith.impulse.codegen import (
    DATA_HEADER,
    DATA_SOURCE,
    build_impulse,
    generate,
    identifier,
)
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse, save_fitted
from tinsmith.toolchain import target

HOST = target("host")

PRINT = """
import sys
from pathlib import Path
from tinsmith.core.hashing import digest
from tinsmith.impulse.codegen import generate
from tinsmith.impulse.fitted import load_fitted
from tinsmith.toolchain import target
print(digest(generate(load_fitted(Path(sys.argv[1])), "int8", target("host")).sources))
"""


def test_the_same_impulse_gives_the_same_bytes(fitted: FittedImpulse) -> None:
    assert generate(fitted, "int8", HOST) == generate(fitted, "int8", HOST)
    assert generate(fitted, "int8", HOST) != generate(fitted, "float32", HOST)


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(fitted: FittedImpulse, tmp_path: Path) -> None:
    save_fitted(fitted, tmp_path / "model")
    found = set()
    for seed in ("0", "4711"):
        (tmp_path / seed).mkdir()
        found.add(
            subprocess.run(
                [sys.executable, "-c", PRINT, str(tmp_path / "model")],
                env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"},
                cwd=tmp_path / seed,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
        )
    assert found == {digest(generate(fitted, "int8", HOST).sources)}


def test_the_parts_are_named_and_lean(fitted: FittedImpulse) -> None:
    made = generate(fitted, "int8", HOST)
    assert made.name == "machine_watch"
    assert [item.name for item in made.sources] == [
        DATA_HEADER,
        DATA_SOURCE,
        "tin_network.h",
        "tin_network.c",
    ]
    assert "dsp/tin_spectral.c" in made.core_sources
    assert not {"dsp/tin_mfcc.c", "dsp/tin_image.c", "nn/tin_conv2d.c"} & {*made.core_sources}
    assert (made.layout.window_length, made.layout.num_values) == (300, 4)
    assert made.layout.num_features == sum(item.plan.num_features for item in fitted.blocks)
    assert made.layout.scratch_bytes % 16 == 0
    for source in made.sources:
        assert source.text.isascii()
        assert not re.search(r"/home|/work|/tmp|\d{4}-\d{2}-\d{2}", source.text)


def test_every_marker_is_entered_in_order(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    made = generate(fitted, "int8", HOST)
    windows = cut_windows(testing_samples[:1], fitted.design, fitted.window).values
    build = build_impulse(made, target("cortex-m4f"))
    report = run(build, made.layout, windows[:1], markers=made.markers)
    entered = [cost.name for cost in report.trace if cost.name != "tin_run_windows"]
    assert entered == list(made.markers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Machine watch", "machine_watch"),
        ("  a--b  ", "a_b"),
        ("2nd try", "impulse_2nd_try"),
        ("", "impulse"),
        ("Ärger!", "rger"),
        ("日本", "impulse"),
    ],
)
def test_any_name_becomes_an_identifier(name: str, expected: str) -> None:
    assert identifier(name) == expected


@given(st.text(max_size=30))
def test_an_identifier_is_one_in_c(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", identifier(name))


@pytest.mark.parametrize(
    "name", ["*/ int x; /*", 'a"b\\c', "line\nbreak", "??/", "Zürich ✓ %s", "\x1b[31m"]
)
def test_names_of_any_kind_compile_without_a_warning(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], name: str
) -> None:
    odd = replace(
        fitted,
        design=fitted.design.model_copy(update={"name": name}),
        classes=tuple(f"{name}{index}" for index in range(3)),
    )
    made = generate(odd, "int8", HOST)
    windows = cut_windows(testing_samples[:1], fitted.design, fitted.window).values
    plain = generate(fitted, "int8", HOST)
    one = run(build_impulse(made, HOST), made.layout, windows)
    other = run(build_impulse(plain, HOST), plain.layout, windows)
    assert one.values.tobytes() == other.values.tobytes()


def test_two_blocks_of_one_kind_keep_their_own_settings(
    motion_samples: Callable[..., tuple[Sample, ...]],
    kmeans_oracle: Callable[..., Any],
    motion_document: Callable[..., dict[str, Any]],
) -> None:
    processing = [
        {"id": "fine", "type": "spectral_analysis", "parameters": {"fft_length": 64}},
        {"id": "coarse", "type": "spectral_analysis", "parameters": {"fft_length": 16}},
        {"id": "x_only", "type": "flatten", "axes": ["accX"]},
    ]
    learning = [
        {"id": "odd", "type": "anomaly_kmeans", "inputs": ["x_only", "fine"], "axes": ["RMS"]}
    ]
    document = motion_document(processing=processing, learning=learning)
    made = fit(parse_impulse(document), motion_samples(6))
    windows = cut_windows(motion_samples(3, first=20), made.design, made.window).values
    from tinsmith.impulse.evaluate import predict
    from tinsmith.impulse.features import extract_features

    features = extract_features(made.blocks, windows)
    found = predict(made, "int8", windows)
    assert (
        found.features.tobytes()
        == np.concatenate(
            [features[name] for name in ("fine", "coarse", "x_only")], axis=1
        ).tobytes()
    )
    assert made.clusters is not None
    assert found.anomaly is not None
    seen = np.concatenate([features["x_only"], features["fine"]], axis=1)
    assert np.abs(found.anomaly - kmeans_oracle(made.clusters.model, seen)).max() < 1e-4
    assert made.clusters.labels == (
        "x_only/accX RMS", "fine/accX RMS", "fine/accY RMS", "fine/accZ RMS",
    )  # fmt: skip
