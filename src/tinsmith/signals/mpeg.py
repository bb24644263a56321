"""MPEG audio frames (ISO 11172-3, 13818-3), layers II and III: is the stream whole?

The decoding library skips what it cannot read, notes that on stderr and returns a shorter sound.
"""

from __future__ import annotations

from tinsmith.core.errors import DecodeError

_BITRATES = {
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_LOW_BITRATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44100, 48000, 32000)
_DIVISORS = {3: 1, 2: 2, 0: 4}  # version bits: MPEG 1, 2, 2.5
_TAGS = (b"TAG", b"APETAGEX", b"ID3", b"LYRICSBEGIN", b"3DI")
_SEARCH_BYTES = 1 << 16


def frame_bytes(data: bytes, position: int) -> int:
    """Length of the frame whose header is at `position`; 0 if there is none."""
    if position + 4 > len(data) or data[position] != 0xFF or data[position + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = data[position + 1] >> 3 & 3, data[position + 1] >> 1 & 3
    bitrate, rate = data[position + 2] >> 4, data[position + 2] >> 2 & 3
    if version == 1 or layer not in (1, 2) or bitrate in (0, 15) or rate == 3:
        return 0
    kbps = _BITRATES.get((version, layer), _LOW_BITRATES)[bitrate - 1]
    samples_by_8 = 72 if version != 3 and layer == 1 else 144
    padding = data[position + 2] >> 1 & 1
    return samples_by_8 * kbps * 1000 // (_RATES[rate] // _DIVISORS[version]) + padding


def whole_frames(data: bytes) -> tuple[bytes, list[str]]:
    """The bytes from the first to the last whole frame, and warnings about the rest.

    Raises:
        DecodeError: No sound, or damage between frames.
    """
    start = _begin(data)
    notes = [f"{start} bytes before the sound were left out"] if data[:start].strip(b"\0") else []
    end, is_cut = _end(data, start)
    rest = data[end:]
    if is_cut:
        notes.append("the file is cut within a frame of sound")
    elif rest.strip(b"\0") and not rest.startswith(_TAGS):
        if _find_frames(rest, 0, _SEARCH_BYTES) is not None:
            raise DecodeError(
                f"the MP3 file is damaged: no frame of sound begins at byte {end}, others follow",
                hint="copy or export it again",
            )
        notes.append(f"{len(rest)} bytes after the sound were left out")
    return data[start:end], notes


def _begin(data: bytes) -> int:
    start = _find_frames(data, 0, _SEARCH_BYTES)
    if start is None:
        if frame_bytes(data, 0):
            return 0
        raise DecodeError("the file holds no frames of MPEG sound")
    return start


def _find_frames(data: bytes, position: int, limit: int) -> int | None:
    """Where two frames follow each other, from `position` within `limit` bytes."""
    while (position := data.find(b"\xff", position, limit)) >= 0:
        size = frame_bytes(data, position)
        if size and frame_bytes(data, position + size):
            return position
        position += 1
    return None


def _end(data: bytes, start: int) -> tuple[int, bool]:
    """Just after the last whole frame in a row, and whether the next one is cut."""
    position, kind = start, _kind(data, start)
    while (size := frame_bytes(data, position)) and _kind(data, position) == kind:
        if position + size > len(data):
            return position, True
        position += size
    return position, False


def _kind(data: bytes, position: int) -> tuple[int, int]:
    """What stays the same in a stream: version, layer and sampling rate."""
    return data[position + 1] & 0xFE, data[position + 2] & 0x0C
