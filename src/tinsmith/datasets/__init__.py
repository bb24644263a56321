"""Samples, labels, splits and windows."""

from tinsmith.datasets.augment import AugmentConfig, augment
from tinsmith.datasets.sample import (
    Box,
    Category,
    Dataset,
    Facts,
    FileSource,
    Problem,
    Sample,
    Whole,
    sample_from_signal,
)
from tinsmith.datasets.windows import (
    Windows,
    WindowSpec,
    make_image_windows,
    make_windows,
    regression_targets,
)

__all__ = [
    "AugmentConfig",
    "Box",
    "Category",
    "Dataset",
    "Facts",
    "FileSource",
    "Problem",
    "Sample",
    "Whole",
    "WindowSpec",
    "Windows",
    "augment",
    "make_image_windows",
    "make_windows",
    "regression_targets",
    "sample_from_signal",
]
