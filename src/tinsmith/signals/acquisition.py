"""The data acquisition format: JSON or CBOR, signed or not, with samples inside or appended."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, UnsupportedError
from tinsmith.signals import cbor, checks, labels, signature, units
from tinsmith.signals.types import Decoded, DecodeOptions, Segment, Sensor, Signal

_REFERENCE = re.compile(r"ref-binary-([a-z]\d+)\s*", re.IGNORECASE)
_BINARY_TYPES = {
    "i8": "i1",
    "u8": "u1",
    "i16": "<i2",
    "u16": "<u2",
    "i32": "<i4",
    "u32": "<u4",
    "f32": "<f4",
}


@dataclass(frozen=True)
class _Document:
    """The decoded tree, the bytes that may have been signed, and samples that follow the header."""

    tree: Any
    bodies: tuple[bytes, ...]
    samples: bytes | None
    is_cbor: bool


def decode_json(data: bytes, options: DecodeOptions) -> Decoded:
    """An acquisition file in JSON.

    Raises:
        DecodeError: Not JSON, not an acquisition file, or values that make no sense.
        UnsupportedError: A version, algorithm or attachment that is not handled.
    """
    return _decoded(_Document(parse_json(data), (data,), None, is_cbor=False), options)


def decode_cbor(data: bytes, options: DecodeOptions) -> Decoded:
    """An acquisition file in CBOR; padding after the first item is ignored.

    Raises:
        DecodeError: Not CBOR, not an acquisition file, or values that make no sense.
        UnsupportedError: A version, algorithm or attachment that is not handled.
    """
    return _decoded(_cbor_document(data, options), options)


def parse_json(data: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN or infinity, no repeated keys.

    Raises:
        DecodeError: It is not, with the line.
    """
    try:
        return json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"not UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}"
        ) from None
    except json.JSONDecodeError as error:
        raise DecodeError(
            f"not readable as JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            hint="the file is cut or damaged; send it again",
        ) from None
    except ValueError:  # a number of more than 4300 digits
        raise DecodeError("a number in the JSON is too long to read") from None
    except RecursionError:
        raise DecodeError("the JSON is nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise DecodeError("the JSON has the same key twice in one object")
    return entries


def _no_constant(text: str) -> NoReturn:
    raise DecodeError(f"the JSON holds {text}, which is no number", hint="remove that row")


def _cbor_document(data: bytes, options: DecodeOptions) -> _Document:
    header_end = _binary_header_end(data)
    if header_end is not None:
        tree, end = cbor.decode_first(data[:header_end], max_items=1 << 16)
        return _Document(tree, (data,), data[end:], is_cbor=True)
    tree, end = cbor.decode_first(data, max_items=2 * options.max_values + (1 << 16))
    return _Document(tree, (data, data[:end]), None, is_cbor=True)


def _binary_header_end(data: bytes) -> int | None:
    """Where the samples begin: after the break byte that closes `values` of a reference text."""
    match = re.search(rb"ref-binary-[a-z]\d+ *\xff", data[:65536], re.IGNORECASE)
    return match.end() if match else None


def _decoded(document: _Document, options: DecodeOptions) -> Decoded:
    protected, payload = _sections(document.tree)
    sensors = _sensors(payload)
    values = _values(payload.get("values"), sensors, document, options)
    interval = payload.get("interval_ms")
    if isinstance(interval, bool) or not isinstance(interval, int | float):
        raise DecodeError(f"payload.interval_ms is {interval!r}; expected a number")
    try:
        interval_ms = checks.interval(float(interval), len(values))
    except OverflowError:
        raise DecodeError("payload.interval_ms is too large") from None
    signal = Signal(values, interval_ms, sensors)
    state = _signature(document, protected, options)
    return Decoded(
        signal,
        "cbor" if document.is_cbor else "json",
        segments=_segments(payload, signal.frames),
        metadata=_metadata(protected, payload),
        signature=state,
        warnings=tuple(_warnings(payload, sensors, state)),
    )


def _sections(tree: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(tree, dict):
        raise DecodeError(
            f"the top level is {_kind(tree)}; expected an object with protected and payload",
            hint="export the recording in the data acquisition format, or as CSV",
        )
    protected, payload = tree.get("protected"), tree.get("payload")
    if not (isinstance(protected, dict) and isinstance(payload, dict)):
        raise DecodeError(
            f"no acquisition file: its keys are {_names(tree)}; "
            "expected objects named protected and payload",
            hint="export the recording in the data acquisition format, or as CSV",
        )
    if protected.get("ver") != "v1":
        raise UnsupportedError(f"protected.ver is {protected.get('ver')!r}; expected 'v1'")
    if protected.get("alg") not in ("HS256", "none"):
        raise UnsupportedError(
            f"protected.alg is {protected.get('alg')!r}; expected 'HS256' or 'none'"
        )
    return protected, payload


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a text", bool: "true or false"}
    return "nothing" if value is None else names.get(type(value), "a number")


def _names(tree: dict[str, Any]) -> str:
    shown = ", ".join(repr(key)[:40] for key in list(tree)[:6])
    return f"{shown}, ..." if len(tree) > 6 else shown or "none"


def _sensors(payload: dict[str, Any]) -> tuple[Sensor, ...]:
    raw = payload.get("sensors")
    if not isinstance(raw, list) or not raw:
        raise DecodeError(f"payload.sensors is {_kind(raw)}; expected a list of name and units")
    found = []
    for index, entry in enumerate(raw):
        name = entry.get("name") if isinstance(entry, dict) else None
        unit = entry.get("units", "") if isinstance(entry, dict) else None
        if not (isinstance(name, str) and name) or not isinstance(unit, str | None):
            raise DecodeError(f"sensor {index} is {entry!r:.80}; expected a name and units")
        found.append(Sensor(name, unit or ""))
    return tuple(found)


def _values(
    raw: Any, sensors: tuple[Sensor, ...], document: _Document, options: DecodeOptions
) -> npt.NDArray[np.float32]:
    if not isinstance(raw, list):
        raise DecodeError(f"payload.values is {_kind(raw)}; expected a list of rows")
    if len(raw) == 1 and isinstance(raw[0], str):
        return checks.samples(_binary_values(raw[0], sensors, document, options))
    checks.within_values(len(raw) * len(sensors), options)
    if not raw:
        raise DecodeError("payload.values is empty; expected at least one row")
    if not isinstance(raw[0], list) and len(sensors) == 1:
        return checks.samples(_numbers(raw)[:, np.newaxis])
    return checks.samples(_rows(raw, len(sensors)))


def _rows(raw: list[Any], width: int) -> npt.NDArray[np.float64]:
    flat: list[Any] = []
    for index, row in enumerate(raw):
        if not isinstance(row, list) or len(row) != width:
            seen = f"{len(row)} values" if isinstance(row, list) else _kind(row)
            raise DecodeError(
                f"row {index} of payload.values has {seen}; there are {width} sensors",
                hint="each row needs one value a sensor, in the order of payload.sensors",
            )
        flat += row
    return _numbers(flat, width).reshape(-1, width)


def _numbers(raw: list[Any], width: int = 1) -> npt.NDArray[np.float64]:
    for index, value in enumerate(raw):
        if type(value) is not float and type(value) is not int:
            raise DecodeError(
                f"row {index // width}, axis {index % width} of payload.values is "
                f"{_kind(value)}; expected a number"
            )
    try:
        return np.asarray(raw, dtype=np.float64)
    except OverflowError:
        raise DecodeError("payload.values holds a whole number too large for a float") from None


def _binary_values(
    reference: str, sensors: tuple[Sensor, ...], document: _Document, options: DecodeOptions
) -> npt.NDArray[Any]:
    if reference.lower().startswith("ref-binary-image"):
        raise UnsupportedError(
            "the picture of this message is a separate attachment",
            hint="import the picture file itself",
        )
    match = _REFERENCE.fullmatch(reference)
    code = match[1].lower() if match else ""
    if code not in _BINARY_TYPES:
        raise UnsupportedError(
            f"payload.values refers to {reference[:60]!r}; "
            f"expected Ref-BINARY- and one of {', '.join(_BINARY_TYPES)}"
        )
    if document.samples is None:
        raise DecodeError(
            f"payload.values refers to samples ({reference.strip()}) that are not in the file",
            hint="the recording or its transfer was interrupted; send it again",
        )
    if len(sensors) != 1:
        raise DecodeError(f"binary samples belong to one sensor; the file names {len(sensors)}")
    return _binary_samples(document.samples, np.dtype(_BINARY_TYPES[code]), options)


def _binary_samples(
    samples: bytes, dtype: np.dtype[Any], options: DecodeOptions
) -> npt.NDArray[Any]:
    if len(samples) % dtype.itemsize:
        raise DecodeError(
            f"the samples take {len(samples)} bytes, no multiple of {dtype.itemsize}; they are cut"
        )
    checks.within_values(len(samples) // dtype.itemsize, options)
    return np.frombuffer(samples, dtype)[:, np.newaxis]


def _signature(
    document: _Document, protected: dict[str, Any], options: DecodeOptions
) -> Literal["valid", "invalid", "unsigned", "unchecked"]:
    if protected["alg"] == "none":
        return "unsigned"
    return signature.check(
        document.bodies,
        document.tree.get("signature"),
        options.hmac_keys,
        is_cbor=document.is_cbor,
    )


def _segments(payload: dict[str, Any], frames: int) -> tuple[Segment, ...]:
    raw = payload.get("structured_labels")
    return labels.parse_segments(raw, frames) if raw else ()


def _metadata(protected: dict[str, Any], payload: dict[str, Any]) -> dict[str, str]:
    found = {
        key: payload[key]
        for key in ("device_name", "device_type")
        if isinstance(payload.get(key), str) and payload[key]
    }
    issued = protected.get("iat")
    if isinstance(issued, int | float) and not isinstance(issued, bool) and math.isfinite(issued):
        found["issued_at"] = str(issued)
    return found


def _warnings(payload: dict[str, Any], sensors: tuple[Sensor, ...], state: str) -> list[str]:
    found = units.unknown_warning({sensor.name: sensor.units for sensor in sensors})
    if not isinstance(payload.get("device_type"), str):
        found.append("payload.device_type is missing")
    if state == "invalid":
        found.append(
            "the signature does not match: the file was changed or signed with another key"
        )
    return found


def encode_acquisition(
    signal: Signal,
    notation: Literal["json", "cbor"] = "cbor",
    *,
    device_type: str = "TINSMITH",
    device_name: str | None = None,
    hmac_key: str | None = None,
    issued_at: int | None = None,
) -> bytes:
    """`signal` as an acquisition file; signed when there is a key.

    Values are written so that they read back to the same float32.
    """
    protected: dict[str, Any] = {"ver": "v1", "alg": "HS256" if hmac_key is not None else "none"}
    if issued_at is not None:
        protected["iat"] = issued_at
    payload: dict[str, Any] = {"device_name": device_name} if device_name else {}
    payload |= {
        "device_type": device_type,
        "interval_ms": signal.interval_ms,
        "sensors": [{"name": sensor.name, "units": sensor.units} for sensor in signal.sensors],
        "values": signal.values.tolist(),
    }
    zeros = signature.ZEROS.decode()
    tree = {"protected": protected, "signature": zeros, "payload": payload}
    if notation == "cbor":
        encoded = cbor.encode(tree)
    else:
        encoded = json.dumps(tree, allow_nan=False).encode("utf-8")
    if hmac_key is None:
        return encoded
    # The first occurrence is ours: `protected`, which comes before, holds no text of the caller.
    return encoded.replace(signature.ZEROS, signature.sign(encoded, hmac_key).encode(), 1)
