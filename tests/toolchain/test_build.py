"""Builds: cached by content, safe between processes, honest about what is wrong."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tinsmith.core.errors import BuildError, InternalError
from tinsmith.toolchain import Build, BuildRequest, Generated, build, load, target

ANSWER = Generated("answer.c", "int answer(void);\nint answer(void) { return 42; }\n")


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for this test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TINSMITH_CACHE_DIR", str(folder))
    return folder


def host(*sources: Path | Generated, **others: object) -> BuildRequest:
    return dataclasses.replace(BuildRequest(target("host"), sources), **others)


def answer_of(made: Build) -> int:
    return int(load(made).answer())


def test_a_host_build_can_be_called() -> None:
    assert answer_of(build(host(ANSWER, exports=("answer",)))) == 42


def test_the_second_build_comes_from_the_cache(fresh_cache: Path) -> None:
    first = build(host(ANSWER))
    stamp = first.path.stat().st_mtime_ns
    started = time.perf_counter()
    second = build(host(ANSWER))
    assert time.perf_counter() - started < 0.05
    assert second == first
    assert second.path.stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_every_part_of_a_request_counts_for_the_key(fresh_cache: Path, tmp_path: Path) -> None:
    header = tmp_path / "include" / "extra.h"
    header.parent.mkdir()
    header.write_text("#define EXTRA 1\n")
    base = host(ANSWER, include_dirs=(header.parent,))
    requests = [
        base,
        dataclasses.replace(base, optimise="-O1"),
        dataclasses.replace(base, defines=("SOMETHING",)),
        dataclasses.replace(base, exports=("answer",)),
        dataclasses.replace(base, target=target("linux-x86_64")),
        dataclasses.replace(base, sources=(Generated("other.c", ANSWER.text),)),
        dataclasses.replace(base, sources=(Generated("answer.c", ANSWER.text + "\n"),)),
    ]
    keys = [build(request).key for request in requests]
    header.write_text("#define EXTRA 2\n")
    keys.append(build(base).key)
    assert len(set(keys)) == len(keys)


def test_a_changed_header_changes_the_result(fresh_cache: Path, tmp_path: Path) -> None:
    text = '#include "number.h"\nint answer(void);\nint answer(void) { return NUMBER; }\n'
    for number in (3, 4):
        header = Generated("number.h", f"#define NUMBER {number}\n")
        assert answer_of(build(host(Generated("answer.c", text), header))) == number


def test_builds_at_once_keep_their_own_headers(fresh_cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "answer.c"
    source.write_text(
        '#include "number.h"\nint answer(void);\nint answer(void) { return NUMBER; }\n'
    )
    numbers = range(100, 116)
    requests = [host(source, Generated("number.h", f"#define NUMBER {n}\n")) for n in numbers]
    with ThreadPoolExecutor(4) as pool:
        assert [answer_of(made) for made in pool.map(build, requests)] == list(numbers)


def test_generated_files_may_lie_in_folders(fresh_cache: Path) -> None:
    text = '#include "parts/number.h"\nint answer(void);\nint answer(void) { return NUMBER; }\n'
    header = Generated("parts/number.h", "#define NUMBER 5\n")
    assert answer_of(build(host(Generated("code/answer.c", text), header))) == 5


def test_the_same_sources_elsewhere_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for name in ("one", "two"):
        monkeypatch.setenv("TINSMITH_CACHE_DIR", str(tmp_path / name))
        made.append(build(host(ANSWER)))
    assert made[0].path != made[1].path
    assert made[0].key == made[1].key
    assert made[0].path.read_bytes() == made[1].path.read_bytes()


def test_a_damaged_cache_file_is_made_again(fresh_cache: Path) -> None:
    first = build(host(ANSWER))
    whole = first.path.read_bytes()
    for damage in (b"", whole[:100], whole[:-1] + b"?"):
        first.path.write_bytes(damage)
        assert build(host(ANSWER)).path.read_bytes() == whole


def test_a_build_that_fails_leaves_nothing_behind(fresh_cache: Path) -> None:
    with pytest.raises(BuildError):
        build(host(Generated("bad.c", "int f(void) { return }\n")))
    assert list((fresh_cache / "builds").iterdir()) == []


def test_the_compilers_message_is_in_the_error() -> None:
    with pytest.raises(BuildError, match=r"bad\.c:2:\d+: error: expected"):
        build(host(Generated("bad.c", "\nint f(int, return );\n")))


def test_a_missing_function_is_found_when_building() -> None:
    text = "int missing(void);\nint answer(void);\nint answer(void) { return missing(); }\n"
    with pytest.raises(BuildError, match="undefined symbol: missing"):
        build(host(Generated("answer.c", text)))


@pytest.mark.parametrize("name", ["host", "linux-aarch64", "wasm32", "cortex-m4f"])
def test_a_missing_export_is_found_when_building(name: str) -> None:
    request = BuildRequest(target(name), (ANSWER,), exports=("answer", "question"))
    with pytest.raises(BuildError, match="question"):
        build(request)


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("TINSMITH_CACHE_DIR", str(blocked))
    with pytest.raises(BuildError, match=r"build cache cannot be used.*TINSMITH_CACHE_DIR"):
        build(host(ANSWER))


def test_requests_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="does not exist"):
        build(host(tmp_path / "absent.c"))
    with pytest.raises(BuildError, match="nothing to compile"):
        build(host(Generated("only.h", "")))
    with pytest.raises(InternalError, match="outside the build folder"):
        build(host(Generated("../escape.c", "")))


def test_contraction_is_off() -> None:
    # 1 + 2^-12 squared needs 25 bits: with one rounding less the difference would not vanish.
    text = """
    float answer(float x, float y);
    float answer(float x, float y) { return x * x - y; }
    """
    function = load(build(host(Generated("fused.c", text)))).answer
    function.restype = ctypes.c_float
    function.argtypes = [ctypes.c_float, ctypes.c_float]
    assert function(1 + 2**-12, 1 + 2**-11) == 0.0


def test_large_copies_link_without_a_c_library() -> None:
    text = """
    typedef struct { char bytes[1000]; } large;
    void copy(large *to, const large *from);
    void copy(large *to, const large *from) { *to = *from; }
    void clear(large *to);
    void clear(large *to) { large zero = {{0}}; *to = zero; }
    """
    library = load(build(host(Generated("copy.c", text))))
    source, copied = ctypes.create_string_buffer(bytes(range(250)) * 4, 1000), bytes(1000)
    buffer = ctypes.create_string_buffer(copied, 1000)
    library.copy(buffer, source)
    assert buffer.raw == source.raw
    library.clear(buffer)
    assert buffer.raw == bytes(1000)


@pytest.mark.slow
def test_several_processes_may_build_the_same_thing_at_once(fresh_cache: Path) -> None:
    script = (
        "from tinsmith.toolchain import *\n"
        f"made = build(BuildRequest(target('host'), (Generated('answer.c', {ANSWER.text!r}),)))\n"
        "print(load(made).answer(), made.path)\n"
    )
    environment = {**os.environ, "TINSMITH_CACHE_DIR": str(fresh_cache)}
    command = [sys.executable, "-c", script]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(4)
    ]
    outputs = {process.communicate(timeout=60)[0] for process in running}
    assert all(process.returncode == 0 for process in running)
    assert len(outputs) == 1
    assert outputs.pop().startswith("42 ")
    assert [path.name for path in (fresh_cache / "builds").iterdir() if path.name[0] == "."] == []
