"""Plain values as every database keeps them: no NUL, no half characters, no NaN."""

from __future__ import annotations

import math
import re
from typing import Any

from tinsmith.core.errors import InputError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Deeper than anything meant; Python's own limit must not be reached.
_DEPTH = 60


def clean(value: Any, where: str, depth: int = _DEPTH) -> None:
    """Checks a value of JSON.

    Args:
        value: What is about to be stored.
        where: How an error names it.
        depth: How deep it may be nested.

    Raises:
        InputError: A text, a number or the depth cannot be kept.
    """
    if depth < 0:
        raise InputError(f"{where} is nested too deeply")
    if isinstance(value, dict):
        for name, item in value.items():
            clean(name, where, depth - 1)
            clean(item, f"{where}.{name}"[:80], depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            clean(item, where, depth - 1)
    elif problem := _problem(value):
        raise InputError(f"{where} {problem}")


def _problem(value: Any) -> str | None:
    """Why a text or number cannot be kept."""
    if isinstance(value, str) and _UNSTORABLE.search(value):
        return f"holds NUL or half of a character: {value[:60]!r}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}; expected a number"
    if isinstance(value, int) and abs(value) >= 2**63:
        return f"is {value}; expected at most 64 bits"
    return None


def finite(value: Any) -> Any:
    """The value with null for every NaN and infinity, which training may run into."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
