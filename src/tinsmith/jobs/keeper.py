"""Stands between a job's process and whoever started it, so that neither outlives the other.

`python -m tinsmith.jobs.keeper PROGRAM…` runs the program in a group of its own, hands it the first
line of standard input, and ends as it does. When standard input or the program ends, it kills the
program's group. If the keeper itself is killed, the program sees its own input end.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Keeps one program."""
    line = sys.stdin.buffer.readline()
    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
    threading.Thread(target=_end_with_parent, args=(program.pid,), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        assert program.stdin is not None
        program.stdin.write(line)
        program.stdin.flush()
    # Not reaped yet, so that its group keeps its number until everyone in it is gone.
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
    _kill(program.pid)
    _end_as(program.wait())


def _end_with_parent(group: int) -> None:
    os.read(0, 1)
    _kill(group)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end_as(status: int) -> None:
    """Ends with a status, or by the signal it stands for."""
    if status >= 0:
        sys.exit(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    number = -status
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    main()
