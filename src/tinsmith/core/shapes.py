"""The shape of a feature vector: what learning blocks and plots need to know about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

FeatureKind = Literal["flat", "series", "spectrogram", "image"]


@dataclass(frozen=True)
class FeatureShape:
    """How a flat feature vector is to be read, row-major.

    kind and dims:
        flat: (width,)
        series: (frames, axes), raw samples interleaved
        spectrogram: (frames, coefficients), frame-major
        image: (height, width, channels)
    """

    kind: FeatureKind
    dims: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of features."""
        return math.prod(self.dims)
