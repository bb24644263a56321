"""Hashes depend on content alone."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from tinsmith.core.hashing import digest, hash_bytes


@dataclass(frozen=True)
class Point:
    x: int
    y: float


class Settings(BaseModel):
    name: str
    sizes: tuple[int, ...]


def test_bytes_hash_to_their_sha256() -> None:
    assert hash_bytes(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_mappings_are_free_of_order_and_sequences_are_not() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert digest({3, 1, 2}) == digest(frozenset((2, 3, 1)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        ("1", 1),
        (b"1", "1"),
        (0.1, 0.1 + 2**-56),
        (None, "None"),
        ([[1], 2], [1, [2]]),
        (np.zeros(4, np.float32), np.zeros(4, np.float64)),
        (np.zeros((2, 2), np.float32), np.zeros(4, np.float32)),
        (np.array([0.0], np.float32), np.array([-0.0], np.float32)),
    ],
)
def test_different_values_have_different_hashes(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


def test_parts_cannot_be_pushed_across_their_borders() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_dataclasses_models_and_arrays_count_by_content() -> None:
    assert digest(Point(1, 2.0)) == digest(Point(1, 2.0)) != digest(Point(1, 3.0))
    assert digest(Settings(name="a", sizes=(1,))) == digest({"name": "a", "sizes": [1]})
    strided = np.arange(8, dtype=np.float32)[::2]
    assert digest(strided) == digest(strided.copy())
    assert digest(np.float32(0.5)) == digest(0.5)


def test_what_has_no_stable_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no stable hash for object"):
        digest(object())


def test_hashes_do_not_depend_on_the_process() -> None:
    code = "from tinsmith.core.hashing import digest; print(digest({'b', 'a'}, {'y': 1.5, 'x': 2}))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {digest({"a", "b"}, {"x": 2, "y": 1.5}) + "\n"}
