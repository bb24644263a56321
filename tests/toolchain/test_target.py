"""Targets are data files; each is checked and each compiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinsmith.core.errors import DesignError, InternalError
from tinsmith.toolchain import BuildRequest, Generated, build, target, targets
from tinsmith.toolchain.elf import read_elf
from tinsmith.toolchain.target import parse

NAMES = [
    "aarch64",
    "cortex-m0plus",
    "cortex-m33",
    "cortex-m3",
    "cortex-m4f",
    "cortex-m55",
    "cortex-m7f",
    "host",
    "linux-aarch64",
    "linux-armv7",
    "linux-x86_64",
    "rv32imc",
    "wasm32",
]
GOOD = (
    'title = "T"\nfamily = "wasm"\ntriple = "wasm32-freestanding"\nflags = []\n'
    'has_fpu = true\nbackend = "generic"\n'
)


def test_all_targets_are_there() -> None:
    assert sorted(targets()) == sorted(NAMES)
    for name in NAMES:
        assert target(name).name == name
        assert target(name).title
        assert (target(name).emulator is not None) == (
            target(name).family in ("cortex-m", "aarch64")
        )


def test_an_unknown_target_lists_the_known_ones() -> None:
    with pytest.raises(DesignError, match=r"unknown target 'cortex-m99'; .*cortex-m4f.*wasm32"):
        target("cortex-m99")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "colour = 1\n", "unknown field 'colour'"),
        (GOOD.replace("true", "1"), "has_fpu is 1; expected bool"),
        (GOOD.replace('title = "T"\n', ""), "missing title"),
        (GOOD.replace('"wasm"', '"valve"'), "unknown family 'valve'"),
    ],
)
def test_a_wrong_target_file_is_refused(text: str, message: str) -> None:
    assert parse("good", GOOD)["flags"] == ()
    with pytest.raises(InternalError, match=message):
        parse("bad", text)


# 64-bit division, conversions, soft floats, a copy: what a compiler calls functions of its own for.
EVERYTHING = """
#include <stdint.h>
typedef struct { float values[50]; } large;
float everything(const large *from, large *to, int64_t a, int64_t b);
float everything(const large *from, large *to, int64_t a, int64_t b) {
    large zero = {{0}};
    *to = a > 1 ? *from : zero;
    float sum = 0.0f;
    for (int i = 0; i < 50; i++) sum += to->values[i] / 3.0f;
    return sum + (float)(a / b) + (float)((uint64_t)a % 7u) + (float)(int64_t)sum;
}
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_target_links_what_its_compiler_calls(name: str) -> None:
    request = BuildRequest(
        target(name), (Generated("everything.c", EVERYTHING),), exports=("everything",)
    )
    made = build(request)
    assert made.path.stat().st_size > 100
    if name != "wasm32":
        assert read_elf(made.path).symbol("everything").is_function


def test_firmware_starts_with_its_vectors_and_drops_unused_code() -> None:
    names = ("used", "idle")
    text = "".join(f"int {name}(void);\nint {name}(void) {{ return 1; }}\n" for name in names)
    made = build(BuildRequest(target("cortex-m4f"), (Generated("a.c", text),), exports=("used",)))
    elf = read_elf(made.path)
    assert elf.symbol("used").is_function
    assert "idle" not in {symbol.name for symbol in elf.symbols}
    vectors = next(part for part in elf.sections if part.name == ".vectors")
    data = made.path.read_bytes()[vectors.offset : vectors.offset + 8]
    assert int.from_bytes(data[:4], "little") == elf.symbol("tin_stack_top").address
    assert int.from_bytes(data[4:], "little") == elf.symbol("tin_reset").address | 1
    assert elf.entry == elf.symbol("tin_reset").address


def test_local_functions_keep_their_names(tmp_path: Path) -> None:
    text = """
    static __attribute__((noinline)) int layer(int x) { volatile int y = x; return 3 * y; }
    int used(int x);
    int used(int x) { return layer(x) + 1; }
    """
    for optimise in ("-O2", "-Os", "-O3"):
        made = build(
            BuildRequest(
                target("cortex-m4f"),
                (Generated("a.c", text),),
                exports=("used",),
                optimise=optimise,
            )
        )
        elf = read_elf(made.path)
        symbol = elf.symbol("layer")
        assert elf.function_at(symbol.address + 2) == "layer"
