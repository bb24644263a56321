"""Results are kept under the hash of what they depend on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinsmith.impulse.cache import Cache


@pytest.fixture(params=["memory", "folder"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache" if request.param == "folder" else None)


def test_what_is_stored_is_found_again(cache: Cache) -> None:
    assert cache.get("kind", "abcd") is None
    cache.put("kind", "abcd", b"data")
    assert cache.get("kind", "abcd") == b"data"
    assert cache.get("other", "abcd") is None
    assert (cache.hits, cache.misses) == (1, 2)


def test_a_result_is_computed_once(cache: Cache) -> None:
    calls: list[int] = []

    def compute() -> bytes:
        calls.append(1)
        return b"data"

    assert cache.blob("kind", "abcd", compute) == b"data"
    assert cache.blob("kind", "abcd", compute) == b"data"
    assert len(calls) == 1


def test_plain_values_and_arrays_survive(cache: Cache) -> None:
    value = {"labels": ["a", "ü"], "start_ms": [0.1]}
    assert cache.json("kind", "one", lambda: value) == value
    assert cache.json("kind", "one", dict) == value
    array = np.array([[1.5, -0.0], [np.inf, 1e-45]], np.float32)
    cache.put_array("kind", "two", array)
    found = cache.get_array("kind", "two")
    assert found is not None
    assert found.tobytes() == array.tobytes()
    assert cache.array("kind", "two", lambda: array * 2).tobytes() == array.tobytes()


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"hello", None])
def test_a_damaged_array_counts_as_absent(tmp_path: Path, damage: bytes | None) -> None:
    cache = Cache(tmp_path)
    cache.put_array("features", "abcd", np.ones((100, 3), np.float32))
    path = tmp_path / "features" / "ab" / "abcd"
    path.write_bytes(path.read_bytes()[:-7] if damage is None else damage)
    assert cache.get_array("features", "abcd") is None
    whole = np.zeros(2, np.float32)
    assert cache.array("features", "abcd", lambda: whole).tolist() == [0, 0]
    assert cache.get_array("features", "abcd") is not None


def test_a_file_of_pickled_objects_is_never_opened(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("features", "abcd", b"")
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    (tmp_path / "features" / "ab" / "abcd").write_bytes((tmp_path / "x.npy").read_bytes())
    assert cache.get_array("features", "abcd") is None


def test_two_caches_share_a_folder(tmp_path: Path) -> None:
    Cache(tmp_path).put("kind", "abcd", b"data")
    assert Cache(tmp_path).get("kind", "abcd") == b"data"
    assert [path.name for path in (tmp_path / "kind" / "ab").iterdir()] == ["abcd"]
