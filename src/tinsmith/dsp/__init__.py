"""Processing blocks: manifests beside the C core, and the core bound to Python."""

from tinsmith.dsp.binding import extract, scratch_floats
from tinsmith.dsp.post import KMeansModel, kmeans_score, standardise
from tinsmith.dsp.registry import BLOCKS, block

__all__ = [
    "BLOCKS",
    "KMeansModel",
    "block",
    "extract",
    "kmeans_score",
    "scratch_floats",
    "standardise",
]
