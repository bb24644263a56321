"""Published single-operator models with int16 activations and the outputs they must give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.read import read_tflite

_NAMES = (
    *("add0", "add2", "add3", "add16"),
    *("conv0", "conv11", "conv12", "conv14"),
    # Not leaky_relu11, of which the reference interpreter differs in one value as well.
    *("leaky_relu0", "leaky_relu1", "leaky_relu10"),
    *("quantize0", "quantize1"),
    *("sub0", "sub1", "sub2", "sub3"),
)


@pytest.mark.parametrize("name", _NAMES)
def test_golden_models_give_their_golden_outputs(
    name: str, shared_data: Path, bundle_of: Any
) -> None:
    folder = shared_data / "model-zoo" / "tflm-golden"
    data = (folder / f"{name}.tflite").read_bytes()
    assert {node.operator for node in read_tflite(data).nodes} <= set(OPERATORS)
    window = np.concatenate([_numbers(path) for path in sorted(folder.glob(f"{name}_input*"))])
    expected = _numbers(next(folder.glob(f"{name}_golden*")))
    values = bundle_of({"network": data}).run("host", window[None].astype(np.float32)).values
    # Values travel as float32; so wide int32 values lose their last bits on the way.
    np.testing.assert_array_equal(values[0], expected.astype(np.float32))


def _numbers(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.loadtxt(path, delimiter=",", dtype=np.int64).ravel()
