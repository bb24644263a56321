"""Networks that keep state: what is accepted, where it lies, and in which order it changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from operator_cases import model_file
from operator_cases.variables import begin, handle

from tinsmith.compiler import compile_model
from tinsmith.core.errors import DecodeError, InputError, UnsupportedError

_SHAPE = (1, 4)


def _keeping(maker: Any, **changes: Any) -> bytes:
    """Gives the input of the run before."""
    source, read = maker.tensor(_SHAPE, "float32"), maker.tensor(_SHAPE, "float32")
    target = maker.tensor(_SHAPE, "float32")
    first = changes.get("first", (_SHAPE, "float32", np.ones(_SHAPE)))
    if not changes.get("late"):
        begin(maker, {"last": first})
    last = handle(maker, "last")
    maker.operator("READ_VARIABLE", [last], [read])
    if changes.get("late"):
        begin(maker, {"last": first})
    maker.operator("RELU", [changes.get("user", read)], [target])
    maker.operator("ASSIGN_VARIABLE", [last, source], [])
    return bytes(maker.finish([source], [target]))


def test_variables_are_read_where_they_lie(maker: Any) -> None:
    model = compile_model(_keeping(maker), name="network")
    assert [layer.operator for layer in model.layers] == ["RELU", "ASSIGN_VARIABLE"]
    assert model.state_bytes == 16
    assert model.inputs[0].offset >= model.state_bytes


def test_an_assignment_that_nothing_reads_is_kept(new_maker: type) -> None:
    model = compile_model(model_file("variables", "reshaped_variable_f32", new_maker), name="n")
    assert [layer.operator for layer in model.layers].count("ASSIGN_VARIABLE") == 2


def test_a_model_without_variables_needs_no_reset(maker: Any) -> None:
    source, target = maker.tensor(_SHAPE, "float32"), maker.tensor(_SHAPE, "float32")
    maker.operator("RELU", [source], [target])
    model = compile_model(maker.finish([source], [target]), name="network")
    assert model.state_bytes == 0
    assert ".reset = 0" in model.source


def test_first_values_of_another_type_are_refused(maker: Any) -> None:
    data = _keeping(maker, first=((1, 4), "int32", [[1, 2, 3, 4]]))
    with pytest.raises(UnsupportedError, match="begins as int32"):
        compile_model(data, name="network")


def test_a_variable_that_is_read_before_its_first_value_is_refused(maker: Any) -> None:
    with pytest.raises(UnsupportedError, match="before CALL_ONCE"):
        compile_model(_keeping(maker, late=True), name="network")


def test_a_handle_is_no_operand(maker: Any) -> None:
    with pytest.raises(InputError, match=r"resource|handle"):
        compile_model(_keeping(maker, user=3), name="network")


def test_computed_first_values_are_refused(maker: Any) -> None:
    first = maker.another()
    constant, value = (first.tensor(_SHAPE, "float32", data=np.ones(_SHAPE)) for _ in range(2))
    first.operator("RELU", [constant], [value])
    source, target = maker.tensor(_SHAPE, "float32"), maker.tensor(_SHAPE, "float32")
    maker.operator("CALL_ONCE", [], [], initSubgraphIndex=1)
    maker.operator("RELU", [source], [target])
    with pytest.raises(UnsupportedError, match="before the first inference"):
        compile_model(maker.finish([source], [target]), name="network")


@pytest.mark.parametrize("number", [0, -1])
def test_a_call_of_the_main_graph_is_refused(maker: Any, number: int) -> None:
    source, target = maker.tensor(_SHAPE, "float32"), maker.tensor(_SHAPE, "float32")
    maker.operator("CALL_ONCE", [], [], initSubgraphIndex=number)
    maker.operator("RELU", [source], [target])
    with pytest.raises(DecodeError, match="CALL_ONCE"):
        compile_model(maker.finish([source], [target]), name="network")


@pytest.mark.slow
def test_every_flipped_byte_of_a_model_with_variables_is_survived(maker: Any) -> None:
    data = _keeping(maker)
    for position in range(len(data)):
        damaged = data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]
        try:
            compile_model(damaged, name="network")
        except InputError as error:
            assert str(error)  # noqa: PT017 - either outcome is fine


def test_a_layer_that_shares_its_state_is_refused(maker: Any) -> None:
    source = maker.tensor((1, 3), "float32")
    weights = maker.tensor((2, 3), "float32", data=np.ones((2, 3)))
    bias = maker.tensor((2,), "float32", data=np.zeros(2))
    state = maker.tensor((1, 6), "float32", variable=True)
    targets = [maker.tensor((1, 2), "float32") for _ in range(2)]
    for target in targets:
        maker.operator("SVDF", [source, weights, weights, bias, state], [target], rank=1)
    with pytest.raises(UnsupportedError, match="variable of its own"):
        compile_model(maker.finish([source], targets), name="network")


def test_the_two_states_of_an_lstm_are_kept(new_maker: type) -> None:
    model = compile_model(model_file("recurrent", "lstm_s8", new_maker), name="network")
    assert model.state_bytes == 32
    assert [layer.operator for layer in model.layers] == ["UNIDIRECTIONAL_SEQUENCE_LSTM"]
