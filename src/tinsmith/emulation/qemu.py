"""Running a build on a board that QEMU emulates: Cortex-M55, which has vector instructions.

The firmware image lies in the board's memory as a device would hold it. A small program of its own,
`tin_bench.c`, calls it and hands memory back; a plugin, `tin_plugin.c`, counts what it executes.
"""

from __future__ import annotations

import dataclasses
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from tinsmith.core.errors import UnsupportedError, VerificationError
from tinsmith.emulation.buffers import Buffers, plan
from tinsmith.emulation.chunks import run_chunks
from tinsmith.emulation.firmware import Firmware, read_firmware
from tinsmith.emulation.report import ENTRY, Cost, Floats, Layout, RunReport
from tinsmith.emulation.status import check_status
from tinsmith.toolchain import Build, BuildRequest, build, target
from tinsmith.toolchain.elf import read_elf

PREFIX = "qemu:"
"""What a target's `emulator` starts with when QEMU runs it; the board's name follows."""

_PROGRAM = "qemu-system-arm"
_FOLDER = Path(__file__).parent
# The board starts at address 0; everything else lies in its DDR memory, behind the firmware's RAM.
_BENCH_ORIGINS = (0x00000000, 0x6C000000)
_DESCRIPTOR, _INPUTS, _BUFFERS = 0x68000000, 0x68001000, 0x70000000
_STACK_BYTES = 256 * 1024
_INSTRUCTION_LIMIT = 20_000_000_000
_MAX_EVENTS = 1 << 16
_EXHAUSTED = (1 << 64) - 1  # in place of a marker: the limit is reached
_FAULT = 0x7FFFFFFF
_SUPERVISOR_CALL = bytes.fromhex("00df")
# Windows of one start: as many as leave this much memory to be handed back.
_MAX_DUMP_BYTES = 64 << 20
_MAX_WINDOWS = 256
_STACK_OVERFLOW, _BUS_ERRORS = 1 << 20, 0xFF << 8
_DONE = "tin_bench_done"


def run_qemu(
    build: Build, layout: Layout, windows: Floats, *, markers: tuple[str, ...], threads: int
) -> RunReport:
    """All windows, one emulator per thread; costs are those of the first window.

    Raises:
        UnsupportedError: The emulator is not installed.
        VerificationError: The firmware faults, refuses a window or writes where it must not.
        BuildError: A marker is not a function of the build.
    """
    started = time.perf_counter()
    board = Board(read_firmware(build, markers), layout)
    instructions, trace = board.measure(windows[0])
    chunk = max(1, min(_MAX_WINDOWS, _MAX_DUMP_BYTES // board.buffers.size))
    results = run_chunks(windows, layout, lambda: board, chunk=chunk, threads=threads)
    memory = 4 * (layout.num_features + layout.num_values) + layout.scratch_bytes
    return RunReport(
        target=build.target.name,
        features=results.features,
        values=results.values,
        instructions=instructions,
        trace=trace,
        stack_bytes=board.stack_bytes,
        static_ram_bytes=board.firmware.data_bytes + memory,
        flash_bytes=board.firmware.flash_bytes,
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Session:
    """What one start of the emulator left behind."""

    dump: bytes  # the buffers after each call
    calls: int
    status: int
    stack_bytes: int
    fault: tuple[int, int]  # address and the core's reason
    events: tuple[tuple[int, int], ...]  # marker index, instructions so far


class Board:
    """A board with one firmware; every call of a method starts it anew."""

    def __init__(self, firmware: Firmware, layout: Layout) -> None:
        self.firmware = firmware
        self.buffers: Buffers = plan(layout, capacity=2)
        self.stack_bytes = 0
        self._program = _find_program()
        self._bench = _build_bench(firmware)
        self._plugin = build(BuildRequest(target("host"), (_FOLDER / "tin_plugin.c",))).path
        done = read_elf(self._bench).symbol(_DONE).address
        self._markers = ((ENTRY, firmware.entry), *firmware.markers, (_DONE, done))

    def measure(self, window: Floats) -> tuple[int, tuple[Cost, ...]]:
        """Exact instructions of one window without initialisation, and the trace of one call."""
        session = self._start(np.stack([window] * 3), (1, 2), "window 0")
        self._check(session, 0)
        last = len(self._markers) - 1
        if len(session.events) > _MAX_EVENTS:
            raise VerificationError(
                f"marked functions were entered more than {_MAX_EVENTS} times",
                hint="mark fewer or larger functions",
            )
        ends = [at for at, (index, _) in enumerate(session.events) if index == last]
        first, second = session.events[: ends[0] + 1], session.events[ends[0] + 1 : ends[1] + 1]
        single = first[-1][1] - first[0][1]
        double = second[-1][1] - second[0][1]
        stretches = pairwise(first)
        trace = (Cost(self._markers[a[0]][0], b[1] - a[1]) for a, b in stretches)
        return double - single, tuple(cost for cost in trace if cost.instructions)

    def run(self, windows: Floats, first: int) -> tuple[Floats, Floats]:
        """Features and values of `windows`, one call each, as a device would."""
        where = f"window {first}" if len(windows) == 1 else f"a window from {first} on"
        session = self._start(windows, (1,) * len(windows), where)
        self._check(session, first)
        rows = []
        for call in range(len(windows)):
            dump = np.frombuffer(session.dump, np.uint8)[call * self.buffers.size :]
            memory = dump[: self.buffers.size]
            self.buffers.check(memory)
            rows.append(self.buffers.results(memory, 1))
        return np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])

    def _check(self, session: _Session, first: int) -> None:
        index = first + session.calls
        if session.status == _FAULT:
            address, reason = session.fault
            raise self._failure(_reason(reason), f"window {index}", address)
        check_status(session.status, target=self.firmware.target.name, window=index)

    def _failure(self, what: str, where: str, address: int | None = None) -> VerificationError:
        place = ""
        if address is not None:
            place = f" at {address:#010x} in {self.firmware.elf.function_at(address)}"
        return VerificationError(
            f"{self.firmware.target.name}: the firmware failed in {where}{place}: {what}"
        )

    def _start(self, windows: Floats, counts: Sequence[int], where: str) -> _Session:
        """One start of the emulator with a call for each of `counts`, over all `windows`."""
        with tempfile.TemporaryDirectory(prefix="tinsmith-") as name:
            folder = Path(name)
            self._write(folder, windows, counts)
            command = self._command(calls=len(counts))
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
            events = _events(folder / "trace")
            if events and events[-1][0] == _EXHAUSTED:
                raise self._failure(f"no end after {events[-1][1]} instructions", where)
            report = folder / "report"
            if done.returncode != 0 or not report.is_file():
                said = done.stderr.decode(errors="replace").strip()
                raise VerificationError(
                    f"{_PROGRAM} ended with status {done.returncode} in {where}: {said[-500:]}",
                    hint=f"{_PROGRAM} 7.2 is known to work",
                )
            calls, status, stack, *fault = struct.unpack("<IiIII", report.read_bytes())
            self.stack_bytes = max(self.stack_bytes, stack)
            dump = (folder / "dump").read_bytes()
            return _Session(dump, calls, status, stack, (fault[0], fault[1]), events)

    def _write(self, folder: Path, windows: Floats, counts: Sequence[int]) -> None:
        firmware, buffers = self.firmware, self.buffers
        image = bytearray(firmware.image)
        at = firmware.idle - firmware.base
        # Start-up ends in an endless loop; here it hands over to the bench.
        image[at : at + 2] = _SUPERVISOR_CALL
        (folder / "image").write_bytes(image)
        (folder / "windows").write_bytes(np.array(counts, "<u4").tobytes() + windows.tobytes())
        (folder / "buffers").write_bytes(buffers.blank().tobytes())
        places = (buffers.features, buffers.values, buffers.scratch)
        descriptor = struct.pack(
            "<15I",
            firmware.elf.entry,
            firmware.entry | 1,
            firmware.elf.symbol("tin_stack_top").address,
            _STACK_BYTES,
            _INPUTS + 4 * len(counts),
            _INPUTS,
            len(counts),
            windows[0].nbytes,
            _BUFFERS,
            buffers.size,
            *(_BUFFERS + region.offset for region in places),
            buffers.features.size,
            buffers.values.size,
        )
        (folder / "descriptor").write_bytes(descriptor)

    def _command(self, *, calls: int) -> list[str]:
        firmware = self.firmware
        numbers = (
            ("b", firmware.base),
            ("e", firmware.base + len(firmware.image)),
            ("l", _INSTRUCTION_LIMIT),
            ("c", min(calls, 2)),
            *(("m", address) for _, address in self._markers),
        )
        files = (
            ("image", firmware.base),
            ("windows", _INPUTS),
            ("buffers", _BUFFERS),
            ("descriptor", _DESCRIPTOR),
        )
        loaders = [f"loader,file={name},addr={at:#x},force-raw=on" for name, at in files]
        plugin = ",".join([str(self._plugin), *(f"{name}={value:x}" for name, value in numbers)])
        board = (firmware.target.emulator or "").removeprefix(PREFIX)
        return [
            self._program,
            *("-M", board, "-nodefaults", "-display", "none", "-kernel", str(self._bench)),
            *("-semihosting-config", "enable=on,target=native"),
            *("-plugin", plugin, "-d", "plugin", "-D", "trace"),
            *(part for loader in loaders for part in ("-device", loader)),
        ]


def _find_program() -> str:
    program = shutil.which(_PROGRAM)
    if program is None:
        raise UnsupportedError(
            f"running this target needs {_PROGRAM}, which is not installed",
            hint=f"install the system package {_PROGRAM}",
        )
    return program


def _build_bench(firmware: Firmware) -> Path:
    own = dataclasses.replace(firmware.target, origins=_BENCH_ORIGINS)
    source = _FOLDER / "tin_bench.c"
    defines = (f"TIN_BENCH_DESCRIPTOR={_DESCRIPTOR:#x}",)
    return build(BuildRequest(own, (source,), defines=defines, exports=(_DONE,))).path


def _events(path: Path) -> tuple[tuple[int, int], ...]:
    lines = path.read_text().split() if path.is_file() else []
    return tuple((int(lines[i], 16), int(lines[i + 1], 16)) for i in range(0, len(lines), 2))


def _reason(status: int) -> str:
    """What the core's configurable fault status register says."""
    if status & _STACK_OVERFLOW:
        return "stack overflow"
    if status & _BUS_ERRORS:
        return "an access to memory that is not there"
    return f"fault status {status:#010x}"
