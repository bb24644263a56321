from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tinsmith.core.hashing import hash_bytes
from tinsmith.store.blobs.copies import Copies

BLOCK = 1000


def block(number: int) -> bytes:
    return number.to_bytes(4, "little") * (BLOCK // 4)


def fill(copies: Copies, count: int) -> list[str]:
    """Adds copies, each used a second after the one before it; all of them long ago."""
    start = time.time() - 10_000
    hashes = []
    for number in range(count):
        path = copies.add([block(number)])
        os.utime(path, (start + number, start + number))
        hashes.append(path.name)
    return hashes


def held(copies: Copies) -> set[str]:
    return set(copies.folder.hashes())


def test_a_copy_is_found_and_counts_as_used(tmp_path: Path) -> None:
    copies = Copies(tmp_path, 100 * BLOCK)
    (hash,) = fill(copies, 1)
    before = time.time() - 5
    path = copies.find(hash)
    assert path
    assert path.read_bytes() == block(0)
    assert path.stat().st_mtime > before
    assert copies.find(hash_bytes(b"absent")) is None


def test_the_copies_used_longest_ago_make_room(tmp_path: Path) -> None:
    copies = Copies(tmp_path, 16 * BLOCK, grace_s=5)
    hashes = fill(copies, 16)
    assert copies.find(hashes[0])
    newest = copies.add([block(99)]).name
    kept = held(copies)
    assert {hashes[0], newest, hashes[15]} <= kept
    assert hashes[1] not in kept
    assert len(kept) == 14


def test_the_folder_stays_within_the_limit_however_much_is_added(tmp_path: Path) -> None:
    copies = Copies(tmp_path, 20 * BLOCK, grace_s=-1)
    for number in range(60):
        copies.add([block(number)])
        assert len(held(copies)) <= 20


def test_what_an_earlier_process_left_counts(tmp_path: Path) -> None:
    hashes = fill(Copies(tmp_path, 1000 * BLOCK), 40)
    copies = Copies(tmp_path, 16 * BLOCK)
    copies.add([block(99)])
    assert len(held(copies)) == 14
    assert hashes[-1] in held(copies)


def test_a_copy_just_asked_for_stays_even_above_the_limit(tmp_path: Path) -> None:
    copies = Copies(tmp_path, 2 * BLOCK)
    paths = [copies.add([block(number)]) for number in range(10)]
    assert all(path.is_file() for path in paths)


USES = """
import random, sys
from pathlib import Path
from tinsmith.core.hashing import hash_bytes
from tinsmith.store.blobs.copies import Copies

copies = Copies(Path(sys.argv[1]), 20_000)
chance = random.Random(int(sys.argv[2]))
sys.stdin.readline()
for _ in range(400):
    data = chance.randrange(100).to_bytes(4, "little") * 250
    path = copies.find(hash_bytes(data)) or copies.add([data])
    assert path.read_bytes() == data
"""


@pytest.mark.slow
def test_processes_may_share_a_folder(tmp_path: Path) -> None:
    fill(Copies(tmp_path, 1000 * BLOCK), 60)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", USES, str(tmp_path), str(seed)],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for seed in range(4)
    ]  # fmt: skip
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert errors == [""] * 4
    assert list(Copies(tmp_path, 20_000).folder.verify()) == []
