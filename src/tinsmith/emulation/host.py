"""Running a build in this process."""

from __future__ import annotations

import ctypes

from tinsmith.core.errors import VerificationError
from tinsmith.emulation.buffers import plan
from tinsmith.emulation.chunks import Results, run_chunks
from tinsmith.emulation.report import ENTRY, Floats, Layout
from tinsmith.emulation.status import check_status
from tinsmith.toolchain import Build, ieee_floats, load

_CHUNK = 64


def run_host(build: Build, layout: Layout, windows: Floats, *, threads: int) -> Results:
    """All windows on all cores; the interpreter's lock is free meanwhile.

    Raises:
        VerificationError: The build refuses a window or writes where it must not.
    """
    library = load(build)
    if not hasattr(library, ENTRY):
        raise VerificationError(f"the build has no function {ENTRY}", path=build.path)
    chunk = max(1, min(_CHUNK, -(-len(windows) // 8)))
    return run_chunks(
        windows,
        layout,
        lambda: _Process(library, layout, build.target.name, chunk),
        chunk=chunk,
        threads=threads,
    )


class _Process:
    def __init__(self, library: ctypes.CDLL, layout: Layout, target: str, chunk: int) -> None:
        self._library = library
        self._target = target
        self._buffers = plan(layout, chunk)
        self._memory = self._buffers.blank()
        self._entry = ctypes.CFUNCTYPE(
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_void_p,
        )((ENTRY, library))

    def run(self, windows: Floats, first: int) -> tuple[Floats, Floats]:
        """Features and values of `windows`."""
        status = self._call(windows)
        if status != 0 and len(windows) > 1:
            # One by one, to say which window it is.
            for index in range(len(windows)):
                self.run(windows[index : index + 1], first + index)
        check_status(status, target=self._target, window=first)
        self._buffers.check(self._memory)
        return self._buffers.results(self._memory, len(windows))

    def _call(self, windows: Floats) -> int:
        buffers, memory = self._buffers, self._memory
        buffers.reset(memory)
        memory[: windows.nbytes] = windows.view("u1").reshape(-1)
        base = memory.ctypes.data
        with ieee_floats(self._library):
            status: int = self._entry(
                base + buffers.windows.offset,
                len(windows),
                base + buffers.features.offset,
                base + buffers.values.offset,
                base + buffers.scratch.offset,
            )
        return status
