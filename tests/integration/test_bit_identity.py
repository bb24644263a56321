"""Host, WebAssembly and every emulated core compute the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.emulation import RunReport, run
from tinsmith.impulse.codegen import build_impulse, generate
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.toolchain import target

MakeCase = Callable[..., Any]
FloatArray = npt.NDArray[np.float32]
KINDS = ("motion", "audio", "image")
_OTHER_CORES = [
    pytest.param(name, marks=pytest.mark.slow)
    for name in ("wasm32", "cortex-m3", "cortex-m7f", "cortex-m33", "rv32imc", "aarch64")
]
FEW = 6


def report_of(fitted: FittedImpulse, variant: Variant, name: str, windows: FloatArray) -> RunReport:
    chosen = target(name)
    made = generate(fitted, variant, chosen)
    return run(build_impulse(made, chosen), made.layout, windows)


def differences(one: FloatArray, other: FloatArray) -> int:
    """Values whose bits differ; -0 differs from 0, and a NaN equals itself."""
    assert one.shape == other.shape
    return int((one.view(np.uint32) != other.view(np.uint32)).sum())


def distinct(report: RunReport) -> int:
    """How many different scores the network gave; equal constants would prove nothing."""
    return len(np.unique(report.values[:, :3], axis=0))


def assert_same_bits(one: RunReport, other: RunReport) -> None:
    found = (differences(one.features, other.features), differences(one.values, other.values))
    assert found == (0, 0), f"{one.target} and {other.target} differ in features and scores"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_windows_have_the_same_bits_everywhere(case: MakeCase, kind: str) -> None:
    made = case(kind, count=1000)
    assert len(made.windows) == 1000
    host = report_of(made.fitted, "int8", "host", made.windows)
    assert distinct(host) > 10
    for name in ("wasm32", "cortex-m4f"):
        assert_same_bits(host, report_of(made.fitted, "int8", name, made.windows))


@pytest.mark.parametrize("name", ["cortex-m4f", *_OTHER_CORES])
@pytest.mark.parametrize("kind", KINDS)
def test_a_few_windows_have_the_same_bits_on_every_core(
    case: MakeCase, kind: str, name: str
) -> None:
    made = case(kind, count=FEW, small=True)
    host = report_of(made.fitted, "int8", "host", made.windows)
    assert distinct(host) > 2
    assert_same_bits(host, report_of(made.fitted, "int8", name, made.windows))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_core_has_the_same_bits(case: MakeCase, kind: str) -> None:
    made = case(kind, count=FEW, small=True)
    windows = made.windows[-2:]
    host = report_of(made.fitted, "int8", "host", windows)
    assert_same_bits(host, report_of(made.fitted, "int8", "cortex-m0plus", windows))


@pytest.mark.parametrize("name", ["wasm32", "cortex-m4f"])
@pytest.mark.parametrize("kind", KINDS)
def test_float32_models_have_the_same_bits_too(case: MakeCase, kind: str, name: str) -> None:
    made = case(kind, count=FEW, small=True)
    host = report_of(made.fitted, "float32", "host", made.windows)
    assert_same_bits(host, report_of(made.fitted, "float32", name, made.windows))


def test_a_difference_of_one_bit_is_noticed() -> None:
    values = np.array([[1.0, -0.0, np.nan]], np.float32)
    assert differences(values, values.copy()) == 0
    assert differences(values, np.array([[1.0, 0.0, np.nan]], np.float32)) == 1
    assert differences(values, np.nextafter(values, np.float32(2))) == 2
