"""A network by itself: the same results everywhere, and costs that add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.core.errors import DatasetError
from tinsmith.emulation.network import random_inputs, run_network
from tinsmith.toolchain import target


@pytest.fixture(scope="module")
def keywords(shared_models: Path) -> CompiledModel:
    data = (shared_models / "tflm_micro_speech_int8.tflite").read_bytes()
    return compile_model(data, name="network", backend=target("cortex-m4f").backend)


def test_every_target_gives_the_same_scores(keywords: CompiledModel) -> None:
    inputs = random_inputs(keywords.inputs, 6)
    host, core = (
        run_network(keywords, "network", target(name), inputs) for name in ("host", "cortex-m4f")
    )
    assert len(host.outputs) == 6
    assert len({outputs[0].tobytes() for outputs in host.outputs}) > 1
    for one, other in zip(host.outputs, core.outputs, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    assert host.instructions is None
    assert host.layers == ()


def test_layers_add_up_to_the_inference(keywords: CompiledModel) -> None:
    done = run_network(keywords, "network", target("cortex-m4f"), random_inputs(keywords.inputs, 1))
    assert done.instructions is not None
    spent = sum(layer.instructions for layer in done.layers)
    # What is left is the list of calls itself.
    assert spent < done.instructions < spent + 100
    assert [layer.name for layer in done.layers] == [layer.symbol for layer in keywords.layers]
    # Copying inputs and outputs is not part of it.
    assert done.report.instructions is not None
    assert done.instructions < done.report.instructions


def test_inputs_of_another_shape_are_refused(keywords: CompiledModel) -> None:
    with pytest.raises(DatasetError, match="the network takes"):
        run_network(keywords, "network", target("host"), [[np.zeros((1, 3), np.int8)]])
