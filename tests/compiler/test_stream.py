"""Networks that run row by row: the same bits as on whole images, in less memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file

from tinsmith.compiler.backends import BACKENDS
from tinsmith.compiler.compile import CompiledModel, build_model, lower_model
from tinsmith.compiler.plan import Network, Step, check_plan
from tinsmith.compiler.plan.steps import stream_step, whole_step
from tinsmith.compiler.plan.stream import build_stream, save_rows
from tinsmith.core.errors import DesignError

_STREAMED = {
    "ei_fomo_96_int8": 20_000,
    "mlperf_ic_resnet8_int8": 14_000,
    "mlperf_kws_dscnn_int8": 4_800,
    "mlperf_vww_mbv1_025_96_int8": 29_000,
    "tflm_person_detect_int8": 14_500,
}
_MOST_WORK = {
    "ei_fomo_96_int8": 1.2,
    "mlperf_ic_resnet8_int8": 1.2,
    "mlperf_kws_dscnn_int8": 1.3,
    "mlperf_vww_mbv1_025_96_int8": 1.1,
    "tflm_person_detect_int8": 1.15,
}
"""Instructions of line buffers with the kernels of Cortex-M4, against whole images."""
_FLOAT = ("mlperf_ic_resnet8_f32", "mlperf_vww_mbv1_025_96_f32", "mlperf_kws_dscnn_f32")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*_STREAMED, *(pytest.param(name, marks=pytest.mark.slow) for name in _FLOAT)]
)
def test_the_smallest_plan_gives_the_same_bits(
    name: str, shared_models: Path, bundle_of: Any
) -> None:
    files = {"network": (shared_models / f"{name}.tflite").read_bytes()}
    balanced, smallest = bundle_of(files), bundle_of(files, memory="smallest")
    assert smallest.layout.scratch_bytes < balanced.layout.scratch_bytes
    windows = balanced.windows(8)
    actual = smallest.run("host", windows).values
    assert actual.tobytes() == balanced.run("host", windows).values.tobytes()


@pytest.mark.parametrize("backend", BACKENDS)
def test_row_kernels_of_every_backend_give_the_same_bits(
    backend: str, shared_models: Path, bundle_of: Any
) -> None:
    names = ("mlperf_kws_dscnn_int8", "mlperf_ic_resnet8_int8")
    files = {name: (shared_models / f"{name}.tflite").read_bytes() for name in names}
    balanced, smallest = bundle_of(files), bundle_of(files, memory="smallest", backend=backend)
    windows = balanced.windows(6)
    actual = smallest.run("host", windows).values
    assert actual.tobytes() == balanced.run("host", windows).values.tobytes()


@pytest.mark.parametrize("name", _STREAMED)
def test_line_buffers_reach_the_known_sizes(name: str, shared_models: Path) -> None:
    data = (shared_models / f"{name}.tflite").read_bytes()
    steps, plan = _chosen(data, "smallest")
    assert plan.arena_bytes <= _STREAMED[name]
    assert any(step.stream and len(step.nodes) > 1 for step in steps)


def _chosen(data: bytes, memory: str) -> Any:
    from tinsmith.compiler.plan import choose_steps

    return choose_steps(lower_model(data), memory)


def _streams(network: Network) -> tuple[Step, ...]:
    """Every run of nodes with row kernels as one stream."""
    steps: list[Step] = []
    position = 0
    while position < len(network.graph.nodes):
        end = position
        while end < len(network.kernels) and network.kernels[end]:
            end += 1
        if end == position:
            steps.append(whole_step(network.graph, position, network.lowerings[position]))
            position += 1
            continue
        kernels = [kernel for kernel in network.kernels[position:end] if kernel]
        steps.append(stream_step(network.graph, _stream(network, position, end, kernels)))
        position = end
    return tuple(steps)


def _stream(network: Network, first: int, end: int, kernels: Any) -> Any:
    graph = network.graph
    later = {t for node in graph.nodes[end:] for t in node.inputs} | set(graph.outputs)
    needed = [t for node in graph.nodes[first:end] for t in node.outputs if t in later]
    return build_stream(graph, first, kernels, needed)


def _saving(network: Network) -> tuple[Step, ...]:
    """Every node by itself, over its input where that can be with rows saved first."""
    steps = []
    for position, kernel in enumerate(network.kernels):
        step = whole_step(network.graph, position, network.lowerings[position])
        if kernel and not kernel.is_sum and len(step.inputs) == 1:
            stream = build_stream(network.graph, position, [kernel], step.outputs)
            step = stream_step(network.graph, save_rows(network.graph, stream))
        steps.append(step)
    return tuple(steps)


def _forced(data: bytes, name: str, way: Any, backend: str = "generic") -> CompiledModel:
    network = lower_model(data, backend=backend)
    steps = way(network)
    plan = network.plan(steps, "forced")
    check_plan(network.graph, steps, plan)
    return build_model(name, network, steps, plan, model_hash="")


_ROWLESS = {"detection", "every_type", "functions", "int16", "moves", "recurrent", "variables"}
"""Families without row kernels."""
_WAYS = [(family, _streams) for family in FAMILIES if family not in _ROWLESS]
_WAYS += [(family, _saving) for family in ("basic", "chains", "matrices")]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "way"), _WAYS)
def test_every_row_kernel_gives_the_bits_of_the_whole_kernel(
    family: str, way: Any, new_maker: type, bundle_of: Any
) -> None:
    files = {name: model_file(family, name, new_maker) for name in FAMILIES[family]}
    forced = {name: _forced(data, name, way) for name, data in files.items()}
    compiled = {n: model for n, model in forced.items() if "tin_stream_run" in model.source}
    assert compiled
    files = {name: files[name] for name in compiled}
    whole = bundle_of(files)
    rows = type(whole)(files, compiled)
    windows = whole.windows(10)
    expected = [whole.split_outputs(row) for row in whole.run("host", windows).values]
    actual = [rows.split_outputs(row) for row in rows.run("host", windows).values]
    different = {
        name
        for ours, theirs in zip(actual, expected, strict=True)
        for name in theirs
        for a, b in zip(ours[name], theirs[name], strict=True)
        if a.tobytes() != b.tobytes()
    }
    assert different == set()


def test_an_unknown_memory_is_refused(shared_models: Path) -> None:
    data = (shared_models / "tflm_hello_world_int8.tflite").read_bytes()
    with pytest.raises(DesignError, match="smallest"):
        _chosen(data, "tiny")


def test_layers_of_a_stream_keep_their_names(shared_models: Path, bundle_of: Any) -> None:
    data = (shared_models / "mlperf_kws_dscnn_int8.tflite").read_bytes()
    bundle = bundle_of({"network": data}, memory="smallest")
    model = bundle.compiled["network"]
    assert "nn/tin_stream.c" in model.core_sources
    for layer in model.layers:
        assert f"static TIN_NOINLINE void {layer.symbol}(" in model.source


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlperf_kws_dscnn_int8", "tflm_person_detect_int8"])
def test_streams_are_clean_under_sanitizers(
    name: str, shared_models: Path, bundle_of: Any, run_sanitized: Any
) -> None:
    files = {"network": (shared_models / f"{name}.tflite").read_bytes()}
    bundle = bundle_of(files, memory="smallest")
    windows = bundle.windows(4)
    np.testing.assert_array_equal(
        run_sanitized(bundle, windows), bundle.run("host", windows).values
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", list(_STREAMED))
def test_line_buffers_cost_little_time(name: str, shared_models: Path, bundle_of: Any) -> None:
    files = {"network": (shared_models / f"{name}.tflite").read_bytes()}
    costs = []
    for memory in ("balanced", "smallest"):
        bundle = bundle_of(files, memory=memory, backend="armv7em_dsp")
        report = bundle.run("cortex-m4f", bundle.windows(4)[3:])
        costs.append(report)
    balanced, smallest = costs
    assert smallest.values.tobytes() == balanced.values.tobytes()
    assert smallest.instructions < _MOST_WORK[name] * balanced.instructions
