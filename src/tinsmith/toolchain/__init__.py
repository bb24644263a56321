"""Targets and builds: the C core and generated C, compiled by one pip-installed compiler."""

from tinsmith.toolchain.build import Build, BuildRequest, Generated, build, is_built
from tinsmith.toolchain.host import ieee_floats, load
from tinsmith.toolchain.program import compile_program
from tinsmith.toolchain.target import Target, target, targets

__all__ = [
    "Build",
    "BuildRequest",
    "Generated",
    "Target",
    "build",
    "compile_program",
    "ieee_floats",
    "is_built",
    "load",
    "target",
    "targets",
]
