"""Cortex-M55 on an emulated board: results, exact counts, memory, faults that name their place."""

from __future__ import annotations

import dataclasses
import shutil
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import BuildError, UnsupportedError, VerificationError
from tinsmith.emulation import Layout, RunReport, run
from tinsmith.toolchain import target

needs_qemu = pytest.mark.skipif(
    shutil.which("qemu-system-arm") is None, reason="system package qemu-system-arm is missing"
)

ONE = Layout(window_length=1, num_features=0, num_values=1, scratch_bytes=64)
WINDOW = np.full((1, 1), 3.0, np.float32)

# A loop whose instructions are known, straight code, a call, skipped instructions.
WORK = """
static NOINLINE void spin(int32_t turns) {
    __asm__ volatile("1:\\n nop\\n subs %0, #1\\n bne 1b\\n" : "+l"(turns) : : "cc");
}
static NOINLINE int32_t clamp(int32_t turns) {
    int32_t n = 0;
    __asm__ volatile("1:\\n cmp %0, #5\\n ite gt\\n addgt %1, #1\\n addle %1, #2\\n"
                     " subs %0, #1\\n bne 1b\\n" : "+l"(turns), "+l"(n) : : "cc");
    return n;
}
static const volatile int32_t turns = TURNS;
ENTRY {
    (void)features; (void)scratch;
    for (int32_t k = 0; k < count; k++) {
        spin(turns);
        values[k] = windows[k] / 3.0f + (float)clamp(turns);
    }
    return 0;
}
"""


def work(turns: int) -> str:
    return WORK.replace("TURNS", str(turns))


def costs(report: RunReport) -> tuple[Any, ...]:
    return (
        report.instructions,
        report.trace,
        report.stack_bytes,
        report.static_ram_bytes,
        report.flash_bytes,
    )


@needs_qemu
def test_a_loop_costs_exactly_its_instructions(make_build: Any) -> None:
    short, long = (run(make_build("cortex-m55", work(n)), ONE, WINDOW) for n in (1000, 5000))
    assert short.instructions is not None
    assert long.instructions is not None
    assert long.instructions - short.instructions == (3 + 6) * 4000


@needs_qemu
def test_two_emulators_agree_on_everything(make_build: Any) -> None:
    # Code for Cortex-M33 runs on both.
    board = target("cortex-m55")
    other = dataclasses.replace(
        target("cortex-m33"), emulator=board.emulator, origins=board.origins
    )
    usual = make_build("cortex-m33", work(77))
    moved = make_build(other, work(77))
    windows = np.arange(5, dtype=np.float32)[:, np.newaxis]
    expected, actual = (
        run(made, ONE, windows, markers=("spin", "clamp")) for made in (usual, moved)
    )
    assert [cost.name for cost in actual.trace] == ["tin_run_windows", "spin", "clamp"]
    assert costs(actual) == costs(expected)
    np.testing.assert_array_equal(actual.values, expected.values)


@needs_qemu
def test_vector_instructions_and_denormals_work(make_build: Any) -> None:
    text = """
    #include <arm_mve.h>
    ENTRY {
        (void)features; (void)scratch;
        for (int32_t k = 0; k < count; k++) {
            int8x16_t x = vdupq_n_s8((int8_t)windows[2 * k]);
            values[2 * k] = (float)vmladavq_s8(x, vidupq_n_u8(0, 1));
            values[2 * k + 1] = windows[2 * k + 1] / 2.0f;
        }
        return 0;
    }
    """
    text = text.replace("vidupq_n_u8(0, 1)", "vreinterpretq_s8_u8(vidupq_n_u8(0, 1))")
    layout = Layout(window_length=2, num_features=0, num_values=2, scratch_bytes=0)
    report = run(make_build("cortex-m55", text), layout, np.array([[3.0, 2e-38]], np.float32))
    np.testing.assert_array_equal(report.values, np.array([[3 * 120, 1e-38]], np.float32))


@needs_qemu
def test_the_stack_is_measured(make_build: Any) -> None:
    text = """
    static NOINLINE void deep(void) {
        __asm__ volatile("sub sp, #SIZE\\n str r0, [sp]\\n add sp, #SIZE" : : : "memory");
    }
    ENTRY {
        (void)features; (void)scratch; (void)windows;
        for (int32_t k = 0; k < count; k++) deep(), values[k] = 0;
        return 0;
    }
    """
    small, large = (
        run(make_build("cortex-m55", text.replace("SIZE", size)), ONE, WINDOW).stack_bytes
        for size in ("1024", "8192")
    )
    assert small is not None
    assert large is not None
    assert large - small == 7168
    assert 1024 < small < 1100


FAULTS = {
    "reading nowhere": (
        "values[0] = wild((const volatile float *)0x50000000);",
        r"window 2 at 0x60\w+ in wild: .*memory that is not there",
    ),
    "a status": ("return -2;", r"returned status -2 \(.*wrong length\) for window 2"),
    "a deep stack": (
        "volatile char room[300000]; for (int32_t i = 299999; i >= 0; i--) room[i] = (char)i;",
        "stack overflow",
    ),
    "writing past a buffer": ("values[2] = 1.0f;", "past the 8 bytes of its values"),
    "leaving a value out": ("return 0;", r"wrote no values\[0\] for window 0"),
    "no end": ('for (;;) __asm__ volatile("");', "a window from 0 on: no end after 100"),
}


@needs_qemu
@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_says_what_happened(
    make_build: Any, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinsmith.emulation.qemu._INSTRUCTION_LIMIT", 1_000_000)
    statement, message = FAULTS[case]
    text = """
    static NOINLINE float wild(const volatile float *p) { return *p; }
    ENTRY {
        (void)features; (void)scratch; (void)wild; (void)count;
        if (windows[0] == 9.0f) { STATEMENT }
        values[0] = 1.0f;
        return 0;
    }
    """
    made = make_build("cortex-m55", text.replace("STATEMENT", statement))
    with pytest.raises(VerificationError, match=message):
        run(made, ONE, np.array([[1.0], [2.0], [9.0]], np.float32))


@needs_qemu
def test_many_windows_keep_their_order(make_build: Any) -> None:
    windows = np.arange(600, dtype=np.float32)[:, np.newaxis]
    report = run(make_build("cortex-m55", work(3)), ONE, windows, threads=2)
    np.testing.assert_array_equal(report.values, windows / np.float32(3) + np.float32(6))


@needs_qemu
def test_a_marker_must_exist(make_build: Any) -> None:
    with pytest.raises(BuildError, match="symbol absent is not in the build"):
        run(make_build("cortex-m55", work(1)), ONE, WINDOW, markers=("absent",))


def test_without_the_emulator_the_error_names_its_package(
    make_build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnsupportedError, match="needs qemu-system-arm") as caught:
        run(make_build("cortex-m55", work(1)), ONE, WINDOW)
    assert caught.value.hint == "install the system package qemu-system-arm"
