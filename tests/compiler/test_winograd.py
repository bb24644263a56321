"""Winograd convolution: the reference's bits whatever the weights, and when it is chosen."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.compiler.backends.armv7em_dsp_winograd import winograd
from tinsmith.compiler.compile import build_model, lower_model
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.plan import choose_steps
from tinsmith.core.errors import DesignError

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

_SAME, _VALID = 0, 1
_BACKEND = "armv7em_dsp"


def _model(
    maker: Any,
    size: tuple[int, int, int] = (6, 6, 4),
    outputs: int = 4,
    weights: str = "random",
    zero_points: tuple[int, int] = (3, -5),
    padding: int = _SAME,
    activation: int = 0,
    seed: int = 1,
) -> bytes:
    """One 3 x 3 convolution."""
    rng = np.random.default_rng(seed)
    height, width, channels = size
    shape = (outputs, 3, 3, channels)
    values = {
        "random": rng.integers(-127, 128, shape),
        "largest": np.full(shape, 127),
        "smallest": np.full(shape, -128),
        "either": rng.choice([-128, 127], shape),
    }[weights]
    lost = 2 if padding == _VALID else 0
    scales = list(rng.uniform(0.005, 0.02, outputs))
    out_scale = 0.05 * 0.01 * np.sqrt(9 * channels) * (3.0 if weights == "random" else 40.0)
    source = maker.tensor((1, height, width, channels), scale=0.05, zero_point=zero_points[0])
    constant = maker.tensor(shape, scale=scales, axis=0, data=values)
    bias = maker.tensor((outputs,), "int32", scale=0.0005, data=rng.integers(-9000, 9000, outputs))
    result = maker.tensor(
        (1, height - lost, width - lost, outputs),
        scale=float(out_scale),
        zero_point=zero_points[1],
    )
    maker.operator(
        "CONV_2D",
        [source, constant, bias],
        [result],
        padding=padding,
        strideH=1,
        strideW=1,
        dilationHFactor=1,
        dilationWFactor=1,
        fusedActivationFunction=activation,
    )
    return bytes(maker.finish([source], [result]))


_CASES: dict[str, dict[str, Any]] = {
    f"size_{height}x{width}": {"size": (height, width, 4)}
    for height in range(1, 10)
    for width in range(1, 10)
}
_CASES |= {
    f"valid_{height}x{width}": {"size": (height, width, 4), "padding": _VALID}
    for height, width in ((3, 3), (4, 3), (3, 9), (8, 7), (7, 10))
}
_CASES |= {
    f"{weights}_{zero + 128}_{out_zero + 128}": {
        "weights": weights,
        "zero_points": (zero, out_zero),
    }
    for weights in ("random", "largest", "smallest", "either")
    for zero in (-128, 127)
    for out_zero in (-128, 0, 127)
}
_CASES |= {
    f"channels_{channels}_{outputs}": {"size": (5, 7, channels), "outputs": outputs}
    for channels, outputs in ((8, 2), (12, 6), (16, 16), (20, 10), (32, 4), (36, 2), (68, 2))
}
_CASES |= {f"activation_{code}": {"activation": code, "size": (5, 5, 8)} for code in (1, 2, 3)}
_CASES["deep"] = {"size": (4, 4, 400), "outputs": 2, "weights": "either"}


@pytest.fixture(scope="module")
def files(new_maker: type) -> dict[str, bytes]:
    return {name: _model(new_maker(), **options) for name, options in _CASES.items()}


def _compiled(name: str, tflite: bytes) -> CompiledModel:
    """The convolution by this algorithm, whether that pays or not."""
    network = lower_model(tflite, backend=_BACKEND)
    graph = network.graph
    ways = [
        winograd(Operation(graph, node)) if node.operator == "CONV_2D" else lowering
        for node, lowering in zip(graph.nodes, network.lowerings, strict=True)
    ]
    forced = dataclasses.replace(network, lowerings=ways, kernels=[None] * len(ways))
    steps, plan = choose_steps(forced, "balanced")
    return build_model(name, forced, steps, plan, model_hash="")


@pytest.fixture(scope="module")
def bundle(files: dict[str, bytes], bundle_of: Any) -> Any:
    compiled = {name: _compiled(name, data) for name, data in files.items()}
    return dataclasses.replace(bundle_of({}), files=files, compiled=compiled)


@pytest.fixture(scope="module")
def expected(bundle: Any, oracle: Any) -> Any:
    """(windows, values): what the reference interpreter makes of them."""
    windows = bundle.windows(6)
    references = {name: oracle(data) for name, data in bundle.files.items()}
    rows = []
    for window in windows:
        given = bundle.split_inputs(window)
        rows.append(np.concatenate([references[n].run(given[n]).ravel() for n in references]))
    return windows, np.array(rows, np.float32)


def test_all_cases_have_this_algorithm(bundle: Any) -> None:
    functions = {model.layers[-1].algorithm for model in bundle.compiled.values()}
    assert functions == {"Winograd"}


def test_outputs_equal_those_of_the_reference_interpreter(bundle: Any, expected: Any) -> None:
    windows, values = expected
    np.testing.assert_array_equal(bundle.run("host", windows).values, values)


@pytest.mark.slow
@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
def test_outputs_are_the_same_on_cores_with_the_instructions(
    bundle: Any, expected: Any, core: str
) -> None:
    windows, values = expected
    np.testing.assert_array_equal(bundle.run(core, windows).values, values)


@pytest.mark.slow
def test_plain_c_is_clean_under_sanitizers(bundle: Any, expected: Any, run_sanitized: Any) -> None:
    windows, values = expected
    np.testing.assert_array_equal(run_sanitized(bundle, windows), values)


def _layer(maker: Any) -> bytes:
    return _model(maker, size=(16, 16, 16), outputs=16)


def _algorithm(tflite: bytes, **options: Any) -> str:
    return compile_model(tflite, name="network", backend=_BACKEND, **options).layers[0].algorithm


def test_faster_algorithms_are_chosen_as_far_as_constants_may_grow(maker: Any) -> None:
    tflite = _layer(maker)
    assert _algorithm(tflite) == "gathered"
    assert _algorithm(tflite, growth=4.0) == "Winograd"
    assert _algorithm(tflite, growth=2.0) == "gathered"


def test_the_smallest_memory_keeps_the_smallest_algorithms(maker: Any) -> None:
    assert _algorithm(_layer(maker), growth=4.0, memory="smallest") == "gathered"


def test_constants_stay_within_their_budget(maker: Any) -> None:
    tflite = _layer(maker)
    least = compile_model(tflite, name="network", backend=_BACKEND, growth=0.0).weights_bytes
    for growth in (0.5, 2.0, 3.0):
        found = compile_model(tflite, name="network", backend=_BACKEND, growth=growth)
        assert found.weights_bytes <= (1 + growth) * least


def test_memory_stays_within_its_budget_too(maker: Any) -> None:
    """A large dense layer leaves much room for constants, and none for memory."""
    rng = np.random.default_rng(1)
    source = maker.tensor((1, 8, 8, 16), scale=0.05)
    image = maker.tensor((1, 8, 8, 16), scale=0.2)
    kernel = maker.tensor((16, 3, 3, 16), scale=0.01, data=rng.integers(-127, 128, (16, 3, 3, 16)))
    options = {"dilationHFactor": 1, "dilationWFactor": 1, "strideH": 1, "strideW": 1}
    maker.operator("CONV_2D", [source, kernel], [image], padding=_SAME, **options)
    weights = maker.tensor((100, 1024), scale=0.01, data=rng.integers(-127, 128, (100, 1024)))
    result = maker.tensor((1, 100), scale=0.9)
    maker.operator("FULLY_CONNECTED", [image, weights], [result])
    tflite = bytes(maker.finish([source], [result]))
    assert _algorithm(tflite, growth=0.1) == "gathered"
    assert _algorithm(tflite, growth=1.0) == "Winograd"
    least, most = (
        compile_model(tflite, name="network", backend=_BACKEND, growth=growth).arena_bytes
        for growth in (0.0, 1.0)
    )
    assert 1.1 * least < most <= 2 * least


@pytest.mark.parametrize("growth", [-0.1, float("nan")])
def test_growth_is_a_share(maker: Any, growth: float) -> None:
    with pytest.raises(DesignError, match="growth is"):
        _algorithm(_layer(maker), growth=growth)
