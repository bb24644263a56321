"""Processing blocks: manifests beside the C core, and the core bound to Python."""

from tinsmith.dsp.binding import extract, scratch_floats
from tinsmith.dsp.registry import BLOCKS, block

__all__ = ["BLOCKS", "block", "extract", "scratch_floats"]
