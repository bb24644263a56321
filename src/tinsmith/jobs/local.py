"""Jobs as processes of this machine, each with a keeper and a process group of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tinsmith.jobs.engine import Ending, Handle, Order, encode_order

WORKER = (sys.executable, "-m", "tinsmith.jobs.worker")


class LocalEngine:
    """Runs every job as a process of its own, so that a crash or a leak ends with it.

    Args:
        command: The program that takes an order on standard input.
    """

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = tuple(command)

    def start(self, order: Order) -> Handle:
        """Starts the process; it ends by itself when this one is gone."""
        scratch = scratch_root(order.place.data) / f"{order.job_id}-{order.attempt}"
        scratch.mkdir(parents=True, exist_ok=True)
        threads = str(order.threads)
        process = subprocess.Popen(
            [sys.executable, "-m", "tinsmith.jobs.keeper", *self._command],
            stdin=subprocess.PIPE,
            env=os.environ
            | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "TMPDIR": str(scratch)},
            start_new_session=True,
        )
        # The order goes through the pipe: a command line would show passwords to everyone. A
        # process that is gone already says so when it is looked at.
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.write(encode_order(order))
            process.stdin.flush()
        return _Process(process, order, scratch)

    def close(self) -> None:
        """Nothing is held."""


def scratch_root(data: Path) -> Path:
    """Where jobs put temporary files: one folder each, removed when they end."""
    return data / "work"


def clean_scratch(data: Path) -> None:
    """Removes what jobs left behind that a crash cut off; only while none runs."""
    shutil.rmtree(scratch_root(data), ignore_errors=True)


@dataclass
class _Process:
    process: subprocess.Popen[bytes]
    order: Order
    scratch: Path
    started: float = field(default_factory=time.monotonic)

    def poll(self) -> Ending | None:
        if self.process.returncode is not None:
            return Ending("ended", "its process has ended")
        # The process stays a zombie until `stop`, so that its group keeps its number until then.
        found = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            return Ending("ended", _explained(found.si_code, found.si_status))
        seconds = self.order.time_limit_s
        if seconds is not None and time.monotonic() - self.started > seconds:
            return Ending("time_limit", f"it took longer than its limit of {seconds} s")
        limit = self.order.memory_limit_mb
        if limit is not None and (used := self._memory_mb()) > limit:
            return Ending("memory_limit", f"it used {used:.0f} MB; its limit is {limit} MB")
        return None

    def stop(self) -> None:
        if self.process.returncode is not None:
            return
        # Nothing it holds needs a farewell: files are replaced as a whole, rows are stored in one
        # transaction, and its scratch folder goes with it.
        children = self._tree()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _memory_mb(self) -> float:
        total = 0
        for part in self._tree():
            with contextlib.suppress(psutil.Error):
                total += part.memory_info().rss
        return total / 1e6

    def _tree(self) -> list[psutil.Process]:
        """The process and everything it started, also what made a group of its own."""
        try:
            own = psutil.Process(self.process.pid)
            return [own, *own.children(recursive=True)]
        except psutil.Error:
            return []


def _explained(code: int, status: int) -> str:
    if code == os.CLD_EXITED:
        return f"its process ended unexpectedly with status {status}"
    hint = ", perhaps for want of memory" if status == signal.SIGKILL else ""
    return f"its process was killed by {signal.Signals(status).name}{hint}"
