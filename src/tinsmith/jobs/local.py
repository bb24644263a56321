"""Jobs as processes of this machine, each its own process group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import psutil

from tinsmith.jobs.engine import Handle, Order

_PATIENCE_S = 5.0


class LocalEngine:
    """Runs every job as a process of its own, so that a crash or a leak ends with it."""

    def start(self, order: Order) -> Handle:
        """Starts the process; it ends by itself when this one is gone."""
        environment = os.environ | {
            "OMP_NUM_THREADS": str(order.threads),
            "OPENBLAS_NUM_THREADS": str(order.threads),
            "TINSMITH_THREADS": str(order.threads),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tinsmith.jobs.worker"],
            stdin=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        assert process.stdin is not None
        # The order goes through the pipe: a command line would show passwords to everyone.
        process.stdin.write(encode_order(order))
        process.stdin.flush()
        return _Process(process)

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class _Process:
    process: subprocess.Popen[bytes]

    def poll(self) -> int | None:
        return self.process.poll()

    def memory_mb(self) -> float:
        total = 0
        with contextlib.suppress(psutil.Error):
            own = psutil.Process(self.process.pid)
            for part in (own, *own.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += part.memory_info().rss
        return total / 1e6

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE_S)
        # Whatever the job started must not outlive it.
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def encode_order(order: Order) -> bytes:
    """An order as one line."""
    import json

    text = json.dumps(
        {
            "job_id": order.job_id,
            "database_url": order.place.database_url,
            "blob_url": order.place.blob_url,
            "data": str(order.place.data),
            "threads": order.threads,
        }
    )
    return text.encode() + b"\n"
