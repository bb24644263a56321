"""One way to run a build, wherever it runs."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from tinsmith.core.errors import DatasetError, DesignError, InternalError
from tinsmith.emulation.board import run_firmware
from tinsmith.emulation.host import run_host
from tinsmith.emulation.qemu import PREFIX, run_qemu
from tinsmith.emulation.report import Floats, Layout, RunReport
from tinsmith.emulation.wasm import run_wasm
from tinsmith.toolchain import Build


def run(
    build: Build,
    layout: Layout,
    windows: Floats,
    *,
    markers: Sequence[str] = (),
    threads: int = 0,
) -> RunReport:
    """Runs every window through the build's `tin_run_windows`.

    Args:
        build: A host library, WebAssembly module or firmware that exports the entry.
        layout: Sizes of the impulse it was built from.
        windows: float32 [n, window_length].
        markers: Functions at whose entry the instruction count is noted (firmware only).
        threads: How many windows to run at once; 0: one per core.

    Raises:
        VerificationError: The build faults, reports an error, or writes where it must not.
        DatasetError: There is no window, or windows of another length than the impulse takes.
        BuildError: A marker is not a function of the build.
    """
    windows = _checked(windows, layout)
    started = time.perf_counter()
    if build.target.is_firmware:
        on_qemu = (build.target.emulator or "").startswith(PREFIX)
        run_core = run_qemu if on_qemu else run_firmware
        return run_core(build, layout, windows, markers=tuple(markers), threads=threads)
    if build.target.family == "wasm":
        results = run_wasm(build, layout, windows, threads=threads)
    else:
        results = run_host(build, layout, windows, threads=threads)
    return RunReport(
        target=build.target.name,
        features=results.features,
        values=results.values,
        instructions=None,
        trace=(),
        stack_bytes=None,
        static_ram_bytes=None,
        flash_bytes=None,
        seconds=time.perf_counter() - started,
    )


def _checked(windows: Floats, layout: Layout) -> Floats:
    sizes = (layout.window_length, layout.num_features, layout.num_values, layout.scratch_bytes)
    if min(sizes) < 0 or layout.window_length == 0:
        raise InternalError(f"{layout} has a size that no impulse has")
    if windows.ndim != 2 or windows.dtype != np.float32:
        raise InternalError(
            f"windows are {windows.dtype} {list(windows.shape)}; expected float32 [n, length]"
        )
    if len(windows) == 0:
        raise DatasetError("there is no window to run", hint="select at least one window")
    if windows.shape[1] != layout.window_length:
        raise DesignError(
            f"windows have {windows.shape[1]} values; the impulse takes {layout.window_length}",
            hint="make the windows with the window settings of the impulse",
        )
    return np.ascontiguousarray(windows)
