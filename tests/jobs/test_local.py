"""Processes of jobs: bounded, and gone with everything they started."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tinsmith.jobs.engine import Ending, Order, Place, decode_order, encode_order
from tinsmith.jobs.local import LocalEngine, clean_scratch, scratch_root

# A program that takes an order, starts two others, one of which leaves its group, and tells their
# numbers; they take 80 MB each.
FAMILY = """
import os, subprocess, sys, time
order = sys.stdin.readline()
child = "import time; kept = bytearray(80_000_000); print(1, flush=True); time.sleep(600)"
for leaves in (False, True):
    process = subprocess.Popen(
        [sys.executable, "-c", child], start_new_session=leaves, stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    process.stdout.readline()
    numbers = open(os.environ["TMPDIR"] + "/numbers", "a")
    print(process.pid, file=numbers, flush=True)
os.rename(os.environ["TMPDIR"] + "/numbers", sys.argv[1])
sys.stdin.read()
"""

Runner = Callable[..., Any]


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Order]:
    """Makes orders."""

    def make(**limits: int) -> Order:
        place = Place(f"sqlite:///{tmp_path / 'a b.sqlite'}", "blobs", tmp_path)
        return Order(7, "here", 1, place, 1, **limits)

    return make


@pytest.fixture
def run(order: Callable[..., Order], tmp_path: Path) -> Iterator[Runner]:
    """Runs a program as a job."""
    handles = []

    def start(program: str, **limits: int) -> Any:
        engine = LocalEngine([sys.executable, "-c", program, str(tmp_path / "numbers")])
        handles.append(engine.start(order(**limits)))
        return handles[-1]

    yield start
    for handle in handles:
        handle.stop()


def family(tmp_path: Path) -> list[psutil.Process]:
    """The processes a job started, once they all run."""
    file = tmp_path / "numbers"
    while not file.exists():
        time.sleep(0.02)
    return [psutil.Process(int(line)) for line in file.read_text().split()]


def ending(handle: Any) -> Ending:
    """How a job ends."""
    while True:
        found: Ending | None = handle.poll()
        if found:
            return found
        time.sleep(0.02)


def test_an_order_survives_its_way_through_a_pipe(order: Callable[..., Order]) -> None:
    wanted = order(time_limit_s=5)
    line = encode_order(wanted)
    assert line.count(b"\n") == 1
    assert decode_order(line) == wanted


@pytest.mark.slow
def test_stopping_a_job_stops_everything_it_started(run: Runner, tmp_path: Path) -> None:
    handle = run(FAMILY)
    started = family(tmp_path)
    assert len(started) == 2
    handle.stop()
    handle.stop()
    gone, alive = psutil.wait_procs(started, timeout=10)
    assert (len(gone), alive) == (2, [])
    assert handle.poll() == Ending("ended", "its process has ended")


def test_memory_counts_for_the_whole_family(run: Runner, tmp_path: Path) -> None:
    within = run(FAMILY, memory_limit_mb=1000)
    family(tmp_path)
    assert within.poll() is None
    within.stop()
    (tmp_path / "numbers").unlink()
    beyond = run(FAMILY, memory_limit_mb=150)
    found = ending(beyond)
    assert found.code == "memory_limit"
    assert "its limit is 150 MB" in found.message


@pytest.mark.slow
def test_a_job_has_so_many_seconds(run: Runner) -> None:
    found = ending(run("import time; time.sleep(600)", time_limit_s=1))
    assert found == Ending("time_limit", "it took longer than its limit of 1 s")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise SystemExit(3)", "its process ended unexpectedly with status 3"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "its process was killed by SIGKILL, perhaps for want of memory",
        ),
        ("import os; os.abort()", "its process was killed by SIGABRT"),
    ],
)
def test_an_end_is_explained(run: Runner, program: str, message: str) -> None:
    handle = run(program)
    assert ending(handle) == Ending("ended", message)
    handle.stop()


def test_temporary_files_go_with_the_job(run: Runner, tmp_path: Path) -> None:
    handle = run("import tempfile; print(tempfile.mkdtemp()); raise SystemExit(0)")
    ending(handle)
    (folder,) = scratch_root(tmp_path).iterdir()
    assert len(list(folder.iterdir())) == 1
    handle.stop()
    assert not folder.exists()
    folder.mkdir()
    clean_scratch(tmp_path)
    assert not folder.exists()


@pytest.mark.slow
def test_a_job_dies_with_the_process_that_started_it(tmp_path: Path, waiting_worker: Any) -> None:
    program = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from tinsmith.jobs.engine import Order, Place
        from tinsmith.jobs.local import LocalEngine

        place = Place("", "", Path({str(tmp_path)!r}))
        handle = LocalEngine({waiting_worker.command!r}).start(Order(1, "here", 1, place, 1))
        time.sleep(600)
    """)
    server = subprocess.Popen([sys.executable, "-c", program])
    while not waiting_worker.started():
        assert server.poll() is None
        time.sleep(0.02)
    processes = waiting_worker.processes()
    server.kill()
    server.wait()
    gone, alive = psutil.wait_procs(processes, timeout=10)
    assert (len(gone), alive) == (2, [])


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "keeper"])
def test_whoever_of_them_is_killed_takes_the_rest_along(
    order: Callable[..., Order], waiting_worker: Any, victim: str
) -> None:
    handle = LocalEngine(waiting_worker.command).start(order())
    while not waiting_worker.started():
        time.sleep(0.02)
    worker, child = waiting_worker.processes()
    (worker if victim == "worker" else worker.parent()).kill()
    gone, alive = psutil.wait_procs([worker, child], timeout=10)
    assert (len(gone), alive) == (2, [])
    assert "killed by SIGKILL" in ending(handle).message
    handle.stop()
