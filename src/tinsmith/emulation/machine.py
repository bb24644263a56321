"""What differs between the processors that the emulator plays: registers and calls."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tinsmith.toolchain import Target


class Encoding(IntEnum):
    """How the bytes of an instruction tell its length; numbers as in tin_counter.c."""

    THUMB = 0
    RISCV = 1
    ARM64 = 2


@dataclass(frozen=True)
class Machine:
    """A processor as the emulator knows it.

    Args:
        engine: A new emulator.
        stack_pointer, return_address, program_counter: Registers.
        arguments: Registers of a call's first arguments, as many as there are; the others travel
            on the stack.
        result: Register of a call's result.
        mode_bit: Added to an address to run the code there.
        system: (start, size) of system registers that start-up code writes, if there are any.
        encoding: How long instructions are, see `Encoding`.
    """

    engine: Any
    stack_pointer: int
    return_address: int
    program_counter: int
    arguments: tuple[int, ...]
    result: int
    mode_bit: int
    system: tuple[int, int] | None
    encoding: Encoding


def new_machine(target: Target) -> Machine:
    """An emulator for the target's processor, switched off."""
    if target.family == "riscv":
        return _riscv()
    return _aarch64(target) if target.family == "aarch64" else _cortex_m(target)


def _cortex_m(target: Target) -> Machine:
    unicorn = load_unicorn()
    arm = importlib.import_module("unicorn.arm_const")
    # Not UC_MODE_MCLASS: that silently makes every model a Cortex-M33.
    engine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
    engine.ctl_set_cpu_model(getattr(arm, f"UC_CPU_ARM_{target.emulator}"))
    return Machine(
        engine=engine,
        stack_pointer=arm.UC_ARM_REG_SP,
        return_address=arm.UC_ARM_REG_LR,
        program_counter=arm.UC_ARM_REG_PC,
        arguments=tuple(getattr(arm, f"UC_ARM_REG_R{i}") for i in range(4)),
        result=arm.UC_ARM_REG_R0,
        mode_bit=1,
        system=(0xE0000000, 0x100000),
        encoding=Encoding.THUMB,
    )


def _riscv() -> Machine:
    unicorn = load_unicorn()
    riscv = importlib.import_module("unicorn.riscv_const")
    return Machine(
        engine=unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32),
        stack_pointer=riscv.UC_RISCV_REG_SP,
        return_address=riscv.UC_RISCV_REG_RA,
        program_counter=riscv.UC_RISCV_REG_PC,
        arguments=tuple(getattr(riscv, f"UC_RISCV_REG_A{i}") for i in range(8)),
        result=riscv.UC_RISCV_REG_A0,
        mode_bit=0,
        system=None,
        encoding=Encoding.RISCV,
    )


def _aarch64(target: Target) -> Machine:
    unicorn = load_unicorn()
    arm64 = importlib.import_module("unicorn.arm64_const")
    engine = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
    engine.ctl_set_cpu_model(getattr(arm64, f"UC_CPU_ARM64_{target.emulator}"))
    return Machine(
        engine=engine,
        stack_pointer=arm64.UC_ARM64_REG_SP,
        return_address=arm64.UC_ARM64_REG_LR,
        program_counter=arm64.UC_ARM64_REG_PC,
        arguments=tuple(getattr(arm64, f"UC_ARM64_REG_X{i}") for i in range(8)),
        result=arm64.UC_ARM64_REG_X0,
        mode_bit=0,
        system=None,
        encoding=Encoding.ARM64,
    )


def load_unicorn() -> Any:
    """The emulator; loaded late, because loading takes a while."""
    return importlib.import_module("unicorn")
