"""Acquisition files: values, sensors, signatures, binary samples, labels, and what is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinsmith.core.errors import DecodeError, UnsupportedError
from tinsmith.signals import (
    DecodeOptions,
    Segment,
    Sensor,
    Signal,
    decode,
    encode_acquisition,
)

KEY = "fed53116f20684c067774ebf9e7bcbdc"
ZEROS = "0" * 64


def document(**payload: Any) -> dict[str, Any]:
    return {
        "protected": {"ver": "v1", "alg": "HS256", "iat": 1564128599},
        "signature": ZEROS,
        "payload": {
            "device_name": "ac:87:a3:0a:2d:1b",
            "device_type": "DISCO",
            "interval_ms": 10,
            "sensors": [{"name": "accX", "units": "m/s2"}, {"name": "accY", "units": "m/s2"}],
            "values": [[-9.81, 0.03], [-9.83, 0.04], [-9.12, 1]],
        }
        | payload,
    }


def as_json(tree: dict[str, Any]) -> bytes:
    return json.dumps(tree, indent=2).encode()


def as_cbor(tree: dict[str, Any]) -> bytes:
    return bytes(cbor2.dumps(tree))


def signed(raw: bytes, key: str) -> bytes:
    """As a sender does it: HMAC over the bytes with zeros, hex text over the zeros."""
    text = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest().encode()
    assert raw.count(ZEROS.encode()) == 1
    return raw.replace(ZEROS.encode(), text)


@pytest.mark.parametrize(("encode", "name"), [(as_json, "a.json"), (as_cbor, "a.cbor")])
def test_values_sensors_interval_and_metadata_are_read(encode: Any, name: str) -> None:
    decoded = decode(encode(document()), name)
    assert isinstance(decoded.content, Signal)
    expected = np.array([[-9.81, 0.03], [-9.83, 0.04], [-9.12, 1]], dtype=np.float32)
    np.testing.assert_array_equal(decoded.content.values, expected)
    assert decoded.content.values.dtype == np.float32
    assert decoded.content.interval_ms == 10
    assert decoded.content.sensors == (Sensor("accX", "m/s2"), Sensor("accY", "m/s2"))
    assert decoded.metadata == {
        "device_name": "ac:87:a3:0a:2d:1b",
        "device_type": "DISCO",
        "issued_at": "1564128599",
    }
    assert decoded.signature == "unchecked"
    assert decoded.warnings == ()


@pytest.mark.parametrize(("encode", "name"), [(as_json, "a.json"), (as_cbor, "a.cbor")])
def test_signature_is_checked_on_the_raw_bytes(encode: Any, name: str) -> None:
    raw = signed(encode(document()), KEY)
    valid = decode(raw, name, DecodeOptions(hmac_keys=("other", KEY)))
    assert valid.signature == "valid"
    assert valid.warnings == ()
    invalid = decode(raw, name, DecodeOptions(hmac_keys=("other",)))
    assert invalid.signature == "invalid"
    assert any("signature" in warning for warning in invalid.warnings)


def test_a_changed_value_makes_the_signature_invalid() -> None:
    raw = signed(as_json(document()), KEY).replace(b"-9.83", b"-9.84")
    assert decode(raw, "a.json", DecodeOptions(hmac_keys=(KEY,))).signature == "invalid"


def test_padding_after_the_first_cbor_item_is_ignored_signed_or_not() -> None:
    options = DecodeOptions(hmac_keys=(KEY,))
    padded_after = signed(as_cbor(document()), KEY) + b"\0" * 37
    assert decode(padded_after, "a.cbor", options).signature == "valid"
    padded_before = signed(as_cbor(document()) + b"\xff" * 5, KEY)
    assert decode(padded_before, "a.cbor", options).signature == "valid"


@pytest.mark.parametrize("text", ["", "0" * 32, None, 5, "z" * 64])
def test_a_malformed_signature_is_invalid_but_the_data_stay(text: Any) -> None:
    decoded = decode(as_json(document() | {"signature": text}), "a.json")
    assert decoded.signature == "invalid"
    assert isinstance(decoded.content, Signal)


def test_algorithm_none_is_unsigned() -> None:
    tree = document() | {"protected": {"ver": "v1", "alg": "none"}, "signature": None}
    assert decode(as_json(tree), "a.json", DecodeOptions(hmac_keys=(KEY,))).signature == "unsigned"


def test_a_single_sensor_may_have_a_flat_list() -> None:
    tree = document(sensors=[{"name": "audio", "units": "wav"}], values=[1, -2, 3])
    content = decode(as_cbor(tree), "a.cbor").content
    assert isinstance(content, Signal)
    assert content.values.tolist() == [[1.0], [-2.0], [3.0]]


def binary_message(reference: str, samples: bytes) -> bytes:
    tree = document(sensors=[{"name": "audio", "units": "wav"}], interval_ms=0.0625)
    del tree["payload"]["values"]
    header = bytes(cbor2.dumps(tree))
    # `payload` is the last map; grow it by one entry, an indefinite array, as firmware writes it.
    start = header.index(b"gpayload") + len(b"gpayload")
    assert header[start] == 0xA4
    text = reference.encode()
    entry = b"fvalues\x9f" + bytes([0x78, len(text)]) + text + b"\xff"
    return header[:start] + b"\xa5" + header[start + 1 :] + entry + samples


@pytest.mark.parametrize(
    ("reference", "fmt", "numbers"),
    [
        ("Ref-BINARY-i16", "<4h", [1, -2, 32767, -32768]),
        ("Ref-Binary-i16     ", "<2h", [-1, 0]),
        ("Ref-BINARY-i8", "<3b", [-128, -1, 127]),
        ("Ref-BINARY-u8", "<3B", [0, 255, 17]),
        ("Ref-BINARY-u16", "<2H", [65535, 1]),
        ("Ref-BINARY-i32", "<2i", [-65536, 1 << 24]),
        ("Ref-BINARY-u32", "<1I", [1 << 31]),
        ("Ref-BINARY-f32", "<3f", [0.5, -1.25, 3e5]),
    ],
)
def test_binary_samples_follow_the_header(reference: str, fmt: str, numbers: list[float]) -> None:
    raw = signed(binary_message(reference, struct.pack(fmt, *numbers)), KEY)
    decoded = decode(raw, "rec.cbor", DecodeOptions(hmac_keys=(KEY,)))
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values[:, 0].tolist() == numbers
    assert decoded.content.sensors == (Sensor("audio", "wav"),)
    assert decoded.signature == "valid"


def test_binary_samples_that_are_cut_are_refused() -> None:
    with pytest.raises(DecodeError, match="no multiple of 2"):
        decode(binary_message("Ref-BINARY-i16", b"\x01\x02\x03"), "rec.cbor")
    with pytest.raises(DecodeError, match="no samples"):
        decode(binary_message("Ref-BINARY-i16", b""), "rec.cbor")


def test_a_reference_without_samples_is_refused() -> None:
    tree = document(sensors=[{"name": "audio", "units": "wav"}], values=["Ref-BINARY-i16"])
    with pytest.raises(DecodeError, match="not in the file"):
        decode(as_json(tree), "a.json")


def test_an_attached_picture_is_refused_with_advice() -> None:
    tree = document(
        sensors=[{"name": "image", "units": "rgba"}],
        values=["Ref-BINARY-image/jpeg (1234 bytes) xyz"],
        interval_ms=0,
    )
    with pytest.raises(UnsupportedError, match="attachment") as caught:
        decode(as_json(tree), "a.json")
    assert caught.value.hint is not None


def test_labels_over_time_come_as_list_or_text_and_later_ones_win() -> None:
    raw = [
        {"startIndex": 0, "endIndex": 2, "label": "idle"},
        {"startIndex": 1, "endIndex": 1, "label": "wave"},
    ]
    expected = (Segment(0, 0, "idle"), Segment(1, 1, "wave"), Segment(2, 2, "idle"))
    for labels in (raw, json.dumps(raw)):
        decoded = decode(as_json(document(structured_labels=labels)), "a.json")
        assert decoded.segments == expected


@pytest.mark.parametrize(
    "labels",
    [
        [{"startIndex": 0, "endIndex": 3, "label": "x"}],
        [{"startIndex": 2, "endIndex": 1, "label": "x"}],
        [{"startIndex": -1, "endIndex": 1, "label": "x"}],
        [{"startIndex": True, "endIndex": 1, "label": "x"}],
        [{"startIndex": 0, "endIndex": 1}],
        ["x"],
        "{",
        5,
    ],
)
def test_labels_outside_the_signal_are_refused(labels: Any) -> None:
    with pytest.raises(DecodeError, match="structured label"):
        decode(as_json(document(structured_labels=labels)), "a.json")


def test_unknown_units_are_kept_with_a_warning() -> None:
    tree = document(sensors=[{"name": "a", "units": "furlong"}, {"name": "b", "units": "N/A"}])
    decoded = decode(as_json(tree), "a.json")
    assert isinstance(decoded.content, Signal)
    assert decoded.content.sensors[0] == Sensor("a", "furlong")
    assert decoded.warnings == (
        "units that are not SenML units were kept as they are: a in 'furlong'",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": []}, "empty"),
        ({"values": [[1, 2], [3]]}, "row 1 of payload.values has 1 values; there are 2 sensors"),
        ({"values": [[1, 2], 3]}, "row 1 of payload.values has a number"),
        ({"values": [[1, 2], [3, None]]}, "row 1, axis 1 of payload.values is nothing"),
        ({"values": [[1, 2], [3, "4"]]}, "row 1, axis 1 of payload.values is a text"),
        ({"values": [[1, True]]}, "true or false"),
        ({"values": [[1, 1e39]]}, "row 0, axis 1 is 1e\\+39"),
        ({"values": [[1, 10**400]]}, "too large"),
        ({"values": "abc"}, "payload.values is a text"),
        ({"interval_ms": 0}, "the interval is 0 ms for 3 rows"),
        ({"interval_ms": -5}, "interval"),
        ({"interval_ms": "16"}, "interval_ms is '16'"),
        ({"interval_ms": 10**400}, "too large"),
        ({"sensors": []}, "sensors"),
        ({"sensors": [{"units": "g"}, {"name": "a"}]}, "sensor 0"),
        ({"sensors": [5, 6]}, "sensor 0"),
    ],
)
def test_payloads_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodeError, match=message) as caught:
        decode(as_json(document(**change)), "folder/a.json")
    assert caught.value.path == "folder/a.json"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_json_numbers_that_are_not_finite_are_refused(number: str) -> None:
    raw = as_json(document()).replace(b"-9.83", number.encode())
    with pytest.raises(DecodeError):
        decode(raw, "a.json")


def test_cbor_nan_is_refused_with_its_row() -> None:
    tree = document(values=[[1.0, 2.0], [3.0, float("nan")]])
    with pytest.raises(DecodeError, match="row 1, axis 1 is nan"):
        decode(as_cbor(tree), "a.cbor")


@pytest.mark.parametrize(
    "tree",
    [
        {"version": 1, "files": []},
        {"protected": {"ver": "v1", "alg": "none"}},
        {"protected": 1, "payload": {}},
    ],
)
def test_other_json_files_are_no_acquisition(tree: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="no acquisition file"):
        decode(as_json(tree), "info.json")


def test_other_versions_and_algorithms_are_not_supported() -> None:
    for protected in ({"ver": "v2", "alg": "none"}, {"ver": "v1", "alg": "RS256"}):
        with pytest.raises(UnsupportedError, match="expected"):
            decode(as_json(document() | {"protected": protected}), "a.json")


def test_json_with_repeated_keys_or_absurd_nesting_is_refused() -> None:
    with pytest.raises(DecodeError, match="twice"):
        decode(b'{"protected": {}, "protected": {}}', "a.json")
    with pytest.raises(DecodeError):
        decode(b'{"a":' + b"[" * 200_000, "a.json")
    with pytest.raises(DecodeError, match="too long"):
        decode(b'{"a":' + b"9" * 5000 + b"}", "a.json")


def test_json_named_cbor_is_read_with_a_warning() -> None:
    decoded = decode(as_json(document()), "a.cbor")
    assert decoded.format == "json"
    assert decoded.warnings == ("named .cbor, but its content is JSON",)


signals = st.builds(
    Signal,
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 60), st.integers(2, 2)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    ),
    st.sampled_from([0.0625, 1.0, 5.0349121093750115, 16.0, 1000.0]),
    st.just((Sensor("a", "m/s2"), Sensor("bü", "rad/s"))),
)


@given(signals, st.sampled_from(["json", "cbor"]), st.sampled_from([None, "", "k", KEY]))
@settings(max_examples=60, deadline=None)
def test_what_is_written_reads_back_bit_for_bit(
    signal: Signal, notation: Any, key: str | None
) -> None:
    raw = encode_acquisition(signal, notation, hmac_key=key, device_name="d", issued_at=7)
    decoded = decode(raw, f"x.{notation}", DecodeOptions(hmac_keys=(KEY, "k", "")))
    assert isinstance(decoded.content, Signal)
    np.testing.assert_array_equal(decoded.content.values, signal.values)
    assert decoded.content.interval_ms == signal.interval_ms
    assert decoded.content.sensors == signal.sensors
    assert decoded.signature == ("unsigned" if key is None else "valid")
