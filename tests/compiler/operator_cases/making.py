"""What the cases of all families share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3

SHORT = {"int8": "s8", "int16": "s16", "int32": "s32", "float32": "f32", "bool": "bool"}
"""How names of cases end."""

Case = Callable[[Any, np.random.Generator], bytes]
"""(empty model maker, random numbers) to the bytes of a model file."""


def scale_of(dtype: str, scale: float, zero_point: int) -> dict[str, Any]:
    """Quantisation of an int8 or int16 tensor; nothing for others."""
    return {"scale": scale, "zero_point": zero_point} if dtype in ("int8", "int16") else {}
