"""The host computes what a device computes, whatever other libraries did to this process."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from tinsmith.core.errors import BuildError, VerificationError
from tinsmith.emulation import Layout, run
from tinsmith.toolchain import BuildRequest, Generated, build, ieee_floats, load, target

HALVE = """
ENTRY {
    (void)features; (void)scratch;
    for (int32_t k = 0; k < count; k++) values[k] = windows[k] * 0.5f;
    return 0;
}
"""
LAYOUT = Layout(window_length=1, num_features=0, num_values=1, scratch_bytes=0)
FLUSH_TO_ZERO_AND_DENORMALS_ARE_ZERO = """
#include <stdint.h>
void set_flags(uint32_t value);
void set_flags(uint32_t value) { __asm__ volatile("ldmxcsr %0" : : "m"(value) : "memory"); }
uint32_t get_flags(void);
uint32_t get_flags(void) {
    uint32_t value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}
"""


def halve_in_c(library: ctypes.CDLL, value: float) -> float:
    library.halve.restype, library.halve.argtypes = ctypes.c_float, [ctypes.c_float]
    return float(library.halve(value))


@pytest.fixture
def flags() -> ctypes.CDLL:
    """Functions that read and set this thread's float control register."""
    if target("host").triple.split("-")[0] != "x86_64":
        pytest.skip("the control register is that of x86-64")
    source = Generated("flags.c", FLUSH_TO_ZERO_AND_DENORMALS_ARE_ZERO)
    return load(build(BuildRequest(target("host"), (source,))))


def test_denormals_survive_a_process_that_flushes_them(make_build, flags: ctypes.CDLL) -> None:
    made = make_build("host", HALVE)
    denormal = np.full((3, 1), 2e-40, np.float32)
    expected = np.array([1e-40], np.float32).tobytes() * 3
    before = flags.get_flags()
    flags.set_flags(0x9FC0)
    try:
        for threads in (1, 2):
            report = run(made, LAYOUT, denormal, threads=threads)
            assert report.values.tobytes() == expected
        assert flags.get_flags() & 0x8040 == 0x8040  # and is put back
    finally:
        flags.set_flags(before)


def test_ieee_floats_holds_inside_only(flags: ctypes.CDLL) -> None:
    text = "float halve(float x);\nfloat halve(float x) { return x * 0.5f; }\n"
    library = load(build(BuildRequest(target("host"), (Generated("halve.c", text),))))
    before = flags.get_flags()
    flags.set_flags(0x9FC0)
    try:
        assert halve_in_c(library, 2e-40) == 0.0
        with ieee_floats(library):
            assert halve_in_c(library, 2e-40) > 0.0
        assert halve_in_c(library, 2e-40) == 0.0
    finally:
        flags.set_flags(before)


def test_a_build_for_another_machine_is_not_loaded(make_build) -> None:
    with pytest.raises(BuildError, match="cannot be loaded here"):
        load(make_build("wasm32", HALVE))
    foreign = "linux-aarch64" if target("host").triple.startswith("x86") else "linux-x86_64"
    with pytest.raises(BuildError, match="cannot be loaded"):
        load(make_build(foreign, HALVE))


def test_a_library_without_the_entry_is_refused() -> None:
    made = build(BuildRequest(target("host"), (Generated("other.c", "int other = 1;\n"),)))
    with pytest.raises(VerificationError, match="no function tin_run_windows"):
        run(made, LAYOUT, np.zeros((1, 1), np.float32))
