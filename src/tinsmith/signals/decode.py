"""`decode`: any file that is read becomes a `Signal` or an `Image`, or a clear error."""

from __future__ import annotations

from dataclasses import replace

from tinsmith.core.errors import DecodeError, InputError
from tinsmith.signals import checks
from tinsmith.signals.acquisition import decode_cbor, decode_json
from tinsmith.signals.audio import decode_audio
from tinsmith.signals.csv_file import decode_csv
from tinsmith.signals.detect import KINDS, detect
from tinsmith.signals.image import decode_image
from tinsmith.signals.parquet import decode_parquet
from tinsmith.signals.types import NO_OPTIONS, Decoded, DecodeOptions


def decode(data: bytes, name: str, options: DecodeOptions = NO_OPTIONS) -> Decoded:
    """Reads one file.

    Args:
        data: Its bytes.
        name: Its name; the extension is compared with what the bytes are.
        options: What the user knows about it, and limits.

    Raises:
        DecodeError: The bytes are not what they claim to be, or hold no usable samples.
        UnsupportedError: A format, codec or size that is not handled.
    """
    try:
        checks.within_bytes(data, options)
        found = detect(data, name)
        decoded = _by_format(data, found.format, options)
        if not found.warnings:
            return decoded
        return replace(decoded, warnings=found.warnings + decoded.warnings)
    except InputError as error:
        raise error.at(name) from None
    except MemoryError:
        raise DecodeError("the file needs more memory than there is", path=name) from None


def _by_format(data: bytes, form: str, options: DecodeOptions) -> Decoded:
    kind = KINDS[form]
    if kind == "sound":
        return decode_audio(data, form, options)
    if kind == "picture":
        return decode_image(data, form, options)
    if form == "json":
        return decode_json(data, options)
    if form == "cbor":
        return decode_cbor(data, options)
    if form == "parquet":
        return decode_parquet(data, options)
    return decode_csv(data, options)
