"""Removes channels that no output depends on, or that hold one value for every input."""

from tinsmith.compiler.passes.dead_channels.removal import remove_dead_channels
from tinsmith.compiler.passes.dead_channels.report import Removal, removals

__all__ = ["Removal", "removals", "remove_dead_channels"]
