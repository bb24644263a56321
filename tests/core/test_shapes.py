"""The size of a shape is the number of features."""

from __future__ import annotations

import pytest

from tinsmith.core.shapes import FeatureKind, FeatureShape


@pytest.mark.parametrize(
    ("kind", "dims", "size"),
    [
        ("flat", (7,), 7),
        ("series", (10, 3), 30),
        ("spectrogram", (49, 13), 637),
        ("image", (8, 6, 3), 144),
    ],
)
def test_size_is_the_product_of_the_dimensions(
    kind: FeatureKind, dims: tuple[int, ...], size: int
) -> None:
    assert FeatureShape(kind, dims).size == size
