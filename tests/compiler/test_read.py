"""Untrusted model files end in a clear error, quickly."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.compiler import compile_model
from tinsmith.compiler.read import read_tflite
from tinsmith.core.errors import (
    DecodeError,
    DesignError,
    InputError,
    UnsupportedError,
    UnsupportedOperatorError,
)


def _dense(maker: Any, **changes: Any) -> bytes:
    """A dense layer of 4 inputs and 3 outputs."""
    source = maker.tensor((1, 4), scale=0.05, zero_point=3)
    weights = maker.tensor(
        (3, 4), scale=0.01, data=changes.get("weights", np.arange(12).reshape(3, 4))
    )
    bias = maker.tensor((3,), "int32", scale=0.0005, data=[1, 2, 3])
    target = maker.tensor(changes.get("out", (1, 3)), scale=0.1)
    inputs = changes.get("inputs", [source, weights, bias])
    maker.operator("FULLY_CONNECTED", inputs, [target])
    return bytes(maker.finish([source], [changes.get("output", target)]))


@pytest.fixture
def dense(maker: Any) -> bytes:
    return _dense(maker)


def _attempt(data: bytes) -> None:
    """Compiles, or raises an error meant for the user, in bounded time."""
    start = time.perf_counter()
    try:
        compile_model(data, name="network")
    except InputError as error:
        assert str(error)  # noqa: PT017 - either outcome is fine
    assert time.perf_counter() - start < 5.0


def test_malformed_files_give_clear_errors(shared_data: Path) -> None:
    files = sorted((shared_data / "malformed" / "models").iterdir())
    assert files
    for path in files:
        with pytest.raises(InputError):
            compile_model(path.read_bytes(), name="network")


def test_every_truncation_of_a_model_is_refused(dense: bytes) -> None:
    for length in range(len(dense) - 1):
        _attempt(dense[:length])
    for length in range(0, len(dense) // 2, 3):
        with pytest.raises(DecodeError):
            compile_model(dense[:length], name="network")


def test_every_flipped_byte_is_survived(dense: bytes) -> None:
    for position in range(len(dense)):
        _attempt(dense[:position] + bytes([dense[position] ^ 0xFF]) + dense[position + 1 :])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_real_models_with_random_damage_are_survived(shared_models: Path, data: Any) -> None:
    name = data.draw(st.sampled_from(["tflm_hello_world_int8", "tflm_micro_speech_int8"]))
    damaged = bytearray((shared_models / f"{name}.tflite").read_bytes())
    positions = st.integers(0, len(damaged) - 1)
    for position, value in data.draw(
        st.lists(st.tuples(positions, st.sampled_from([0, 1, 127, 128, 255])), max_size=12)
    ):
        damaged[position] = value
    _attempt(bytes(damaged[: data.draw(st.integers(8, len(damaged)))]))


@settings(max_examples=150, deadline=None)
@given(tail=st.binary(max_size=400))
def test_arbitrary_bytes_are_refused(tail: bytes) -> None:
    with pytest.raises(InputError):
        compile_model(b"\x10\x00\x00\x00TFL3" + tail, name="network")


def test_a_file_that_uses_the_same_bytes_over_and_over_is_refused(maker: Any) -> None:
    source, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    maker.tensor((500_000,), "int8", data=np.zeros(500_000))
    for _ in range(1000):
        maker.tensor((500_000,), "int8", buffer=1)
    maker.operator("RELU", [source], [target])
    start = time.perf_counter()
    with pytest.raises(DecodeError, match="over and over"):
        read_tflite(maker.finish([source], [target]))
    assert time.perf_counter() - start < 5.0


def test_more_operators_than_any_network_has_are_refused(maker: Any) -> None:
    source, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    for _ in range(2100):
        maker.operator("RELU", [source], [target])
    with pytest.raises(UnsupportedError, match="2100 operators"):
        read_tflite(maker.finish([source], [target]))


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="TFL3"):
        compile_model(b"\x89PNG\r\n\x1a\n" + bytes(100), name="network")


def test_an_unsupported_operator_is_named_with_its_tensors(maker: Any) -> None:
    source, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    maker.operator("COMPLEX_ABS", [source], [target])
    with pytest.raises(
        UnsupportedOperatorError, match=r"COMPLEX_ABS .*'t1'\), input 't0'"
    ) as caught:
        compile_model(maker.finish([source], [target]), name="network")
    assert "CONV_2D" in str(caught.value.hint)
    assert "SOFTMAX" in str(caught.value.hint)


def test_an_unsupported_operator_that_nothing_needs_is_no_problem(maker: Any) -> None:
    source, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    unused = maker.tensor((1, 4), "float32")
    maker.operator("COMPLEX_ABS", [source], [unused])
    maker.operator("RELU", [source], [target])
    model = compile_model(maker.finish([source], [target]), name="network")
    assert [layer.operator for layer in model.layers] == ["RELU"]


def test_several_subgraphs_are_refused(maker: Any) -> None:
    source, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    maker.operator("RELU", [source], [target])
    with pytest.raises(UnsupportedError, match="2 subgraphs"):
        compile_model(maker.finish([source], [target], subgraphs=2), name="network")


def test_a_dynamic_shape_is_refused(maker: Any) -> None:
    source, target = maker.tensor((-1, 4), "float32"), maker.tensor((-1, 4), "float32")
    maker.operator("RELU", [source], [target])
    with pytest.raises(UnsupportedError, match="dynamic shape"):
        compile_model(maker.finish([source], [target]), name="network")


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_an_unsupported_type_is_refused(maker: Any, dtype: str) -> None:
    source = maker.tensor((1, 4), dtype, scale=0.1)
    target = maker.tensor((1, 4), dtype, scale=0.1)
    maker.operator("RELU", [source], [target])
    with pytest.raises(UnsupportedError, match=dtype):
        compile_model(maker.finish([source], [target]), name="network")


def test_weights_that_are_computed_are_refused(maker: Any) -> None:
    source, target = maker.tensor((1, 4), "float32"), maker.tensor((1, 4), "float32")
    weights = maker.tensor((4, 4), "float32")
    maker.operator("FULLY_CONNECTED", [source, weights], [target])
    with pytest.raises(UnsupportedError, match="computed at run time"):
        compile_model(maker.finish([source, weights], [target]), name="network")


def test_an_operator_that_reads_what_comes_later_is_refused(maker: Any) -> None:
    first, second, third = (maker.tensor((1, 4), "float32") for _ in range(3))
    maker.operator("RELU", [second], [third])
    maker.operator("RELU", [first], [second])
    with pytest.raises(DecodeError, match="before it is computed"):
        compile_model(maker.finish([first], [third]), name="network")


def test_a_wrong_output_shape_is_refused(maker: Any) -> None:
    with pytest.raises(DecodeError, match=r"\[1, 3\]"):
        compile_model(_dense(maker, out=(1, 5)), name="network")


def test_a_tensor_that_does_not_exist_is_refused(maker: Any) -> None:
    with pytest.raises(DecodeError, match="does not exist"):
        compile_model(_dense(maker, inputs=[0, 1, 99]), name="network")


def test_nan_in_weights_is_refused(maker: Any) -> None:
    source, target = maker.tensor((1, 2), "float32"), maker.tensor((1, 1), "float32")
    weights = maker.tensor((1, 2), "float32", data=[[1.0, np.nan]])
    maker.operator("FULLY_CONNECTED", [source, weights], [target])
    with pytest.raises(DecodeError, match="NaN"):
        compile_model(maker.finish([source], [target]), name="network")


def test_a_name_that_is_no_identifier_is_refused(dense: bytes) -> None:
    with pytest.raises(DesignError, match="identifier"):
        compile_model(dense, name="my network")


def test_names_from_the_file_cannot_leave_a_comment(maker: Any) -> None:
    data = _dense(maker).replace(b"t0\0\0", b"*/\0\0")
    model = compile_model(data, name="network")
    assert model.source.count("*/") == model.source.count("/*")


def test_the_reader_agrees_with_the_schema_classes(shared_models: Path) -> None:
    from ai_edge_litert import schema_py_generated as schema

    for path in sorted(shared_models.glob("*.tflite")):
        data = path.read_bytes()
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
        graph = read_tflite(data)
        theirs = model.subgraphs[0]
        assert len(graph.nodes) == len(theirs.operators)
        for ours, tensor in zip(graph.tensors, theirs.tensors, strict=True):
            assert ours.name == tensor.name.decode()
            shape = tensor.shape if tensor.shape is not None else []
            assert ours.shape == tuple(shape)
        for node, operator in zip(graph.nodes, theirs.operators, strict=True):
            assert node.inputs == tuple(operator.inputs)
            for name, value in node.attributes.items():
                _assert_same_option(operator.builtinOptions, name, value)


_FIELDS = {
    "stride_width": "strideW",
    "stride_height": "strideH",
    "dilation_width": "dilationWFactor",
    "dilation_height": "dilationHFactor",
    "kernel_width": "filterWidth",
    "kernel_height": "filterHeight",
    "beta": "beta",
}


def _assert_same_option(options: Any, name: str, value: Any) -> None:
    if name in _FIELDS:
        assert value == getattr(options, _FIELDS[name])
    elif name == "padding":
        assert ("SAME", "VALID").index(value) == options.padding
    elif name == "activation":
        names = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")
        assert names.index(value) == options.fusedActivationFunction
