"""File formats to and from `Signal` and `Image`."""

from tinsmith.signals.acquisition import encode_acquisition
from tinsmith.signals.decode import decode
from tinsmith.signals.detect import EXTENSIONS, extension_of
from tinsmith.signals.labels import flatten_overlaps, parse_segments
from tinsmith.signals.resample import resample
from tinsmith.signals.resize import resize
from tinsmith.signals.types import (
    NO_OPTIONS,
    Decoded,
    DecodeOptions,
    FitMode,
    Image,
    Segment,
    Sensor,
    Signal,
    Signature,
)
from tinsmith.signals.wav import encode_wav

__all__ = [
    "EXTENSIONS",
    "NO_OPTIONS",
    "DecodeOptions",
    "Decoded",
    "FitMode",
    "Image",
    "Segment",
    "Sensor",
    "Signal",
    "Signature",
    "decode",
    "encode_acquisition",
    "encode_wav",
    "extension_of",
    "flatten_overlaps",
    "parse_segments",
    "resample",
    "resize",
]
