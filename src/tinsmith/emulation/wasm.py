"""Running a build as a WebAssembly module."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from tinsmith.core.errors import VerificationError
from tinsmith.emulation.buffers import plan
from tinsmith.emulation.chunks import Results, run_chunks
from tinsmith.emulation.report import ENTRY, Floats, Layout
from tinsmith.emulation.status import check_status
from tinsmith.toolchain import Build

_PAGE = 65536
# A call from Python costs about as much as a small window, so several go into one.
_CHUNK = 32


def run_wasm(build: Build, layout: Layout, windows: Floats, *, threads: int) -> Results:
    """All windows, one instance of the module per thread.

    Raises:
        VerificationError: The module traps, refuses a window or writes where it must not.
    """
    import wasmtime

    engine = wasmtime.Engine()
    try:
        module = wasmtime.Module(engine, build.path.read_bytes())
    except wasmtime.WasmtimeError as error:
        raise VerificationError(f"not a WebAssembly module: {error}", path=build.path) from error
    chunk = max(1, min(_CHUNK, -(-len(windows) // 8)))
    return run_chunks(
        windows,
        layout,
        lambda: _Instance(engine, module, layout, chunk),
        chunk=chunk,
        threads=threads,
    )


class _Instance:
    def __init__(self, engine: Any, module: Any, layout: Layout, chunk: int) -> None:
        import wasmtime

        self._store = wasmtime.Store(engine)
        exports: Any = wasmtime.Instance(self._store, module, []).exports(self._store)
        if ENTRY not in exports or "memory" not in exports:
            raise VerificationError(f"the module does not export {ENTRY} and its memory")
        self._entry, self._memory = exports[ENTRY], exports["memory"]
        self._trap = wasmtime.Trap
        self._buffers = plan(layout, chunk)
        self._image = self._buffers.blank()
        # Behind everything the module owns.
        self._base = self._memory.data_len(self._store)
        self._memory.grow(self._store, -(-self._buffers.size // _PAGE))
        self._view()[:] = self._image

    def _view(self) -> Any:
        start = ctypes.addressof(self._memory.data_ptr(self._store).contents) + self._base
        return np.ctypeslib.as_array((ctypes.c_uint8 * self._buffers.size).from_address(start))

    def run(self, windows: Floats, first: int) -> tuple[Floats, Floats]:
        """Features and values of `windows`."""
        status = self._call(windows, first)
        if status != 0 and len(windows) > 1:
            # One by one, to say which window it is.
            for index in range(len(windows)):
                self.run(windows[index : index + 1], first + index)
        check_status(status, target="wasm32", window=first)
        memory = self._view()
        self._buffers.check(memory)
        return self._buffers.results(memory, len(windows))

    def _call(self, windows: Floats, first: int) -> int:
        buffers, memory = self._buffers, self._view()
        buffers.reset(memory)
        memory[: windows.nbytes] = windows.view("u1").reshape(-1)
        places = (buffers.features, buffers.values, buffers.scratch)
        arguments = [self._base + place.offset for place in places]
        try:
            status: int = self._entry(self._store, self._base, len(windows), *arguments)
        except self._trap as trap:
            raise VerificationError(
                f"wasm32: the build trapped in windows from {first} on: {trap.message}"
            ) from trap
        return status
