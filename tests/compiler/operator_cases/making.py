"""What the cases of all families share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3

Case = Callable[[Any, np.random.Generator], bytes]
"""(empty model maker, random numbers) to the bytes of a model file."""


def scale_of(dtype: str, scale: float, zero_point: int) -> dict[str, Any]:
    """Quantisation of a tensor; nothing for floats."""
    return {} if dtype == "float32" else {"scale": scale, "zero_point": zero_point}
