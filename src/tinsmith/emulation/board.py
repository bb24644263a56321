"""Running firmware on an emulated microcontroller: results, executed instructions, stack."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tinsmith.core.errors import VerificationError
from tinsmith.emulation.buffers import PAGE, Buffers, plan, whole_pages
from tinsmith.emulation.chunks import run_chunks
from tinsmith.emulation.counter import Counter
from tinsmith.emulation.firmware import Firmware, read_firmware
from tinsmith.emulation.machine import load_unicorn, new_machine
from tinsmith.emulation.report import Cost, Floats, Layout, RunReport
from tinsmith.emulation.status import check_status
from tinsmith.toolchain import Build

_RAM = 0x20000000
_BUFFERS = 0x60000000
_STACK_BYTES = 256 * 1024
_PAINT = 0xC5


def run_firmware(
    build: Build, layout: Layout, windows: Floats, *, markers: tuple[str, ...], threads: int
) -> RunReport:
    """All windows, one emulator per thread; costs are those of the first window.

    Raises:
        VerificationError: The firmware faults, refuses a window or writes where it must not.
        BuildError: A marker is not a function of the build.
    """
    started = time.perf_counter()
    firmware = read_firmware(build, markers)
    probe = Board(firmware, layout)
    instructions, trace = probe.measure(windows[0])
    boards = [probe]

    def board() -> Board:
        boards.append(Board(firmware, layout))
        return boards[-1]

    results = run_chunks(windows, layout, board, chunk=1, threads=threads)
    buffers = 4 * (layout.num_features + layout.num_values) + layout.scratch_bytes
    return RunReport(
        target=build.target.name,
        features=results.features,
        values=results.values,
        instructions=instructions,
        trace=trace,
        stack_bytes=max(board.stack_bytes for board in boards),
        static_ram_bytes=firmware.data_bytes + buffers,
        flash_bytes=firmware.flash_bytes,
        seconds=time.perf_counter() - started,
    )


class Board:
    """One emulated microcontroller, started and ready for calls."""

    def __init__(self, firmware: Firmware, layout: Layout) -> None:
        self._firmware = firmware
        # Two windows fit, so that the cost of one can be told from that of initialisation.
        self._buffers: Buffers = plan(layout, capacity=2)
        self._memory = self._buffers.blank()
        self._stack_top = firmware.elf.symbol("tin_stack_top").address
        self._stack = whole_pages(_STACK_BYTES, fill=_PAINT)
        self._machine = new_machine(firmware.target)
        self._engine = self._power_on()
        self._counter = Counter(firmware, self._engine, encoding=self._machine.encoding)
        self._execute(firmware.elf.entry, "start-up")

    def _power_on(self) -> Any:
        unicorn = load_unicorn()
        firmware, engine = self._firmware, self._machine.engine
        flash = unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
        engine.mem_map(firmware.base, _whole_pages(len(firmware.image)), flash)
        engine.mem_write(firmware.base, firmware.image)
        data_end = firmware.elf.symbol("tin_bss_end").address
        if data_end > _RAM:
            engine.mem_map(_RAM, _whole_pages(data_end - _RAM))
        if self._machine.system:
            engine.mem_map(*self._machine.system)
        # Shared with this process: results and the painted stack are looked at in place.
        everything = unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE
        base = self._stack_top - _STACK_BYTES
        engine.mem_map_ptr(base, _STACK_BYTES, everything, self._stack.ctypes.data)
        engine.mem_map_ptr(_BUFFERS, self._memory.size, everything, self._memory.ctypes.data)
        engine.reg_write(self._machine.stack_pointer, self._stack_top)
        return engine

    @property
    def stack_bytes(self) -> int:
        """Deepest stack so far."""
        touched = np.flatnonzero(self._stack != _PAINT)
        return _STACK_BYTES - int(touched[0]) if touched.size else 0

    def measure(self, window: Floats) -> tuple[int, tuple[Cost, ...]]:
        """Exact instructions of one window without initialisation, and the trace of one call."""
        once = window[np.newaxis]
        status = self._call(once, "window 0")
        check_status(status, target=self._firmware.target.name, window=0)
        single, trace = self._counter.executed, self._counter.trace()
        self._call(np.concatenate([once, once]), "window 0")
        return self._counter.executed - single, trace

    def run(self, windows: Floats, first: int) -> tuple[Floats, Floats]:
        """Features and values of `windows`, one call each, as a device would."""
        rows = [
            self._one(windows[i : i + 1], f"window {first + i}", first + i)
            for i in range(len(windows))
        ]
        return np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])

    def _one(self, window: Floats, where: str, index: int) -> tuple[Floats, Floats]:
        status = self._call(window, where)
        check_status(status, target=self._firmware.target.name, window=index)
        self._buffers.check(self._memory)
        return self._buffers.results(self._memory, 1)

    def _call(self, windows: Floats, where: str) -> int:
        buffers, memory, machine = self._buffers, self._memory, self._machine
        buffers.reset(memory)
        memory[: windows.nbytes] = windows.view("u1").reshape(-1)
        arguments = (
            _BUFFERS + buffers.windows.offset,
            len(windows),
            _BUFFERS + buffers.features.offset,
            _BUFFERS + buffers.values.offset,
            _BUFFERS + buffers.scratch.offset,
        )
        # What does not fit the registers travels on the stack, which stays aligned.
        in_registers = len(machine.arguments)
        rest = b"".join(value.to_bytes(4, "little") for value in arguments[in_registers:])
        stack = self._stack_top - (len(rest) + 7 & ~7)
        self._engine.mem_write(stack, rest)
        self._engine.reg_write(machine.stack_pointer, stack)
        self._engine.reg_write(machine.return_address, self._firmware.idle | machine.mode_bit)
        for register, value in zip(machine.arguments, arguments, strict=False):
            self._engine.reg_write(register, value)
        self._counter.restart()
        self._execute(self._firmware.entry, where)
        status = int(self._engine.reg_read(machine.result)) & 0xFFFFFFFF
        return status - (1 << 32) if status & 0x80000000 else status

    def _execute(self, address: int, where: str) -> None:
        unicorn = load_unicorn()
        try:
            self._engine.emu_start(address | self._machine.mode_bit, self._firmware.idle)
        except unicorn.UcError as error:
            raise self._fault(str(error), where) from error
        if self._counter.is_exhausted:
            raise self._fault(f"no end after {self._counter.executed} instructions", where)
        if self._program_counter() != self._firmware.idle:
            raise self._fault("it left its code", where)

    def _program_counter(self) -> int:
        return int(self._engine.reg_read(self._machine.program_counter)) & ~1

    def _fault(self, what: str, where: str) -> VerificationError:
        address = self._program_counter()
        function = self._firmware.elf.function_at(address)
        stack = int(self._engine.reg_read(self._machine.stack_pointer))
        deep = stack < self._stack_top - _STACK_BYTES
        return VerificationError(
            f"{self._firmware.target.name}: the firmware failed in {where} at {address:#010x} in "
            f"{function}: {what}",
            hint=f"its stack is deeper than {_STACK_BYTES} bytes" if deep else None,
        )


def _whole_pages(size: int) -> int:
    return -(-size // PAGE) * PAGE
