"""Values that the host reads from memory and devices read from C are the same."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.core.cvalue import (
    Array,
    Struct,
    Symbol,
    Text,
    define,
    define_array,
    define_table,
    define_texts,
    float_literal,
    literals,
    pack,
    text_literal,
)
from tinsmith.toolchain import BuildRequest, Generated, build, load, target

NESTED = Struct(
    "outer",
    (
        ("count", 3),
        ("gain", 0.1),
        ("inner", Struct("inner", (("limit", -1.5), ("weights", Array.f32([1, 2.5, -3]))))),
        ("axes", Array.i32([4, -5])),
        ("nothing", Array.f32([])),
        ("last", -7),
    ),
)
TYPES = """
#include <stdint.h>
typedef struct { float limit; const float *weights; } inner;
typedef struct {
    int32_t count; float gain; inner inner; const int32_t *axes; const float *nothing;
    int32_t last;
} outer;
"""


class Inner(ctypes.Structure):
    _fields_ = (("limit", ctypes.c_float), ("weights", ctypes.POINTER(ctypes.c_float)))


class Outer(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int32),
        ("gain", ctypes.c_float),
        ("inner", Inner),
        ("axes", ctypes.POINTER(ctypes.c_int32)),
        ("nothing", ctypes.POINTER(ctypes.c_float)),
        ("last", ctypes.c_int32),
    )


def values_of(found: Outer) -> tuple[object, ...]:
    return (
        found.count,
        found.gain,
        found.inner.limit,
        found.inner.weights[:3],
        found.axes[:2],
        bool(found.nothing),
        found.last,
    )


EXPECTED = (3, float(np.float32(0.1)), -1.5, [1.0, 2.5, -3.0], [4, -5], False, -7)


def test_a_packed_struct_has_the_layout_of_c() -> None:
    packed = pack(NESTED)
    assert packed.size == ctypes.sizeof(Outer)
    assert values_of(Outer.from_address(packed.address)) == EXPECTED


def test_a_printed_struct_compiles_to_the_same_values() -> None:
    text = f"{TYPES}{define('config', NESTED)}const outer *get(void);\n"
    text += "const outer *get(void) { return &config; }\n"
    request = BuildRequest(target("host"), (Generated("values.c", text),), exports=("get",))
    library = load(build(request))
    library.get.restype = ctypes.POINTER(Outer)
    assert values_of(library.get().contents) == EXPECTED


def test_names_and_texts_are_printed_only() -> None:
    struct = Struct("row", (("run", Symbol("tin_mfe_run")), ("name", Text('a"b'))))
    assert define("row", struct) == (
        'static const row row = {\n    .run = tin_mfe_run,\n    .name = "a\\042b",\n};\n'
    )
    with pytest.raises(TypeError, match="Symbol has no memory form"):
        pack(struct)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_literal_reads_back_to_the_same_bits(value: float) -> None:
    text = float_literal(value)
    assert re.fullmatch(r"-?\d+\.\d*(e[+-]\d+)?f|-?\d+e[+-]\d+f", text), text
    assert np.float32(text.removesuffix("f")).tobytes() == np.float32(value).tobytes()


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 1e-45, 1.1754944e-38, 3.4028235e38, 1 / 3, 16777216.0, 123456.7]
)
def test_the_compiler_reads_a_literal_back_to_the_same_bits(value: float) -> None:
    text = f"float get(void);\nfloat get(void) {{ return {float_literal(value)}; }}\n"
    request = BuildRequest(target("host"), (Generated("literal.c", text),), exports=("get",))
    library = load(build(request))
    library.get.restype = ctypes.c_float
    assert np.float32(library.get()).tobytes() == np.float32(value).tobytes()


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20))
def test_numbers_of_an_array_have_the_literals_of_single_ones(values: list[float]) -> None:
    edges = [0.0, -0.0, 1e-3, 9.999e-4, -1e-3, 1e4, 9999.999, 1e-5, 1e16]
    array = np.array([*edges, *values], np.float32)
    assert literals(array) == [float_literal(float(value)) for value in array]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_c_has_no_literal_for_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="has no C literal"):
        float_literal(value)


def test_arrays_of_every_type_are_printed() -> None:
    text = define_array("weights", np.array([-128, 127], np.int8))
    assert text == "static const int8_t weights[2] = {\n    -128, 127,\n};\n\n"
    assert "static const float gains[1] = {\n    0.1f,\n};" in define_array(
        "gains", np.array([0.1], np.float32)
    )


@given(st.text(max_size=20).filter(lambda text: "\0" not in text))
def test_any_text_is_printable_ascii_that_means_the_same_bytes(text: str) -> None:
    encoded = text.encode("utf-8", "replace")
    printed = text_literal(encoded.decode())
    assert printed.isascii()
    assert printed.isprintable()
    assert "??" not in printed
    octal = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), printed[1:-1])
    assert octal.encode("latin-1") == encoded


def test_tables_and_lists_of_texts_are_printed() -> None:
    rows = [Struct("pair", (("axes", Array.i32([1])), ("n", 1))), Struct("pair", (("n", 2),))]
    table = define_table("pairs", "pair", rows)
    assert "static const pair pairs[2] = {" in table
    assert table.index("int32_t pairs_0_axes[1]") < table.index("pair pairs[2]")
    assert define_texts("labels", ("a", "b")).count('"') == 4


def test_the_module_names_no_machine(tmp_path: Path) -> None:
    assert define("config", NESTED) == define("config", NESTED)
    assert str(tmp_path.anchor + "home") not in define("config", NESTED)
