"""Public benchmark models: bit-exact with the reference interpreter, alike on every target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

INT8 = (
    "ei_fomo_96_int8",
    "mlperf_ad_fcae_int8",
    "mlperf_ic_resnet8_int8",
    "mlperf_kws_dscnn_int8",
    "mlperf_sww_1dtcn_int8",
    "mlperf_vww_mbv1_025_96_int8",
    "tflm_hello_world_int8",
    "tflm_micro_speech_int8",
    "tflm_person_detect_int8",
)
FLOAT32 = (
    "mlperf_ad_fcae_f32",
    "mlperf_ic_resnet8_f32",
    "mlperf_vww_mbv1_025_96_f32",
    "tflm_hello_world_f32",
)


@pytest.fixture
def bundle(request: pytest.FixtureRequest, shared_models: Path, bundle_of: Any) -> Any:
    return bundle_of({"network": (shared_models / f"{request.param}.tflite").read_bytes()})


def _outputs(bundle: Any, windows: Any, oracle: Any) -> tuple[list[Any], list[Any]]:
    reference = oracle(bundle.files["network"])
    actual = bundle.run("host", windows).values
    expected = [reference.run(bundle.split_inputs(row)["network"]) for row in windows]
    return [bundle.split_outputs(row)["network"][0] for row in actual], expected


@pytest.mark.parametrize("bundle", INT8, indirect=True)
def test_int8_outputs_equal_the_reference(bundle: Any, oracle: Any) -> None:
    actual, expected = _outputs(bundle, bundle.windows(12), oracle)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.slow
@pytest.mark.parametrize("bundle", INT8, indirect=True)
def test_int8_outputs_equal_the_reference_on_a_hundred_inputs(bundle: Any, oracle: Any) -> None:
    actual, expected = _outputs(bundle, bundle.windows(104, seed=1), oracle)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.slow
@pytest.mark.parametrize("bundle", FLOAT32, indirect=True)
def test_float32_outputs_are_within_a_hundred_thousandth(bundle: Any, oracle: Any) -> None:
    actual, expected = _outputs(bundle, bundle.windows(12), oracle)
    for ours, theirs in zip(actual, expected, strict=True):
        limit = 1e-5 * float(np.abs(theirs).max())
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=limit)


@pytest.mark.parametrize("bundle", ["mlperf_kws_dscnn_f32"], indirect=True)
def test_a_model_with_int8_weights_and_float32_layers_runs(bundle: Any) -> None:
    values = bundle.run("host", bundle.windows(8)).values
    np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["cortex-m4f", "wasm32", "aarch64"])
@pytest.mark.parametrize("bundle", INT8, indirect=True)
def test_int8_outputs_are_the_same_on_every_target(bundle: Any, target: str) -> None:
    windows = bundle.windows(6)[3:]
    markers = [layer.symbol for layer in bundle.compiled["network"].layers]
    is_core = target.startswith("cortex-m")
    report = bundle.run(target, windows, markers=markers if is_core else ())
    np.testing.assert_array_equal(report.values, bundle.run("host", windows).values)
    if is_core:
        assert {cost.name for cost in report.trace} >= set(markers)


@pytest.mark.parametrize("bundle", ["mlperf_kws_dscnn_int8"], indirect=True)
def test_memory_and_work_of_the_keyword_model_are_known(bundle: Any) -> None:
    model = bundle.compiled["network"]
    assert sum(layer.macs for layer in model.layers) == 2_656_768
    assert model.plan.bound_bytes <= model.arena_bytes <= 16_640
    assert model.weights_bytes < 53_936
    assert f"arena: {model.arena_bytes} bytes" in model.source
    assert f"#define NETWORK_ARENA_BYTES {model.arena_bytes}" in model.header
