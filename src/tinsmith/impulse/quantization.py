"""What quantisation costs the network of a trained impulse, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tinsmith.compiler.compile import read_checked
from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.core.progress import Progress, silent
from tinsmith.datasets.sample import Sample
from tinsmith.emulation.quantization import QuantizationReport, compare_models
from tinsmith.impulse.cache import Cache, FloatArray
from tinsmith.impulse.features import feature_table
from tinsmith.impulse.fit import network_input
from tinsmith.impulse.fitted import FittedImpulse

DEFAULT_INPUTS = 64
"""Windows that a report is measured on, unless told."""


def quantization_report(
    fitted: FittedImpulse,
    samples: Sequence[Sample],
    *,
    cache: Cache,
    count: int = DEFAULT_INPUTS,
    progress: Progress = silent,
) -> QuantizationReport:
    """Compares the int8 network of an impulse with its float32 one on windows of `samples`.

    Args:
        count: Windows to use at most, spread evenly over all there are.

    Raises:
        DesignError: The impulse has no network.
        DatasetError: Samples that do not fit the impulse, or no window.
    """
    if fitted.network is None:
        raise DesignError(
            "the impulse has no network to look at",
            hint="only classification and regression blocks are quantised",
        )
    table = feature_table(samples, fitted.design, fitted.window, cache=cache, progress=progress)
    wanted = {block.id: block for block in fitted.design.learning}[fitted.network.id]
    ids = [item.id for item in fitted.design.inputs_of(wanted)]
    blocks = [item for item in fitted.blocks if item.id in ids]
    rows = network_input(blocks, table.features, fitted.scalers)
    return compare_on_rows(fitted.network.float32, fitted.network.int8, rows, count=count)


def compare_on_rows(
    float32: bytes, quantised: bytes, rows: FloatArray, *, count: int = DEFAULT_INPUTS
) -> QuantizationReport:
    """Compares two models with one input on representative values of it.

    Args:
        float32, quantised: `.tflite` files.
        rows: [n, ...], each row as many values as the float32 model takes.
        count: Rows to use at most, spread evenly over all there are.

    Raises:
        DatasetError: Rows of another size, or models that do not belong together.
        InputError: A model the compiler refuses.
    """
    graph = read_checked(float32)
    shapes = [graph.tensors[index].shape for index in graph.inputs]
    if len(shapes) != 1:
        raise DatasetError(f"the model has {len(shapes)} inputs; rows are made for one")
    size = graph.tensors[graph.inputs[0]].size
    if rows.ndim < 1 or rows.size != len(rows) * size:
        raise DatasetError(
            f"the inputs have the shape {list(rows.shape)}; expected [n, {size}], as the model "
            f"takes {list(shapes[0])}"
        )
    chosen = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)
    inputs = [[rows[index].astype(np.float32).reshape(shapes[0])] for index in chosen]
    return compare_models(float32, quantised, inputs)


def read_rows(path: Path) -> FloatArray:
    """The numbers of a NumPy file (`.npy`), as float32 [n, ...].

    Raises:
        DatasetError: No such file, or something else in it.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(
            f"the inputs cannot be read: {error}", hint="save them with numpy.save", path=path
        ) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf" or not values.ndim:
        raise DatasetError("the file holds no array of numbers", path=path)
    rows: FloatArray = values.astype(np.float32)
    if not np.isfinite(rows).all():
        raise DatasetError("the inputs hold values that are not finite", path=path)
    return rows
