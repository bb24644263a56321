"""Memory that is freed is used again without asking the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_WORK = """
import resource, sys
from tinsmith.core.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
def work():
    blocks = [bytearray(b"x") * size for size in (3_000_000, 5_000_000, 900_000)]
for _ in range(3):
    work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_blocks_taken_again_and_again_are_not_fetched_anew() -> None:
    command = [sys.executable, "-c", _WORK]
    faults = int(subprocess.run([*command, "keep"], capture_output=True, check=True).stdout)
    assert faults < 200, "twenty times 2,200 pages are used"
