"""The contract of every operator: right against the reference interpreter, alike everywhere."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file

from tinsmith.compiler.backends import BACKENDS
from tinsmith.toolchain import target, targets

_ALL = [(family, name) for family, cases in FAMILIES.items() for name in cases]
NEEDS_QEMU = pytest.param(
    "cortex-m55",
    marks=pytest.mark.skipif(
        shutil.which("qemu-system-arm") is None, reason="system package qemu-system-arm is missing"
    ),
)
_TUNED = [name for name in BACKENDS if name != "generic"]


@pytest.fixture(scope="session")
def bundle_in(bundle_of: Any, new_maker: type) -> Any:
    """All cases of a family as one program, compiled for a backend; each made once."""
    made: dict[tuple[str, str], Any] = {}

    def make(family: str, backend: str = "generic") -> Any:
        if (family, backend) not in made:
            files = {name: model_file(family, name, new_maker) for name in FAMILIES[family]}
            made[family, backend] = bundle_of(files, backend=backend)
        return made[family, backend]

    return make


@pytest.fixture(scope="session")
def outputs_of(bundle_in: Any) -> Any:
    """(windows, outputs on this machine by window and case) of a family; each run once."""
    made: dict[str, Any] = {}

    def run(family: str) -> Any:
        if family not in made:
            bundle = bundle_in(family)
            windows = bundle.windows(24)
            values = bundle.run("host", windows).values
            made[family] = windows, [bundle.split_outputs(row) for row in values]
        return made[family]

    return run


@pytest.mark.parametrize(("family", "name"), _ALL)
def test_operator_agrees_with_the_reference_interpreter(
    family: str, name: str, bundle_in: Any, outputs_of: Any, oracle: Any
) -> None:
    bundle = bundle_in(family)
    windows, outputs = outputs_of(family)
    model = bundle.compiled[name]
    reference = oracle(bundle.files[name])
    for window, by_case in zip(windows, outputs, strict=True):
        if model.state_bytes:
            reference = oracle(bundle.files[name])
        inputs = _steps(bundle.split_inputs(window)[name], len(model.inputs))
        for step, actual in zip(inputs, _steps(by_case[name], len(model.outputs)), strict=True):
            reference.run(step)
            for index, value in enumerate(actual):
                _compare(value, reference.output(index))


def _steps(values: list[Any], count: int) -> list[list[Any]]:
    """The values of each run in a row."""
    return [values[start : start + count] for start in range(0, len(values), count)]


def _compare(actual: Any, expected: Any) -> None:
    if expected.dtype == np.float32:
        limit = 1e-5 * max(float(np.abs(expected).max()), 1e-6)
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=limit)
    else:
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("backend", _TUNED)
@pytest.mark.parametrize("family", FAMILIES)
def test_tuned_kernels_give_the_same_bits(
    family: str, backend: str, bundle_in: Any, outputs_of: Any
) -> None:
    windows, outputs = outputs_of(family)
    bundle = bundle_in(family, backend)
    values = bundle.run("host", windows).values
    actual = [bundle.split_outputs(row) for row in values]
    assert _differences(actual, outputs) == set()


def _differences(actual: list[Any], expected: list[Any]) -> set[str]:
    """Cases with another bit in some window."""
    return {
        name
        for ours, theirs in zip(actual, expected, strict=True)
        for name in theirs
        if any(a.tobytes() != b.tobytes() for a, b in zip(ours[name], theirs[name], strict=True))
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cortex-m4f", "cortex-m0plus", "wasm32", "aarch64", NEEDS_QEMU])
@pytest.mark.parametrize("family", FAMILIES)
def test_all_operators_give_the_same_bits_on_every_target(
    family: str, name: str, bundle_in: Any, outputs_of: Any
) -> None:
    windows, outputs = outputs_of(family)
    bundle = bundle_in(family, target(name).backend)
    values = bundle.run(name, windows[:5]).values
    actual = [bundle.split_outputs(row) for row in values]
    assert _differences(actual, outputs[:5]) == set()


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_all_operators_are_clean_under_sanitizers(
    family: str, backend: str, bundle_in: Any, outputs_of: Any, run_sanitized: Any
) -> None:
    windows, outputs = outputs_of(family)
    bundle = bundle_in(family, backend)
    actual = [bundle.split_outputs(row) for row in run_sanitized(bundle, windows[:6])]
    assert _differences(actual, outputs[:6]) == set()


@pytest.mark.parametrize("name", targets())
def test_the_kernels_of_every_target_exist(name: str) -> None:
    assert target(name).backend in BACKENDS
