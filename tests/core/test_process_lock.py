"""A lock between processes is held by one at a time, and free when its holder is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from tinsmith.core.process_lock import held, is_held

_HOLDER = """
import sys
from pathlib import Path
from tinsmith.core.process_lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    entered = threading.Event()

    def enter() -> None:
        with held(path):
            entered.set()

    waiting = threading.Thread(target=enter, daemon=True)
    waiting.start()
    assert not entered.wait(0.3)
    assert is_held(path)
    holder.kill()
    holder.communicate()
    assert entered.wait(10)
    waiting.join()
    assert not is_held(path)


def test_threads_take_turns(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    count, seen = 0, []

    def work() -> None:
        nonlocal count
        for _ in range(200):
            with held(lock):
                count += 1
                seen.append(count)
                count -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 800
