"""Small programs with the entry every impulse has, for running on all targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tinsmith.toolchain import Build, BuildRequest, Generated, build, target

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

MakeBuild = Callable[[str, str], Build]


@pytest.fixture
def make_build() -> MakeBuild:
    """Builds `HEAD + functions`, in which `ENTRY` stands for the entry's head, for a target."""

    def make(name: str, functions: str) -> Build:
        text = HEAD + functions.replace("ENTRY", ENTRY)
        source = Generated("program.c", text)
        return build(BuildRequest(target(name), (source,), exports=("tin_run_windows",)))

    return make
