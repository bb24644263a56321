"""The package as its user meets it: compiled by ordinary compilers, run on real windows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinsmith.deployment import DeploymentResult, Subject, TestWindows, deploy_subject, verify
from tinsmith.deployment.cpp_library import expected_output
from tinsmith.toolchain import target

PROGRAMS = ("toy_motion_c", "toy_motion_cpp")
SANITIZE = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"


@pytest.fixture(scope="module")
def predicted(subject: Subject, tests: TestWindows) -> list[str]:
    """What the programs must print for each test window, by the host build of the impulse."""
    values = verify(subject, tests, target("host")).values
    return [expected_output(subject, row) for row in values]


@pytest.fixture(scope="module")
def built(
    library: Path, output_of: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder with the programs, built by `make` with the system's compilers."""
    build = tmp_path_factory.mktemp("make")
    try:
        output_of("make", "-s", f"BUILD={build}", "CC=gcc", "CXX=g++", cwd=library)
    except FileNotFoundError:
        pytest.skip("make is not installed")
    return build


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_print_what_the_host_predicted(
    built: Path,
    program: str,
    tests: TestWindows,
    predicted: list[str],
    output_of: Callable[..., str],
) -> None:
    for row, wanted in zip(tests.values, predicted, strict=True):
        text = ",".join(f"{value:.9g}" for value in row.tolist())
        assert output_of(built / program, text, cwd=built) == wanted


def test_a_window_comes_from_a_file_or_standard_input(
    built: Path, library: Path, output_of: Callable[..., str]
) -> None:
    example = library / "examples" / "window.csv"
    wanted = (library / "examples" / "expected.txt").read_text(encoding="utf-8")
    assert output_of(built / PROGRAMS[0], example, cwd=built) == wanted
    piped = subprocess.run(
        [built / PROGRAMS[0], "-"], input=example.read_text(), capture_output=True, text=True
    )
    assert piped.stdout == wanted


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1,2,3", "got 3 values; expected 78"),
        (",".join(["1"] * 79), "got 79 values; expected 78"),
        ("1,zwei", "value 2 is 'zwei'"),
        ("nan", "value 1 is 'nan'"),
        ("1e99", "value 1 is '1e99'"),
        ("1" * 100, "longer than"),
    ],
)
def test_programs_refuse_what_is_not_a_window(built: Path, text: str, complaint: str) -> None:
    for program in PROGRAMS:
        result = subprocess.run([built / program, text], capture_output=True, text=True)
        assert result.returncode == 2
        assert complaint in result.stderr


def test_make_check_compares_the_scores(
    library: Path, built: Path, output_of: Callable[..., str]
) -> None:
    output_of("make", "-s", "check", f"BUILD={built}", cwd=library)


@pytest.mark.slow
def test_cmake_builds_the_same_programs(
    library: Path,
    tmp_path: Path,
    predicted: list[str],
    need: Callable[..., None],
    output_of: Callable[..., str],
) -> None:
    need("cmake", "make", "gcc", "g++")
    output_of("cmake", "-S", library, "-B", tmp_path, "-DCMAKE_C_FLAGS=-Wpedantic", cwd=tmp_path)
    output_of("cmake", "--build", tmp_path, cwd=tmp_path)
    for program in PROGRAMS:
        window = library / "examples" / "window.csv"
        assert output_of(tmp_path / program, window, cwd=tmp_path) == predicted[0]


@pytest.mark.slow
def test_sanitizers_find_nothing(
    library: Path,
    tmp_path: Path,
    tests: TestWindows,
    predicted: list[str],
    need: Callable[..., None],
    output_of: Callable[..., str],
) -> None:
    need("make", "gcc", "g++")
    flags = (f"CFLAGS={SANITIZE}", f"CXXFLAGS={SANITIZE}")
    output_of("make", "-s", f"BUILD={tmp_path}", "CC=gcc", "CXX=g++", *flags, cwd=library)
    for program in PROGRAMS:
        text = ",".join(f"{value:.9g}" for value in tests.values[5].tolist())
        assert output_of(tmp_path / program, text, cwd=tmp_path) == predicted[5]


@pytest.mark.slow
def test_the_bundled_compiler_builds_it(
    library: Path, tmp_path: Path, need: Callable[..., None], output_of: Callable[..., str]
) -> None:
    need("make")
    zig = f"{sys.executable} -m ziglang"
    tools = (f"CC={zig} cc", f"CXX={zig} c++", f"AR={zig} ar")
    output_of("make", "-s", "check", f"BUILD={tmp_path}", *tools, cwd=library)


@pytest.mark.slow
def test_an_impulse_without_labels_builds_as_cleanly(
    anomaly_only: Subject,
    tests: TestWindows,
    tmp_path: Path,
    need: Callable[..., None],
    unpack: Callable[[Path, Path], Path],
    output_of: Callable[..., str],
) -> None:
    need("make", "gcc", "g++")
    package = deploy_subject(anomaly_only, tests, tmp_path, core="cortex-m4f")
    folder = unpack(package.path, tmp_path / "library")
    output_of("make", "-s", "check", "CC=gcc", "CXX=g++", cwd=folder)
    expected = (folder / "examples" / "expected.txt").read_text(encoding="utf-8")
    assert expected.startswith("anomaly: ")
    assert package.report.quality is None


def test_core_sources_have_no_warnings_in_a_strict_build(
    library: Path, tmp_path: Path, need: Callable[..., None], output_of: Callable[..., str]
) -> None:
    need("gcc")
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-fsyntax-only"]
    sources = sorted(library.glob("src/**/*.c"))
    assert sources
    output_of(
        "gcc", *flags, "-I", library / "include", "-I", library / "model", *sources, cwd=tmp_path
    )


def test_only_what_the_impulse_needs_is_packed(deployed: DeploymentResult) -> None:
    names = set(deployed.files)
    assert {"src/sdk/tin_classify.c", "src/post/tin_kmeans.c", "include/tin/impulse.h"} <= names
    assert not [name for name in names if "mfe" in name or "conv2d" in name or "windows" in name]
    assert not [name for name in names if name.startswith("/") or ".." in name]


def test_the_example_window_is_the_first_test_window(library: Path, tests: TestWindows) -> None:
    text = (library / "examples" / "window.csv").read_text()
    values = np.array([float(part) for part in text.split(",")], dtype=np.float32)
    assert values.tobytes() == tests.values[0].tobytes()


def test_readme_names_sizes_and_labels(library: Path) -> None:
    readme = (library / "README.md").read_text(encoding="utf-8")
    assert "26 frames × 3 axes = 78 values" in readme
    assert "snäke" in readme
    assert "112 bytes" in readme
