"""Checks every decoder ends with: finite, not empty, within limits, as float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, UnsupportedError
from tinsmith.signals.types import DecodeOptions


def samples(
    values: npt.NDArray[Any], *, first_row: int = 0, row_name: str = "row"
) -> npt.NDArray[np.float32]:
    """`values` [frames, axes] as contiguous float32.

    Args:
        values: Numbers of any real type.
        first_row: Number of the first row in messages.
        row_name: What a row is called in messages.

    Raises:
        DecodeError: No values, a NaN or infinity, or a number too large for float32; the message
            names the row.
    """
    if values.shape[0] == 0 or values.shape[1] == 0:
        raise DecodeError("the file holds no samples", hint="record again; at least one is needed")
    if values.dtype.kind in "iu":  # every whole number is finite and fits
        return np.ascontiguousarray(values, dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.ascontiguousarray(values, dtype=np.float32)
    finite = np.isfinite(converted)
    if not finite.all():
        row, axis = (int(index) for index in np.argwhere(~finite)[0])
        raise DecodeError(
            f"{row_name} {row + first_row}, axis {axis} is {values[row, axis]}; "
            "expected a finite number that fits float32",
            hint="remove or repair that row; missing values in a CSV file are left empty",
        )
    return converted


def interval(interval_ms: float, frames: int) -> float:
    """`interval_ms` if it makes sense for a signal of `frames` rows.

    Raises:
        DecodeError: Not finite, negative, absurdly small or large, or 0 for more than one row.
    """
    if interval_ms == 0 and frames == 1:
        return 0.0
    if not 1e-5 <= interval_ms <= 1e10:  # NaN fails this comparison too
        raise DecodeError(
            f"the interval is {interval_ms:g} ms for {frames} rows; "
            "expected milliseconds between rows, above 0",
        )
    return float(interval_ms)


def within_bytes(data: bytes, options: DecodeOptions) -> None:
    """Refuses empty files and files above the byte limit."""
    if not data:
        raise DecodeError("the file is empty (0 bytes)", hint="record or copy it again")
    if len(data) > options.max_bytes:
        raise UnsupportedError(
            f"the file has {len(data)} bytes; the limit is {options.max_bytes}",
            hint="cut it into shorter recordings, or raise max_bytes",
        )


def within_values(count: int, options: DecodeOptions) -> None:
    """Refuses signals above the limit of `max_values` numbers."""
    if count > options.max_values:
        raise UnsupportedError(
            f"the recording holds {count} values; the limit is {options.max_values}",
            hint="cut it into shorter recordings, or raise max_values",
        )
