"""Small programs with the entry every impulse has, for running on all targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tinsmith.toolchain import Build, BuildRequest, Generated, Target, build, target

HEAD = """
#include <stdint.h>
#define NOINLINE __attribute__((noinline))
int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch);
"""

ENTRY = """
int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch)
"""

MakeBuild = Callable[[str | Target, str], Build]


@pytest.fixture
def make_build() -> MakeBuild:
    """Builds `HEAD + functions`, in which `ENTRY` stands for the entry's head, for a target."""

    def make(machine: str | Target, functions: str) -> Build:
        text = HEAD + functions.replace("ENTRY", ENTRY)
        source = Generated("program.c", text)
        made_for = target(machine) if isinstance(machine, str) else machine
        return build(BuildRequest(made_for, (source,), exports=("tin_run_windows",)))

    return make
