"""What every store of blobs promises, in a folder and in a bucket."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.core.errors import InputError
from tinsmith.store.blobs import (
    Blob,
    BlobDamagedError,
    BlobMissingError,
    BlobStore,
    BlobTooLargeError,
    open_blobs,
)
from tinsmith.store.blobs.blob import blob_key

ABSENT = hashlib.sha256(b"never stored").hexdigest()
DATA = bytes(range(256)) * 40


def test_content_comes_back_under_its_sha256(store: BlobStore) -> None:
    blob = store.put(DATA)
    assert blob == Blob(hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert store.get(blob.hash) == DATA
    assert store.size(blob.hash) == len(DATA)
    assert store.exists(blob.hash)


def test_nothing_at_all_is_content_too(store: BlobStore) -> None:
    blob = store.put(b"")
    assert store.put_stream([]) == blob
    assert store.get(blob.hash) == b""
    assert list(store.stream(blob.hash)) == []
    assert store.path(blob.hash).read_bytes() == b""
    assert store.size(blob.hash) == 0


def test_bytes_a_stream_and_a_file_of_the_same_content_are_one_blob(
    store: BlobStore, tmp_path: Path
) -> None:
    file = tmp_path / "recording.bin"
    file.write_bytes(DATA)
    pieces = [DATA[:1], b"", DATA[1:5000], DATA[5000:]]
    assert store.put(DATA) == store.put_stream(pieces) == store.put_file(file)
    assert list(store.hashes()) == [store.put(DATA).hash]
    assert file.read_bytes() == DATA


def test_hashes_are_those_of_what_was_put_and_not_deleted(store: BlobStore) -> None:
    blobs = [store.put(bytes([number])) for number in range(20)]
    store.delete(blobs[3].hash)
    assert sorted(store.hashes()) == sorted(blob.hash for blob in blobs if blob != blobs[3])


def test_deleted_content_is_gone_and_can_come_back(store: BlobStore) -> None:
    blob = store.put(DATA)
    store.path(blob.hash)
    store.delete(blob.hash)
    store.delete(blob.hash)
    assert not store.exists(blob.hash)
    with pytest.raises(BlobMissingError):
        store.get(blob.hash)
    assert store.put(DATA) == blob
    assert store.get(blob.hash) == DATA


@pytest.mark.parametrize(
    "access",
    [
        lambda store, hash: store.get(hash),
        lambda store, hash: store.read(hash, 0, 10),
        lambda store, hash: list(store.stream(hash)),
        lambda store, hash: store.path(hash),
    ],
    ids=["get", "read", "stream", "path"],
)
def test_absent_content_is_an_error_with_a_hint(
    store: BlobStore, access: Callable[[BlobStore, str], object]
) -> None:
    with pytest.raises(BlobMissingError, match=ABSENT) as caught:
        access(store, ABSENT)
    assert caught.value.hint
    assert store.size(ABSENT) is None
    assert list(store.hashes()) == []


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_what_is_no_hash_is_refused_everywhere(store: BlobStore, bad: str) -> None:
    for access in (
        store.get, store.size, store.exists, store.delete, store.path,
        lambda hash: store.read(hash, 0, 1), lambda hash: list(store.stream(hash)),
        lambda hash: store.url(hash, None, 60),
    ):  # fmt: skip
        with pytest.raises(InputError, match="not the hash"):
            access(bad)


@given(st.text())
def test_no_text_makes_a_key_outside_the_store(text: str) -> None:
    try:
        key = blob_key(text)
    except InputError:
        return
    assert key == f"{text[:2]}/{text}"
    assert set(text) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 10), (1, 1), (10_000, 500), (10_239, 9), (10_240, 5), (50_000, 5), (3, 0), (0, 1 << 40)],
)
def test_a_part_is_what_a_slice_is(store: BlobStore, start: int, length: int) -> None:
    blob = store.put(DATA)
    assert store.read(blob.hash, start, length) == DATA[start : start + length]


def test_negative_ranges_are_refused(store: BlobStore) -> None:
    blob = store.put(DATA)
    with pytest.raises(InputError, match="-1"):
        store.read(blob.hash, -1, 5)
    with pytest.raises(InputError, match="-5"):
        store.read(blob.hash, 1, -5)


@pytest.mark.parametrize("chunk", [1000, 10_239, 10_240, 1 << 20])
def test_a_stream_has_all_bytes_in_pieces_no_larger_than_asked(
    store: BlobStore, chunk: int
) -> None:
    blob = store.put(DATA)
    pieces = list(store.stream(blob.hash, chunk))
    assert b"".join(pieces) == DATA
    assert max(map(len, pieces)) <= chunk


def test_a_path_is_a_local_file_that_cannot_be_changed_by_mistake(store: BlobStore) -> None:
    blob = store.put(DATA)
    path = store.path(blob.hash)
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o222 == 0
    assert store.path(blob.hash) == path


def test_damaged_content_is_never_handed_out_as_good(
    store: BlobStore, damage: Callable[[str, bytes], None]
) -> None:
    good, bad = store.put(b"good"), store.put(DATA)
    damage(bad.hash, DATA[:-1] + b"?")
    with pytest.raises(BlobDamagedError, match=bad.hash):
        store.get(bad.hash)
    received: list[bytes] = []
    with pytest.raises(BlobDamagedError):
        received.extend(store.stream(bad.hash, 1000))
    assert len(b"".join(received)) < len(DATA)
    assert list(store.verify()) == [bad.hash]
    assert store.get(good.hash) == b"good"


def test_content_cut_short_is_healed_by_putting_it_again(
    store: BlobStore, damage: Callable[[str, bytes], None]
) -> None:
    blob = store.put(DATA)
    damage(blob.hash, b"")
    assert store.put(DATA) == blob
    assert store.get(blob.hash) == DATA
    damage(blob.hash, DATA[:100])
    assert store.put_stream([DATA]) == blob
    assert list(store.verify()) == []


def test_a_stream_over_its_limit_leaves_nothing(store: BlobStore) -> None:
    asked = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield DATA

    with pytest.raises(BlobTooLargeError, match="50000") as caught:
        store.put_stream(endless(), limit=50_000)
    assert caught.value.hint
    assert len(asked) == 5
    assert list(store.hashes()) == []
    assert store.put_stream([DATA], limit=len(DATA)).size == len(DATA)


def test_a_stream_that_breaks_off_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield DATA
        raise ConnectionResetError("the device hung up")

    with pytest.raises(ConnectionResetError):
        store.put_stream(broken())
    assert list(store.hashes()) == []
    assert list(tmp_path.rglob("tmp/*")) == []


def test_a_file_that_cannot_be_read_is_the_users_mistake(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        store.put_file(tmp_path / "absent.wav")
    with pytest.raises(InputError, match="cannot be read"):
        store.put_file(tmp_path)
    assert list(store.hashes()) == []


def test_a_second_store_at_the_same_address_sees_the_content(
    store: BlobStore, url: str, tmp_path: Path
) -> None:
    blob = store.put(DATA)
    assert open_blobs(url, tmp_path / "copies of another machine").get(blob.hash) == DATA


@pytest.mark.slow
def test_threads_may_share_a_store(store: BlobStore) -> None:
    contents = [bytes([number % 10]) * 3000 for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        blobs = list(pool.map(store.put, contents))
        assert list(pool.map(store.get, (blob.hash for blob in blobs))) == contents
        paths = list(pool.map(store.path, (blob.hash for blob in blobs)))
    assert [path.read_bytes() for path in paths] == contents
    assert len(list(store.hashes())) == 10


STREAMS = """
import resource, sys
from pathlib import Path
from tinsmith.store.blobs import open_blobs

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

store = open_blobs(sys.argv[1], Path(sys.argv[2]))
store.get(store.put(bytes(1 << 20)).hash)
before = peak()
blob = store.put_stream(bytes([number]) * (1 << 20) for number in range(160))
assert sum(map(len, store.stream(blob.hash))) == blob.size == 160 << 20
print(peak() - before)
"""


@pytest.mark.slow
def test_a_long_stream_needs_little_memory(url: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", STREAMS, url, str(tmp_path / "copies")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(result.stdout) < 64 << 20


def test_only_what_nobody_put_for_a_while_is_removed(store: BlobStore) -> None:
    old, new = store.put(b"old"), store.put(b"new")
    moment = datetime.now(UTC)
    assert not store.delete_unused(new.hash, moment - timedelta(days=1))
    assert store.delete_unused(old.hash, moment + timedelta(hours=1))
    assert not store.delete_unused(old.hash, moment + timedelta(hours=1)), "it is gone"
    assert set(store.hashes()) == {new.hash}
