from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.core.errors import InputError
from tinsmith.store.blobs import Objects, SharedCache, open_objects
from tinsmith.store.blobs.objects import FolderObjects


# Not "gs": the server of these tests does not know Google's way to say "only if absent".
@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    """What kind of store is tested."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def objects(url: str) -> Objects:
    """No results yet, in each kind of store."""
    return open_objects(url)


def test_a_result_comes_back_under_its_key(objects: Objects) -> None:
    assert objects.get("features/4f81") is None
    objects.put("features/4f81", b"values")
    objects.put("features/empty", b"")
    assert objects.get("features/4f81") == b"values"
    assert objects.get("features/empty") == b""
    assert objects.get("features/4f82") is None


def test_the_first_result_under_a_key_stays(objects: Objects) -> None:
    objects.put("key", b"first")
    objects.put("key", b"second")
    assert objects.get("key") == b"first"


@pytest.mark.parametrize("rest", [b"", b"short", bytes(32) + b"values"])
def test_a_damaged_result_counts_as_absent_and_can_be_put_again(
    objects: Objects, url: str, rest: bytes, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    objects.put("a/key", b"values")
    if url.startswith("file"):
        path = tmp_path / "a folder" / "a" / "key"
        path.chmod(0o644)
        path.write_bytes(rest)
    else:
        bucket = url.partition("://")[2].partition("/")[0]
        s3: Any = request.getfixturevalue("s3")
        s3.put_object(Bucket=bucket, Key="some/prefix/a/key", Body=rest)
    assert objects.get("a/key") is None
    objects.put("a/key", b"values")
    assert objects.get("a/key") == b"values"


@pytest.mark.parametrize(
    "key", ["", "..", "a/../b", "/a", "a/", "a//b", ".tmp/x", "a b", "a\n", "ä", "k" * 501]
)
def test_keys_that_lead_elsewhere_are_refused(objects: Objects, key: str) -> None:
    with pytest.raises(InputError, match="key"):
        objects.put(key, b"1")
    with pytest.raises(InputError, match="key"):
        objects.get(key)


@given(key=st.text(alphabet="ab./\\\0\n-", max_size=12))
def test_no_key_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    root = tmp_path_factory.getbasetemp() / "objects"
    try:
        FolderObjects(root).get(key)
    except InputError:
        return
    assert (root / key).resolve().is_relative_to(root.resolve())
    assert not key.startswith(".")


def test_machines_share_what_one_of_them_computed(objects: Objects, tmp_path: Path) -> None:
    here, there = SharedCache(tmp_path / "here", objects), SharedCache(tmp_path / "there", objects)
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    computed = []

    def compute() -> Any:
        computed.append(1)
        return values

    for cache in (here, there, there, SharedCache(None, objects)):
        np.testing.assert_array_equal(cache.array("features", "4f81", compute), values)
    assert len(computed) == 1
    assert (here.hits, here.misses) == (0, 1)
    assert (there.hits, there.misses) == (2, 0)


def test_what_is_here_needs_no_network(tmp_path: Path, bucket_url: str, s3: Any) -> None:
    cache = SharedCache(tmp_path, open_objects(bucket_url))
    cache.put("model", "4f81", b"weights")
    bucket = bucket_url.partition("://")[2].partition("/")[0]
    s3.delete_object(Bucket=bucket, Key="some/prefix/model/4f81")
    s3.delete_bucket(Bucket=bucket)
    assert cache.get("model", "4f81") == b"weights"
