"""Export is checked against torch itself, layer by layer, through the device's interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import VerificationError
from tinsmith.learning.layers import (
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Pool1d,
    Pool2d,
    Reshape,
)

torch = pytest.importorskip("torch", reason="the learn extra is not installed")

NETWORKS: dict[str, tuple[tuple[int, ...], tuple[Layer, ...]]] = {
    "dense": ((9,), (Dense(7, batch_norm=True), Dropout(0.3), Dense(5, "relu6"))),
    "conv1d": (
        (21, 3),
        (Conv1d(8, 5, 2, batch_norm=True), Pool1d(), Conv1d(4, 3, padding="valid")),
    ),
    "conv1d_even": (
        (20, 2),
        (Conv1d(4, 4, 3), Pool1d("average", 3, 2, "same"), Flatten(), Dense(6)),
    ),
    "conv2d": ((11, 9, 2), (Conv2d(6, (3, 5), (2, 2), batch_norm=True), Pool2d("max", (2, 2)))),
    "same_pools": (
        (7, 10, 3),
        (Pool2d("max", (3, 3), (2, 2), "same"), Pool2d("average", (3, 2), (2, 2), "same")),
    ),
    "depthwise": (
        (9, 9, 4),
        (DepthwiseConv2d((3, 3), (2, 2), multiplier=2, batch_norm=True), Conv2d(5, (1, 1))),
    ),
    "global": ((12, 6), (Conv1d(7), GlobalAveragePool(), Dense(4))),
    "reshape": ((12, 6), (Reshape((12, 6, 1)), Conv2d(3), Reshape((-1, 9)), Conv1d(5), Flatten())),
    "norm_first": ((10, 3), (BatchNorm(), Conv1d(4, activation="none"), BatchNorm("relu"))),
    "norm_after_relu": ((6,), (Dense(5), BatchNorm(), Dense(4))),
    "output_only": ((5, 3), ()),
}


def build(layers: Sequence[Layer], shape: tuple[int, ...]) -> Any:
    """A network with weights and statistics that leave nothing at its default."""
    from tinsmith.learning.network import Network

    torch.manual_seed(3)
    network = Network(layers, shape, 3)
    with torch.no_grad():
        for value in network.state_dict().values():
            if value.is_floating_point():
                value += 0.2 * torch.rand_like(value)
    return network.eval()


@pytest.mark.parametrize("name", list(NETWORKS))
def test_exported_models_compute_what_torch_does(name: str) -> None:
    from tinsmith.learning.export import export_float32
    from tinsmith.learning.folding import fold
    from tinsmith.learning.interpreter import MicroInterpreter

    shape, layers = NETWORKS[name]
    network = build(layers, shape)
    inputs = np.random.default_rng(1).normal(size=(8, int(np.prod(shape)))).astype(np.float32)
    with torch.no_grad():
        expected = torch.softmax(network(torch.from_numpy(inputs)), dim=1).numpy()
    model = export_float32(fold(network, has_softmax=True), shape)
    assert np.abs(MicroInterpreter(model).run(inputs) - expected).max() < 1e-5


def test_the_unit_of_a_regression_lies_in_the_output_layer() -> None:
    from tinsmith.learning.export import export_float32
    from tinsmith.learning.folding import fold
    from tinsmith.learning.interpreter import MicroInterpreter

    network = build((Dense(4),), (3,))
    inputs = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(inputs)).numpy() * 40 + 7
    operators = fold(network, has_softmax=False, output_scale=40, output_shift=7)
    outputs = MicroInterpreter(export_float32(operators, (3,))).run(inputs)
    assert np.abs(outputs - expected).max() < 1e-4


def test_export_repeats_byte_for_byte_with_meaningful_names() -> None:
    from tinsmith.learning.export import export_float32
    from tinsmith.learning.folding import fold

    operators = fold(build(NETWORKS["conv1d"][1], (21, 3)), has_softmax=True)
    model = export_float32(operators, (21, 3))
    assert model == export_float32(operators, (21, 3))
    for name in (b"features", b"conv1d_0/weights", b"output/bias", b"scores"):
        assert name in model


def test_weights_are_aligned_to_16_bytes() -> None:
    from ai_edge_litert import schema_py_generated as schema

    from tinsmith.learning.export import export_float32
    from tinsmith.learning.folding import fold

    model = export_float32(fold(build((Dense(5),), (7,)), has_softmax=True), (7,))
    parsed = schema.Model.GetRootAs(model, 0)
    offsets = []
    for index in range(parsed.BuffersLength()):
        data = parsed.Buffers(index)._tab
        field = data.Offset(4)
        if field:
            offsets.append(data.Vector(field))
    assert len(offsets) >= 4
    assert all(offset % 16 == 0 for offset in offsets)


def test_a_file_that_is_no_model_is_refused() -> None:
    from tinsmith.learning.interpreter import MicroInterpreter

    with pytest.raises(VerificationError, match="no model"):
        MicroInterpreter(b"not a model at all, not even close")
