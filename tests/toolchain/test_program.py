"""Hosted programs, as a user of an exported library would compile them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tinsmith.core.errors import BuildError
from tinsmith.toolchain import compile_program, target

HELLO = '#include <stdio.h>\nint main(void) { printf("%.2f\\n", 1.0 / 3.0); return 0; }\n'


def test_a_program_for_bare_metal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no operating system"):
        compile_program([tmp_path / "main.c"], target("cortex-m4f"), output=tmp_path / "main")


@pytest.mark.slow
def test_a_program_that_does_not_compile_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text("int main(void) { return missing; }\n")
    with pytest.raises(BuildError, match="undeclared identifier"):
        compile_program([source], target("host"), output=tmp_path / "main")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.slow
def test_a_program_runs_here(tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text(HELLO)
    program = compile_program([source], target("host"), output=tmp_path / "main")
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"0.33\n"


@pytest.mark.slow
def test_a_cxx_program_runs_here(tmp_path: Path) -> None:
    source = tmp_path / "main.cpp"
    source.write_text(
        "#include <cstdio>\n#include <vector>\n"
        'int main() { std::vector<int> v{1, 2}; std::printf("%zu\\n", v.size()); }\n'
    )
    flags = ("-std=c++11", "-Wall", "-Wextra", "-Werror")
    program = compile_program(
        [source], target("host"), output=tmp_path / "m", cxx=True, flags=flags
    )
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"2\n"
