"""Emulated Cortex-M: exact instruction counts, stack, memory, and faults that name their place."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import BuildError, VerificationError
from tinsmith.emulation import Layout, run
from tinsmith.emulation.board import Board
from tinsmith.emulation.firmware import read_firmware
from tinsmith.toolchain import Build, target

CORTEX_M = ("cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7f", "cortex-m33")
ONE = Layout(window_length=1, num_features=0, num_values=1, scratch_bytes=64)
WINDOW = np.full((1, 1), 3.0, np.float32)

# A loop whose instructions are known: `turns` times three, in a function of two more.
LOOPS = """
static NOINLINE void spin(int32_t turns) {
    __asm__ volatile("1:\\n nop\\n subs %0, #1\\n bne 1b\\n" : "+l"(turns) : : "cc");
}
static NOINLINE void pause(void) { __asm__ volatile("nop\\n nop\\n nop\\n"); }
static const volatile int32_t turns = TURNS;
ENTRY {
    (void)features; (void)scratch;
    for (int32_t k = 0; k < count; k++) {
        spin(turns);
        pause();
        values[k] = windows[k];
    }
    return 0;
}
"""


def loops(turns: int) -> str:
    return LOOPS.replace("TURNS", str(turns))


def counted_one_by_one(made: Build, layout: Layout, window: np.ndarray) -> int:
    """Instructions of a call with one window, by a Python hook at every instruction."""
    board: Any = Board(read_firmware(made, ()), layout)
    import unicorn

    executed = [0]

    def step(_engine: object, _address: int, _size: int, _data: object) -> None:
        executed[0] += 1

    board._engine.hook_add(unicorn.UC_HOOK_CODE, step)
    board._call(window[np.newaxis], "window 0")
    return executed[0]


@pytest.mark.parametrize("name", CORTEX_M)
def test_a_loop_costs_exactly_its_instructions(make_build, name: str) -> None:
    short, long = (run(make_build(name, loops(n)), ONE, WINDOW) for n in (1000, 5000))
    assert short.instructions is not None
    assert long.instructions is not None
    assert long.instructions - short.instructions == 3 * 4000


def test_the_trace_names_marked_functions_in_order(make_build) -> None:
    report = run(make_build("cortex-m4f", loops(1000)), ONE, WINDOW, markers=("pause", "spin"))
    names = [cost.name for cost in report.trace]
    assert names == ["tin_run_windows", "spin", "pause"]
    spin = report.trace[1].instructions
    assert 3000 <= spin <= 3000 + 8  # the loop, and the way in and out
    assert sum(cost.instructions for cost in report.trace) >= (report.instructions or 0)


@pytest.mark.parametrize("name", ["cortex-m0plus", "cortex-m4f", "rv32imc", "aarch64"])
def test_straight_code_counts_as_one_by_one(make_build, name: str) -> None:
    # Long enough to be cut into several blocks; 16- and 32-bit instructions mixed.
    lines = "".join(
        f"x = x * {2 * i + 3}u + (x >> {i % 7 + 1}) - windows_bits; y ^= x + {i * 70001}u;\n"
        for i in range(400)
    )
    text = f"""
    ENTRY {{
        (void)features; (void)scratch; (void)count;
        uint32_t windows_bits = *(const uint32_t *)windows, x = windows_bits, y = 1;
        {lines}
        values[0] = (float)(x ^ y);
        return 0;
    }}
    """
    made = make_build(name, text)
    report = run(made, ONE, WINDOW)
    whole_call = sum(cost.instructions for cost in report.trace)
    assert whole_call > 1200
    assert whole_call == counted_one_by_one(made, ONE, WINDOW[0])


def test_skipped_instructions_count_as_executed(make_build) -> None:
    # Each turn is 6 instructions, of which an IT block skips one half.
    text = """
    static NOINLINE int32_t clamp(int32_t turns) {
        int32_t n = 0;
        __asm__ volatile("1:\\n cmp %0, #5\\n ite gt\\n addgt %1, #1\\n addle %1, #2\\n"
                         " subs %0, #1\\n bne 1b\\n" : "+l"(turns), "+l"(n) : : "cc");
        return n;
    }
    ENTRY {
        (void)features; (void)scratch; (void)windows; (void)count;
        values[0] = (float)clamp(TURNS);
        return 0;
    }
    """
    short, long = (
        run(make_build("cortex-m4f", text.replace("TURNS", str(n))), ONE, WINDOW)
        for n in (100, 1100)
    )
    assert short.values[0, 0] == 95 + 5 * 2
    assert (
        sum(c.instructions for c in long.trace) - sum(c.instructions for c in short.trace) == 6000
    )


def test_the_stack_is_measured(make_build) -> None:
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
        run(make_build("cortex-m4f", text.replace("SIZE", size)), ONE, WINDOW).stack_bytes
        for size in ("1024", "8192")
    )
    assert small is not None
    assert large is not None
    assert large - small == 7168
    assert 1024 < small < 1100


@pytest.mark.parametrize(
    ("sizes", "flash", "ram"),
    [
        ((100, 50, 70), 0, 0),
        ((200, 50, 70), 400, 0),
        ((100, 60, 70), 40, 40),
        ((100, 50, 90), 0, 80),
    ],
)
def test_memory_is_that_of_the_sections(
    make_build, sizes: tuple[int, int, int], flash: int, ram: int
) -> None:
    text = """
    static const volatile int32_t table[%d] = {1, 2, 3};
    static volatile int32_t initialised[%d] = {4, 5, 6};
    static volatile int32_t zeroed[%d];
    ENTRY {
        (void)features; (void)scratch;
        int32_t at = (int32_t)windows[0];
        for (int32_t k = 0; k < count; k++) {
            zeroed[at] += initialised[at - 1] + table[at - 1];
            values[k] = (float)zeroed[at];
        }
        return 0;
    }
    """
    base = run(make_build("cortex-m4f", text % (100, 50, 70)), ONE, WINDOW, threads=1)
    report = run(make_build("cortex-m4f", text % sizes), ONE, WINDOW, threads=1)
    assert base.static_ram_bytes == 50 * 4 + 70 * 4 + 4 + 64
    assert report.static_ram_bytes == base.static_ram_bytes + ram
    assert report.flash_bytes == (base.flash_bytes or 0) + flash
    # Start-up code copied the initial values (3 + 6) and zeroed the rest.
    assert report.values[0, 0] == 9


@pytest.mark.parametrize("name", ["cortex-m0plus", "cortex-m4f", "rv32imc", "aarch64"])
def test_reading_nowhere_is_a_fault_with_a_place(make_build, name: str) -> None:
    text = """
    static NOINLINE float wild(const volatile float *p) { return *p; }
    ENTRY {
        (void)features; (void)scratch; (void)windows; (void)count;
        values[0] = wild((const volatile float *)0x10);
        return 0;
    }
    """
    with pytest.raises(VerificationError, match=rf"{name}.*window 0 at 0x08\w+ in wild: .*read"):
        run(make_build(name, text), ONE, WINDOW)


def test_writing_to_constants_is_a_fault(make_build) -> None:
    text = """
    static const volatile float table[4] = {1, 2, 3, 4};
    ENTRY {
        (void)features; (void)scratch; (void)count;
        *(volatile float *)(uintptr_t)&table[(int32_t)windows[0]] = 5.0f;
        values[0] = table[3];
        return 0;
    }
    """
    with pytest.raises(VerificationError, match=r"in tin_run_windows: .*write"):
        run(make_build("cortex-m4f", text), ONE, WINDOW)


def test_a_stack_too_deep_is_named(make_build) -> None:
    text = """
    ENTRY {
        volatile char room[300000];
        (void)features; (void)scratch; (void)count;
        for (int32_t i = 0; i < 300000; i++) room[i] = (char)i;
        values[0] = (float)room[(int32_t)windows[0]];
        return 0;
    }
    """
    with pytest.raises(VerificationError, match="stack is deeper than 262144 bytes"):
        run(make_build("cortex-m4f", text), ONE, WINDOW)


def test_a_jump_out_of_the_code_is_a_fault(make_build) -> None:
    text = """
    ENTRY {
        (void)features; (void)windows; (void)count;
        values[0] = ((float (*)(void))(((uintptr_t)scratch) | 1))();
        return 0;
    }
    """
    with pytest.raises(VerificationError, match="the firmware failed in window 0"):
        run(make_build("cortex-m4f", text), ONE, WINDOW)


def test_code_without_an_end_is_stopped(make_build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinsmith.emulation.counter._INSTRUCTION_LIMIT", 1_000_000)
    text = """
    ENTRY {
        (void)windows; (void)count; (void)features; (void)values; (void)scratch;
        for (;;) __asm__ volatile("");
    }
    """
    with pytest.raises(VerificationError, match="in tin_run_windows: no end after 100000"):
        run(make_build("cortex-m4f", text), ONE, WINDOW)


def test_a_m0plus_may_not_read_words_from_odd_places(make_build) -> None:
    text = """
    static NOINLINE uint32_t word(const void *p) { return *(const volatile uint32_t *)p; }
    ENTRY {
        (void)features; (void)windows; (void)count;
        values[0] = (float)word((const char *)scratch + 1);
        return 0;
    }
    """
    assert run(make_build("cortex-m4f", text), ONE, WINDOW).values[0, 0] > 0
    with pytest.raises(VerificationError, match="in word"):
        run(make_build("cortex-m0plus", text), ONE, WINDOW)


def test_a_marker_must_exist(make_build) -> None:
    with pytest.raises(BuildError, match="symbol absent is not in the build"):
        run(make_build("cortex-m4f", loops(1)), ONE, WINDOW, markers=("absent",))


def test_files_that_are_no_firmware_are_refused(tmp_path) -> None:
    for data in (b"", b"\x7fELF", b"\x7fELF\1\1" + bytes(60)):
        path = tmp_path / "firmware.elf"
        path.write_bytes(data)
        with pytest.raises((BuildError, VerificationError)):
            run(Build(path, target("cortex-m4f"), "key"), ONE, WINDOW)


@pytest.mark.slow
def test_emulation_is_fast(make_build) -> None:
    text = """
    ENTRY {
        (void)features; (void)scratch;
        for (int32_t k = 0; k < count; k++) {
            float sum = 0;
            for (int32_t i = 0; i < 3000000; i++) { sum += windows[k]; if (sum > 1e6f) sum = 0; }
            values[k] = sum;
        }
        return 0;
    }
    """
    made = make_build("cortex-m4f", text)
    run(made, ONE, WINDOW)
    started = time.process_time()
    report = run(made, ONE, np.repeat(WINDOW, 20, axis=0), threads=1)
    rate = (report.instructions or 0) * 23 / (time.process_time() - started)
    assert rate > 50e6  # measured: 200 to 300 million a second
