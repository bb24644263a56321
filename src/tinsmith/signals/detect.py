"""What a file is: found in its bytes, compared with its extension."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass

from tinsmith.core.errors import DecodeError, UnsupportedError
from tinsmith.signals import mpeg


@dataclass(frozen=True)
class Found:
    """The format of the bytes, and a warning if the extension says otherwise."""

    format: str
    warnings: tuple[str, ...] = ()


# Format -> kind. Within a kind the bytes decide; across kinds a wrong name is refused.
KINDS = {
    "wav": "sound",
    "flac": "sound",
    "ogg": "sound",
    "mp3": "sound",
    "png": "picture",
    "jpeg": "picture",
    "bmp": "picture",
    "gif": "picture",
    "webp": "picture",
    "pnm": "picture",
    "json": "acquisition",
    "cbor": "acquisition",
    "csv": "table",
    "parquet": "table",
}
EXTENSIONS = {
    "wav": "wav",
    "wave": "wav",
    "rf64": "wav",
    "flac": "flac",
    "ogg": "ogg",
    "oga": "ogg",
    "opus": "ogg",
    "mp3": "mp3",
    "mp2": "mp3",
    "png": "png",
    "apng": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "jpe": "jpeg",
    "bmp": "bmp",
    "dib": "bmp",
    "gif": "gif",
    "webp": "webp",
    "ppm": "pnm",
    "pgm": "pnm",
    "pbm": "pnm",
    "pnm": "pnm",
    "json": "json",
    "cbor": "cbor",
    "csv": "csv",
    "tsv": "csv",
    "txt": "csv",
    "parquet": "parquet",
}
# Recognised, well-formed perhaps, and not read: (where, bytes, name, what to do instead).
_TO_WAV = "convert it to WAV or FLAC"
_TO_PNG = "convert it to PNG or JPEG"
_TO_CSV = "export it as CSV"
_FRAMES = "import it as a video, which is cut into pictures"
_UNPACK = "unpack it and import the files inside"
_REFUSED: tuple[tuple[int, bytes, str, str], ...] = (
    (4, b"ftypM4A", "an M4A sound file", _TO_WAV),
    (4, b"ftypheic", "a HEIC picture", _TO_PNG),
    (4, b"ftypheix", "a HEIC picture", _TO_PNG),
    (4, b"ftypmif1", "a HEIF picture", _TO_PNG),
    (4, b"ftypavif", "an AVIF picture", _TO_PNG),
    (4, b"ftyp", "an MP4 or QuickTime video", _FRAMES),
    (4, b"jP  ", "a JPEG 2000 picture", _TO_PNG),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture", _TO_PNG),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video", _FRAMES),
    (8, b"AVI ", "an AVI video", _FRAMES),
    (0, b"FORM", "an AIFF sound file", _TO_WAV),
    (0, b".snd", "an AU sound file", _TO_WAV),
    (0, b"caff", "a CAF sound file", _TO_WAV),
    (0, b"II*\0", "a TIFF picture", _TO_PNG),
    (0, b"MM\0*", "a TIFF picture", _TO_PNG),
    (0, b"\0\0\x01\0", "an ICO picture", _TO_PNG),
    (0, b"DDS ", "a DDS picture", _TO_PNG),
    (0, b"8BPS", "a Photoshop picture", _TO_PNG),
    (0, b"\x93NUMPY", "a NumPy array", _TO_CSV),
    (0, b"\x89HDF", "an HDF5 file", _TO_CSV),
    (0, b"PK\x03\x04", "a ZIP archive (or an Excel file)", _UNPACK),
    (0, b"PK\x05\x06", "an empty ZIP archive", _UNPACK),
    (0, b"\x1f\x8b", "a gzip archive", _UNPACK),
    (0, b"BZh", "a bzip2 archive", _UNPACK),
    (0, b"\xfd7zXZ", "an xz archive", _UNPACK),
    (0, b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (0, b"%PDF", "a PDF document", _TO_CSV),
    (4, b"TFL3", "a TensorFlow Lite model", "models are imported elsewhere; this reads recordings"),
)
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
)


def detect(data: bytes, name: str) -> Found:
    """The format of the bytes.

    Args:
        data: The whole file, not empty.
        name: File name; its extension is compared with the bytes.

    Raises:
        UnsupportedError: A format or an extension that is not read, with what to do instead.
        DecodeError: The bytes are not what the extension says.
    """
    extension = extension_of(name)
    found = sniff(data)
    _refuse_unsupported(data, found, extension)
    expected = EXTENSIONS.get(extension)
    if expected is None:
        return Found(found or "csv")  # no extension at all
    if found is None:
        return Found(_without_magic(data, expected, extension))
    if KINDS[found] != KINDS[expected]:
        raise DecodeError(
            f"named .{extension}, but its content is {found.upper()}",
            hint=f"rename it to .{found} if that is what it is",
        )
    if found != expected:
        return Found(found, (f"named .{extension}, but its content is {found.upper()}",))
    return Found(found)


def extension_of(name: str) -> str:
    """What stands behind the last dot of a file name, in small letters; empty if there is none."""
    return os.path.splitext(name)[1][1:].lower()  # noqa: PTH122 - a Path costs more than a look at the file


def sniff(data: bytes) -> str | None:
    """The format the first bytes give away; None for text tables and the unknown."""
    for magic, found in _MAGIC:
        if data.startswith(magic):
            return found
    if data[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return {b"WAVE": "wav", b"WEBP": "webp"}.get(data[8:12])
    if data[:4] == data[-4:] == b"PAR1" and len(data) > 8:
        return "parquet"
    if data[:2] == b"BM" and len(data) >= 26 and data[6:10] == b"\0\0\0\0":
        return "bmp"
    if re.match(rb"P[1-6]\s+(#|\d+\s)", data):
        return "pnm"
    if mpeg.frame_bytes(data, 0):
        return "mp3"
    return _sniff_acquisition(data)


def _sniff_acquisition(data: bytes) -> str | None:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] == b"{" or re.match(rb"\[\s*[\[{\"]", head):
        return "json"
    return "cbor" if _is_cbor_map(data) else None


def _is_cbor_map(data: bytes) -> bool:
    """Whether a CBOR map begins here whose first key is one of an acquisition file."""
    if not (0xA1 <= data[0] <= 0xB8 or data[0] == 0xBF):
        return False
    key = 2 if data[0] == 0xB8 else 1
    return data[key : key + 10].startswith((b"\x69protected", b"\x69signature", b"\x67payload"))


def _refuse_unsupported(data: bytes, found: str | None, extension: str) -> None:
    if found is None and not _is_text(data):
        for offset, magic, what, remedy in _REFUSED:
            if data[offset : offset + len(magic)] == magic:
                raise UnsupportedError(f"{what} is not read", hint=remedy)
    if extension == "labels":
        raise UnsupportedError(
            "an index of labels, not a recording",
            hint="import the folder it lies in; the index is read with it",
        )
    if extension and extension not in EXTENSIONS:
        known = ", ".join(sorted(EXTENSIONS))
        remedy = f"rename it to .{found}" if found else f"extensions that are read: {known}"
        looks = f"; its content looks like {found.upper()}" if found else ""
        raise UnsupportedError(f"files named .{extension[:20]} are not read{looks}", hint=remedy)


def _is_text(data: bytes) -> bool:
    """Whether the beginning has no control characters but blanks."""
    return not re.search(rb"[\x00-\x08\x0e-\x1f]", data[:512])


def _without_magic(data: bytes, expected: str, extension: str) -> str:
    if expected != "parquet" and KINDS[expected] in ("table", "acquisition"):
        return expected
    raise DecodeError(
        f"named .{extension}, but no {expected.upper()} file: it begins with {data[:8].hex(' ')}",
        hint="the file is damaged or has the wrong name",
    )
