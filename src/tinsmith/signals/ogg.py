"""Ogg pages (RFC 3533): are they all there and undamaged?"""

from __future__ import annotations

import struct
import zlib

from tinsmith.core.errors import DecodeError

_END_OF_STREAM = 4
# The page checksum runs from the highest bit, zlib's from the lowest: mirror the bits of each byte.
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_pages(data: bytes) -> list[str]:
    """Warnings about the pages; libogg would skip damaged ones and shorten the recording unnoticed.

    Raises:
        DecodeError: A page that is damaged, or bytes between pages that belong to none.
    """
    position, is_ended = 0, False
    while position < len(data):
        header = data[position : position + 27]
        segments = data[position + 27 : position + 27 + header[26]] if len(header) == 27 else b""
        if header[:4] != b"OggS"[: len(header)]:
            raise DecodeError(f"the Ogg file is damaged: no page begins at byte {position}")
        end = position + 27 + len(segments) + sum(segments)
        if len(header) < 27 or len(segments) < header[26] or end > len(data):
            return ["the Ogg file is cut within a page; what was complete was taken"]
        if _checksum(data[position:end]) != struct.unpack_from("<I", header, 22)[0]:
            raise DecodeError(
                f"the Ogg file is damaged: wrong checksum in the page at byte {position}",
                hint="copy or export it again",
            )
        is_ended = bool(header[5] & _END_OF_STREAM)
        position = end
    return [] if is_ended else ["the Ogg file has no end mark; it may be cut"]


def _checksum(page: bytes) -> int:
    """CRC-32 of RFC 3533: polynomial 0x04c11db7, start 0, no final inversion."""
    zeroed = page[:22] + b"\0\0\0\0" + page[26:]
    mirrored = zlib.crc32(zeroed.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
