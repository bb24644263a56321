"""Labels, labels over time and boxes that lie in files beside the data, in many formats."""

from tinsmith.datasets.annotations.annotate import (
    AnnotateOptions,
    Annotation,
    Annotations,
    annotate,
)
from tinsmith.datasets.annotations.registry import FORMATS

__all__ = ["FORMATS", "AnnotateOptions", "Annotation", "Annotations", "annotate"]
