"""Text and plain values that every database can keep: no NUL, no half characters, no NaN."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

# Deeper documents are no designs; Python's own limit must not be reached.
_DEPTH = 40


def clean_text(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: It holds what databases and JSON cannot keep.
    """
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain lone surrogates")
    return text


def clean_values(value: dict[str, Any]) -> dict[str, Any]:
    """Plain values of JSON, all of them such that they can be kept.

    Raises:
        ValueError: Text, a number or the depth is not.
    """
    _check(value, _DEPTH)
    return value


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise ValueError(f"is nested more than {_DEPTH} levels deep")
    if isinstance(value, str):
        clean_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must not contain NaN or infinity")
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("must not contain whole numbers beyond 64 bits")
    elif isinstance(value, dict):
        for key, item in value.items():
            clean_text(key)
            _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)


# A pattern and not a function, so that the OpenAPI document shows it and the limits beside it. A
# field with a pattern of its own excludes NUL there; half characters are no `str` to Pydantic.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Document = Annotated[dict[str, Any], AfterValidator(clean_values)]
