"""Networks that keep state inside an impulse: remembered between classifications, not windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tinsmith.core.paths import runtime_dir
from tinsmith.datasets.sample import Sample
from tinsmith.emulation import run
from tinsmith.impulse.codegen import GeneratedImpulse, build_impulse, generate
from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.toolchain import BuildRequest, Generated, build, target

HOST = target("host")

# Classifies without resetting in between, as firmware does.
_STREAM = """
#include "tin/impulse.h"
#include "tin_impulse_data.h"
int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch);
int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch) {
    tin_signal signal = {windows, 0, 0, TIN_IMPULSE_WINDOW_LENGTH};
    tin_state state = {features, values, scratch};
    tin_status status = tin_init(&tin_the_impulse, &state);
    for (int32_t i = 0; i < count && status == TIN_OK; i++) {
        status = tin_classify(&tin_the_impulse, &state, &signal);
        signal.data += TIN_IMPULSE_WINDOW_LENGTH;
        state.features += TIN_IMPULSE_NUM_FEATURES;
        state.values += TIN_IMPULSE_NUM_VALUES;
    }
    return status;
}
"""


def _summing_network(num_features: int, num_classes: int) -> bytes:
    """SVDF with all weights over time 1 and room for two inputs: the sum of the last two scores."""
    flatbuffers = pytest.importorskip("flatbuffers")
    from ai_edge_litert import schema_py_generated as schema

    rng = np.random.default_rng(5)
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs, model.buffers = 3, [graph], [schema.BufferT()]
    graph.tensors = []

    def tensor(shape: tuple[int, ...], data: Any = None, *, variable: bool = False) -> int:
        made = schema.TensorT()
        made.name, made.shape = f"t{len(graph.tensors)}".encode(), list(shape)
        made.type, made.isVariable, made.buffer = schema.TensorType.FLOAT32, variable, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.asarray(data, np.float32).tobytes(), np.uint8)
            model.buffers.append(buffer)
            made.buffer = len(model.buffers) - 1
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.SVDF
    model.operatorCodes, graph.operators = [code], [operator]
    shape = (num_classes, num_features)
    operator.inputs = [
        tensor((1, num_features)),
        tensor(shape, rng.standard_normal(shape)),
        tensor((num_classes, 2), np.ones((num_classes, 2))),
        tensor((num_classes,), np.zeros(num_classes)),
        tensor((1, 2 * num_classes), variable=True),
    ]
    operator.outputs = [tensor((1, num_classes))]
    operator.builtinOptions, operator.opcodeIndex = schema.SVDFOptionsT(), 0
    operator.builtinOptions.rank = 1
    operator.builtinOptionsType = schema.BuiltinOptions.SVDFOptions
    graph.inputs, graph.outputs = operator.inputs[:1], operator.outputs
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


@pytest.fixture
def remembering(fitted: FittedImpulse) -> GeneratedImpulse:
    """The trained impulse with another network, which sums over two classifications."""
    assert fitted.network is not None
    plain = generate(fitted, "float32", HOST)
    data = _summing_network(_num_inputs(plain), len(fitted.classes))
    return generate(replace(fitted, network=replace(fitted.network, float32=data)), "float32", HOST)


def _num_inputs(made: GeneratedImpulse) -> int:
    assert made.model is not None
    return int(np.prod(made.model.inputs[0].shape))


def _window(fitted: FittedImpulse, samples: tuple[Sample, ...]) -> Any:
    """One window, sixteen times."""
    values = cut_windows(samples[:1], fitted.design, fitted.window).values
    return np.tile(values[:1], (16, 1))


def test_windows_of_an_evaluation_do_not_remember_each_other(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], remembering: GeneratedImpulse
) -> None:
    windows = _window(fitted, testing_samples)
    values = run(build_impulse(remembering, HOST), remembering.layout, windows).values
    np.testing.assert_array_equal(values, np.tile(values[:1], (16, 1)))


def test_a_network_remembers_from_one_classification_to_the_next(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], remembering: GeneratedImpulse
) -> None:
    classes = len(fitted.classes)
    windows = _window(fitted, testing_samples)
    alone = run(build_impulse(remembering, HOST), remembering.layout, windows).values[0, :classes]
    core = [runtime_dir() / "src" / name for name in remembering.core_sources]
    sources = (Generated("stream.c", _STREAM), *remembering.sources, *core)
    program = build(BuildRequest(target=HOST, sources=sources, exports=("tin_run_windows",)))
    values = run(program, remembering.layout, windows).values[:, :classes]
    assert np.abs(alone).max() > 0.0
    np.testing.assert_array_equal(values[0], alone)
    np.testing.assert_array_equal(values[1], 2.0 * alone)
