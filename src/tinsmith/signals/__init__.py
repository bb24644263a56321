"""File formats to and from `Signal` and `Image`."""

from tinsmith.signals.types import (
    Decoded,
    DecodeOptions,
    FitMode,
    Image,
    Segment,
    Sensor,
    Signal,
    Signature,
)

__all__ = [
    "DecodeOptions",
    "Decoded",
    "FitMode",
    "Image",
    "Segment",
    "Sensor",
    "Signal",
    "Signature",
]
