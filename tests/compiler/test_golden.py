"""Published single-operator models with int16 activations and the outputs they must give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.read import read_tflite

_NAMES = ("conv0", "conv11", "conv12", "conv14")


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
    np.testing.assert_array_equal(values[0], expected)


def _numbers(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.loadtxt(path, delimiter=",", dtype=np.int64).ravel()
