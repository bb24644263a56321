"""The contract of every operator: right against the reference interpreter, alike everywhere."""

from __future__ import annotations

import functools
import shutil
from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file

from tinsmith.compiler.backends import BACKENDS
from tinsmith.toolchain import target, targets

# The quick checks look at one family; all of them take minutes.
_QUICK = "basic"
_ALL = [
    pytest.param(family, name, marks=[] if family == _QUICK else pytest.mark.slow)
    for family, cases in FAMILIES.items()
    for name in cases
]
NEEDS_QEMU = pytest.param(
    "cortex-m55",
    marks=pytest.mark.skipif(
        shutil.which("qemu-system-arm") is None, reason="system package qemu-system-arm is missing"
    ),
)
_TUNED = [name for name in BACKENDS if name != "generic"]
# One target of each backend that the emulator runs.
_EMULATED = ["aarch64", "cortex-m0plus", "cortex-m3", "cortex-m4f", "rv32imc", "wasm32"]


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


@pytest.fixture(scope="session")
def tuned_in(bundle_in: Any) -> Any:
    """Those cases of a family that a backend compiles to other C; None when there is none.

    The others are the portable kernels, which have tests of their own.
    """

    def make(family: str, backend: str) -> Any:
        portable, tuned = bundle_in(family), bundle_in(family, backend)
        names = [
            name
            for name, model in tuned.compiled.items()
            if model.source != portable.compiled[name].source
        ]
        return tuned.only(names) if names else None

    return make


def _assert_same_bits(bundle: Any, run: Any, windows: Any, whole: Any, outputs: Any) -> None:
    """`run` gives the outputs that `whole`, of which `bundle` is a part, gave for `windows`."""
    own = np.stack([bundle.gather(whole.split_inputs(window)) for window in windows])
    wrong = {
        name
        for row, expected in zip(run(own), outputs, strict=False)
        for name, found in bundle.split_outputs(row).items()
        if any(a.tobytes() != b.tobytes() for a, b in zip(found, expected[name], strict=False))
    }
    assert wrong == set()


@pytest.mark.slow
@pytest.mark.parametrize("backend", _TUNED)
@pytest.mark.parametrize("family", FAMILIES)
def test_tuned_kernels_give_the_same_bits(
    family: str, backend: str, bundle_in: Any, tuned_in: Any, outputs_of: Any
) -> None:
    bundle = tuned_in(family, backend)
    if bundle is not None:
        windows, outputs = outputs_of(family)
        run = _runner(bundle, "host")
        _assert_same_bits(bundle, run, windows, bundle_in(family), outputs)


def _runner(bundle: Any, name: str) -> Any:
    return lambda windows: bundle.run(name, windows).values


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cortex-m4f", "cortex-m0plus", "wasm32"])
@pytest.mark.parametrize("family", FAMILIES)
def test_portable_kernels_give_the_same_bits_on_other_machines(
    family: str, name: str, bundle_in: Any, outputs_of: Any
) -> None:
    windows, outputs = outputs_of(family)
    bundle = bundle_in(family)
    # Without floating-point hardware an emulated window takes seconds.
    some = windows[: 2 if name == "cortex-m0plus" else 5]
    _assert_same_bits(bundle, _runner(bundle, name), some, bundle, outputs)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*_EMULATED, NEEDS_QEMU])
@pytest.mark.parametrize("family", FAMILIES)
def test_tuned_kernels_give_the_same_bits_on_their_machines(
    family: str, name: str, bundle_in: Any, tuned_in: Any, outputs_of: Any
) -> None:
    bundle = tuned_in(family, target(name).backend)
    if bundle is not None:
        windows, outputs = outputs_of(family)
        _assert_same_bits(bundle, _runner(bundle, name), windows[:5], bundle_in(family), outputs)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_all_operators_are_clean_under_sanitizers(
    family: str, backend: str, bundle_in: Any, tuned_in: Any, outputs_of: Any, run_sanitized: Any
) -> None:
    whole = bundle_in(family)
    bundle = whole if backend == "generic" else tuned_in(family, backend)
    if bundle is not None:
        windows, outputs = outputs_of(family)
        run = functools.partial(run_sanitized, bundle)
        _assert_same_bits(bundle, run, windows[:6], whole, outputs)


@pytest.mark.parametrize("name", targets())
def test_the_kernels_of_every_target_exist(name: str) -> None:
    assert target(name).backend in BACKENDS
