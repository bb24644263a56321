"""What every file becomes: a `Signal` or an `Image`, and how it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Signature = Literal["valid", "invalid", "unsigned", "unchecked"]
FitMode = Literal["squash", "fit-short", "fit-long"]


@dataclass(frozen=True)
class Sensor:
    """One axis of a signal: its name and its unit (SenML where there is one, e.g. `m/s2`)."""

    name: str
    units: str


@dataclass(frozen=True, eq=False)
class Signal:
    """Evenly sampled values of one or more sensors.

    Args:
        values: float32 [frames, axes], finite; audio on the int16 scale (full scale = 32768).
        interval_ms: Milliseconds between frames; 0 for a single row of features without time.
        sensors: One entry per axis, in column order.
    """

    values: npt.NDArray[np.float32]
    interval_ms: float
    sensors: tuple[Sensor, ...]

    @property
    def frames(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def axes(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    @property
    def frequency_hz(self) -> float:
        """Frames per second; 0 for features without time."""
        return 1000.0 / self.interval_ms if self.interval_ms else 0.0

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds, counting each frame as one interval."""
        return self.frames * self.interval_ms


@dataclass(frozen=True, eq=False)
class Image:
    """A colour picture: uint8 [height, width, 3], red first."""

    pixels: npt.NDArray[np.uint8]

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])


@dataclass(frozen=True)
class Segment:
    """A label over part of a signal: frames `start_index` to `end_index`, both included."""

    start_index: int
    end_index: int
    label: str


@dataclass(frozen=True, eq=False)
class Decoded:
    """One file, read.

    Args:
        content: The signal or the image.
        format: Short name of the format that was found in the bytes (`wav`, `cbor`, `csv`, ...).
        label: A label the file itself carries, else None.
        segments: Labels over time the file itself carries.
        metadata: Facts the file carries that are no samples (`device_name`, ...).
        signature: Whether an acquisition file's signature matches one of the keys.
        warnings: What had to be repaired or assumed, one sentence each.
    """

    content: Signal | Image
    format: str
    label: str | None = None
    segments: tuple[Segment, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    signature: Signature = "unsigned"
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DecodeOptions:
    """What the user knows about the files; None means "find out".

    Args:
        hmac_keys: Keys to try on signed acquisition files.
        interval_ms: Milliseconds between the rows of a CSV file without a time column. Where there
            is one, it counts, and a warning says if it disagrees.
        delimiter: Character between the fields of a CSV file.
        decimal: Decimal mark of a CSV file, "." or ",".
        has_header: Whether the first row of a CSV file names its columns.
        time_column: Name (or zero-based number as text) of the time column; "" says there is none.
        time_unit: Unit of a numeric time column.
        columns: Names of the value columns to keep, in this order; empty keeps all numeric ones.
        label_column: Column whose text becomes the label, or labels over time if it changes.
        metadata_columns: Constant text columns kept as metadata.
        units: Units by column name.
        resample_irregular: Interpolate rows that are not evenly spaced onto a grid of their median
            step, after sorting them and averaging rows of equal time (otherwise an error).
        max_gap_rows: Longest run of missing values or rows that is interpolated, with a warning.
        max_bytes, max_values, max_pixels: Limits that bound memory.
    """

    hmac_keys: tuple[str, ...] = ()
    interval_ms: float | None = None
    delimiter: str | None = None
    decimal: str | None = None
    has_header: bool | None = None
    time_column: str | None = None
    time_unit: Literal["s", "ms", "us", "ns"] | None = None
    columns: tuple[str, ...] = ()
    label_column: str | None = None
    metadata_columns: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    resample_irregular: bool = False
    max_gap_rows: int = 5
    max_bytes: int = 512 * 1024 * 1024
    max_values: int = 64 * 1024 * 1024
    max_pixels: int = 64 * 1024 * 1024


# Nothing is known: what most files are read with.
NO_OPTIONS = DecodeOptions()
