"""Content hashes: the key of every cached stage and of every stored blob."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

# `json.dumps` would make an encoder each time.
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def hash_bytes(data: bytes) -> str:
    """SHA-256 of `data` as 64 lowercase hex characters."""
    return hashlib.sha256(data).hexdigest()


def digest(*parts: Any) -> str:
    """A stable SHA-256 over plain values, arrays, dataclasses and Pydantic models.

    Mappings are order-free, sequences are ordered; arrays count dtype, shape and bytes; floats
    count their shortest exact decimal form. The result does not depend on the process or platform.

    Raises:
        TypeError: A part is of a kind that has no stable form.
    """
    sha = hashlib.sha256()
    for part in parts:
        sha.update(_ENCODE(_plain(part)).encode())
        sha.update(b"\0")
    return sha.hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return {"bytes": hash_bytes(value)}
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value)
        return {"array": [data.dtype.str, list(data.shape), hash_bytes(data.tobytes())]}
    if isinstance(value, np.generic):
        return value.item()
    return _plain_container(value)


def _plain_container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_plain(item), sort_keys=True) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json"))
    raise TypeError(f"no stable hash for {type(value).__name__}")
