"""WebAssembly: what can go wrong in a module is reported, not raised from below."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import VerificationError
from tinsmith.emulation import Layout, run
from tinsmith.toolchain import Build, BuildRequest, Generated, build, target

LAYOUT = Layout(window_length=1, num_features=0, num_values=1, scratch_bytes=0)
UNUSED = "ENTRY { (void)count; (void)features; (void)scratch; BODY }"
WINDOW = np.zeros((1, 1), np.float32)


def test_a_trap_is_reported(make_build) -> None:
    text = UNUSED.replace("BODY", "values[0] = windows[0]; __builtin_trap();")
    with pytest.raises(VerificationError, match="trapped in windows from 0 on"):
        run(make_build("wasm32", text), LAYOUT, WINDOW)


def test_reading_outside_the_memory_is_reported(make_build) -> None:
    text = UNUSED.replace("BODY", "values[0] = windows[1 << 28]; return 0;")
    with pytest.raises(VerificationError, match="out of bounds"):
        run(make_build("wasm32", text), LAYOUT, WINDOW)


def test_a_module_without_the_entry_is_refused() -> None:
    source = Generated("other.c", "int other(void);\nint other(void) { return 1; }\n")
    made = build(BuildRequest(target("wasm32"), (source,), exports=("other",)))
    with pytest.raises(VerificationError, match="does not export tin_run_windows"):
        run(made, LAYOUT, WINDOW)


def test_a_file_that_is_no_module_is_refused(tmp_path) -> None:
    path = tmp_path / "module.wasm"
    path.write_bytes(b"\0asm nonsense")
    with pytest.raises(VerificationError, match="not a WebAssembly module"):
        run(Build(path, target("wasm32"), "key"), LAYOUT, WINDOW)


def test_large_buffers_are_given_room(make_build) -> None:
    text = """
    ENTRY {
        float *s = scratch;
        (void)features;
        for (int32_t i = 0; i < 1000000; i++) s[i] = windows[0];
        for (int32_t k = 0; k < count; k++) values[k] = s[999999];
        return 0;
    }
    """
    layout = Layout(window_length=1, num_features=0, num_values=1, scratch_bytes=4_000_000)
    report = run(make_build("wasm32", text), layout, np.full((2, 1), 7, np.float32), threads=1)
    assert (report.values == 7).all()
