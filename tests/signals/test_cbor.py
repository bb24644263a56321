"""The CBOR reader against an independent implementation, and on damaged bytes."""

from __future__ import annotations

import contextlib
import math
import struct
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError
from tinsmith.signals import cbor

LIMIT = 100_000

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=40) | st.dictionaries(st.text(max_size=8), children, max_size=5)
    ),
    max_leaves=60,
)


@pytest.mark.slow
@given(plain, st.booleans())
@settings(max_examples=150, deadline=None)
def test_reads_what_another_implementation_writes(value: Any, canonical: bool) -> None:
    raw = cbor2.dumps(value, canonical=canonical)
    assert cbor.decode_first(raw + b"\0\0", max_items=LIMIT) == (value, len(raw))


@pytest.mark.slow
@given(plain)
@settings(max_examples=100, deadline=None)
def test_another_implementation_reads_what_is_written(value: Any) -> None:
    assert cbor2.loads(cbor.encode(value)) == value


@pytest.mark.parametrize("form", ["e", "f", "d"])
def test_long_arrays_of_one_float_type_are_read_at_once(form: str) -> None:
    initial = {"e": b"\xf9", "f": b"\xfa", "d": b"\xfb"}[form]
    numbers = [0.5 * index - 20 for index in range(100)]
    raw = b"\x98\x64" + b"".join(initial + struct.pack(f">{form}", x) for x in numbers)
    assert cbor.decode_first(raw, max_items=LIMIT) == (numbers, len(raw))
    mixed = b"\x98\x65" + raw[2:] + b"\x07"
    assert cbor.decode_first(mixed, max_items=LIMIT) == ([*numbers, 7], len(mixed))


def test_indefinite_arrays_maps_and_texts() -> None:
    raw = bytes.fromhex("bf 61 61 9f 01 20 ff 61 62 7f 61 78 62 79 7a ff ff")
    assert cbor.decode_first(raw, max_items=LIMIT) == ({"a": [1, -1], "b": "xyz"}, len(raw))


def test_half_precision_special_values() -> None:
    raw = bytes.fromhex("83 f9 7c 00 f9 fc 00 f9 7e 00")
    first, second, third = cbor.decode_first(raw, max_items=LIMIT)[0]
    assert (first, second) == (math.inf, -math.inf)
    assert math.isnan(third)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "cut"),
        ("9b 00 ff ff ff ff ff ff ff", "cut"),  # an array of 2^56 items in 9 bytes
        ("5b 7f ff ff ff ff ff ff ff", "cut"),  # a text longer than any file
        ("bb 00 00 ff ff ff ff ff ff", "cut"),
        ("c0 60", "tag"),
        ("d8 23 61 61", "tag"),  # a regular expression
        ("ff", "break"),
        ("a1 01 02", "map key"),
        ("a2 61 61 01 61 61 02", "twice"),
        ("61 ff", "not UTF-8"),
        ("1c", "reserved"),
        ("1f", "malformed"),
        ("f8 20", "simple value"),
        ("a1 61 61 ff", "break"),
        ("7f 01 ff", "malformed text"),
        ("81" * 40, "nested"),
    ],
)
def test_malformed_items_are_refused(raw: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        cbor.decode_first(bytes.fromhex(raw), max_items=LIMIT)


def test_the_number_of_items_is_limited() -> None:
    with pytest.raises(DecodeError, match="limit"):
        cbor.decode_first(b"\x9f" + b"\x00" * 1000 + b"\xff", max_items=100)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_end_in_a_value_or_a_decode_error(raw: bytes) -> None:
    with contextlib.suppress(DecodeError):
        cbor.decode_first(raw, max_items=LIMIT)
