"""Passes over the graph, in the order they run: `graph -> graph`, and none knows another."""

from collections.abc import Callable

from tinsmith.compiler.ir import Graph
from tinsmith.compiler.passes.dead_channels import remove_dead_channels
from tinsmith.compiler.passes.depthwise_to_conv import depthwise_to_conv
from tinsmith.compiler.passes.drop_dead import drop_dead
from tinsmith.compiler.passes.drop_identities import drop_identities
from tinsmith.compiler.passes.fold_constants import fold_constants
from tinsmith.compiler.passes.fuse_activation import fuse_activation
from tinsmith.compiler.passes.fuse_pad import fuse_pad
from tinsmith.compiler.passes.merge_pads import merge_pads
from tinsmith.compiler.passes.merge_reshapes import merge_reshapes
from tinsmith.compiler.passes.merge_transposes import merge_transposes
from tinsmith.compiler.passes.read_in_place import read_in_place
from tinsmith.compiler.passes.requantize_directly import requantize_directly
from tinsmith.compiler.passes.split_grouped import split_grouped
from tinsmith.compiler.passes.view_copies import view_copies
from tinsmith.compiler.passes.widen_weights import widen_weights

Pass = Callable[[Graph], Graph]

CLEANING: tuple[Pass, ...] = (fold_constants, drop_dead, widen_weights, split_grouped)
"""Run before operators are looked up: what they remove need not be supported."""

PIPELINE: tuple[Pass, ...] = (
    requantize_directly,
    merge_transposes,
    view_copies,
    merge_reshapes,
    merge_pads,
    drop_identities,
    drop_dead,
    fuse_pad,
    fuse_activation,
    depthwise_to_conv,
    remove_dead_channels,
    drop_dead,
    read_in_place,
)
"""Run on a graph of supported operators."""

WHOLE: tuple[Pass, ...] = tuple(step for step in PIPELINE if step is not remove_dead_channels)
"""The same without removing channels: layers have the shapes of the model file, to compare them."""

__all__ = ["CLEANING", "PIPELINE", "WHOLE", "Pass"]
