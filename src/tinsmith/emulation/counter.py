"""Exact instruction counts from the emulator, by a native hook at every block.

A hook in Python would cost ten to a hundred times the emulation itself.
"""

from __future__ import annotations

import ctypes
import importlib
from pathlib import Path
from typing import Any

import numpy as np

from tinsmith.core.errors import VerificationError
from tinsmith.emulation.firmware import Firmware
from tinsmith.emulation.report import ENTRY, Cost
from tinsmith.toolchain import BuildRequest, build, load, target

_SOURCE = Path(__file__).parent / "tin_counter.c"
_BLOCK = np.dtype([("size", "u2"), ("count", "u2"), ("marker", "u2"), ("unused", "u2")])
_TRACE_CAPACITY = 1 << 16
# A window of a large image network takes some 100 million; this is a minute or two of emulation.
_INSTRUCTION_LIMIT = 20_000_000_000


class _State(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_void_p),
        ("base", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("blocks", ctypes.c_void_p),
        ("executed", ctypes.c_uint64),
        ("limit", ctypes.c_uint64),
        ("stop", ctypes.c_void_p),
        ("trace", ctypes.c_void_p),
        ("trace_capacity", ctypes.c_uint64),
        ("trace_length", ctypes.c_uint64),
        ("encoding", ctypes.c_uint64),
    )


class Counter:
    """Counts what one emulator executes. Keep it alive as long as the emulator."""

    def __init__(self, firmware: Firmware, engine: Any, *, encoding: int) -> None:
        self._names = [name for name, _ in firmware.markers]
        self._image = np.frombuffer(firmware.image, np.uint8)
        self._blocks = np.zeros(len(firmware.image) // 2, _BLOCK)
        self._trace = np.zeros((_TRACE_CAPACITY, 2), np.uint64)
        for index, (_, address) in enumerate(firmware.markers):
            self._blocks["marker"][(address - firmware.base) // 2] = index + 1
        self._state = _State(
            code=self._image.ctypes.data,
            base=firmware.base,
            size=len(firmware.image),
            blocks=self._blocks.ctypes.data,
            limit=_INSTRUCTION_LIMIT,
            encoding=encoding,
            trace=self._trace.ctypes.data,
            trace_capacity=_TRACE_CAPACITY,
        )
        self._attach(engine)

    def _attach(self, engine: Any) -> None:
        # The binding takes only Python callbacks, so its library is called directly.
        hook_block = importlib.import_module("unicorn").UC_HOOK_BLOCK
        uclib = importlib.import_module("unicorn.unicorn_py3.unicorn").uclib
        library = load(build(BuildRequest(target("host"), (_SOURCE,))))
        self._state.stop = ctypes.cast(uclib.uc_emu_stop, ctypes.c_void_p)
        self._handle = ctypes.c_size_t()
        self._library = library
        status = uclib.uc_hook_add(
            engine._uch,
            ctypes.byref(self._handle),
            hook_block,
            ctypes.cast(library.tin_counter_hook, ctypes.c_void_p),
            ctypes.byref(self._state),
            ctypes.c_uint64(1),
            ctypes.c_uint64(0),
        )
        if status != 0:
            raise VerificationError(f"the emulator refused the counting hook (status {status})")

    def restart(self) -> None:
        """Counts from zero, with an empty trace."""
        self._state.executed = 0
        self._state.trace_length = 0

    @property
    def executed(self) -> int:
        """Instructions since the restart."""
        return int(self._state.executed)

    @property
    def is_exhausted(self) -> bool:
        """Whether the emulator was stopped because it ran for too long."""
        return self.executed > _INSTRUCTION_LIMIT

    def trace(self) -> tuple[Cost, ...]:
        """The stretches between entries of marked functions since the restart.

        Raises:
            VerificationError: There were more entries than anybody would look at.
        """
        length = int(self._state.trace_length)
        if length > _TRACE_CAPACITY:
            raise VerificationError(
                f"marked functions were entered {length} times; expected at most {_TRACE_CAPACITY}",
                hint="mark fewer or larger functions",
            )
        names = [ENTRY, *(self._names[int(index)] for index in self._trace[:length, 0])]
        edges = [0, *(int(at) for at in self._trace[:length, 1]), self.executed]
        stretches = zip(names, np.diff(edges), strict=True)
        return tuple(Cost(name, int(count)) for name, count in stretches if count)
