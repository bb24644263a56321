"""Signatures of acquisition files: HMAC-SHA256 over the bytes with the signature set to zeros.

The raw bytes are checked, never a re-encoding of them: two encoders rarely agree on every byte.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from tinsmith.signals.types import Signature

ZEROS = b"0" * 64
_IN_JSON = re.compile(rb'"signature"\s*:\s*"([0-9a-fA-F]{64})"')
# Text of 64 bytes (0x78 0x40) after the key of 9 bytes (0x69).
_IN_CBOR = re.compile(rb"\x69signature\x78\x40([0-9a-fA-F]{64})")


def check(
    bodies: Iterable[bytes], signature: object, keys: tuple[str, ...], *, is_cbor: bool
) -> Signature:
    """Whether one of `keys` signed one of `bodies`.

    Args:
        bodies: The raw bytes; several when it is unknown whether padding was signed too.
        signature: The signature as decoded.
        keys: Key texts; their UTF-8 bytes are the key.
        is_cbor: Which notation the bytes are in.
    """
    if not (isinstance(signature, str) and re.fullmatch("[0-9a-fA-F]{64}", signature)):
        return "invalid"
    if not keys:
        return "unchecked"
    pattern = _IN_CBOR if is_cbor else _IN_JSON
    for body in bodies:
        for match in pattern.finditer(body):
            if match[1].decode() == signature and _matches(body, match, keys):
                return "valid"
    return "invalid"


def _matches(body: bytes, match: re.Match[bytes], keys: tuple[str, ...]) -> bool:
    start, end = match.span(1)
    zeroed = body[:start] + ZEROS + body[end:]
    expected = match[1].decode().lower()
    return any(hmac.compare_digest(sign(zeroed, key), expected) for key in keys)


def sign(zeroed: bytes, key: str) -> str:
    """The 64 hex characters that sign `zeroed`, bytes whose signature is 64 ASCII zeros."""
    return hmac.new(key.encode("utf-8"), zeroed, hashlib.sha256).hexdigest()
