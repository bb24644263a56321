"""Which algorithm runs a layer: the fastest ones that the constants' budget allows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tinsmith.compiler.emit.model import constant_bytes
from tinsmith.compiler.operators import Lowering
from tinsmith.compiler.plan import Network, choose_steps
from tinsmith.core.errors import DesignError

DEFAULT_GROWTH = 0.1
"""Share by which constants and memory may grow over the least for the sake of speed."""


@dataclass(frozen=True)
class _Option:
    """A faster way to run a node.

    Args:
        position: Of the node in the schedule.
        saved: Instructions, estimated.
        bytes: More constants than the way at hand.
    """

    position: int
    lowering: Lowering
    saved: int
    bytes: int


def choose_algorithms(network: Network, growth: float) -> Network:
    """The network with faster algorithms where they pay, those that save most instructions for each
    byte of constants first.

    Args:
        growth: Constants may grow by at most this share, and so may the arena.

    Raises:
        DesignError: The share is no number of at least 0.
    """
    if not growth >= 0:
        raise DesignError(f"growth is {growth}; expected a share of at least 0")
    options = _options(network)
    if not options:
        return network
    least = sum(_constants(lowering) for lowering in network.lowerings if lowering)
    left = int(growth * least)
    most_arena = int((1 + growth) * choose_steps(network, "balanced")[1].arena_bytes)
    done: set[int] = set()
    for option in options:
        if option.position in done or option.bytes > left:
            continue
        trial = _with(network, option)
        if choose_steps(trial, "balanced")[1].arena_bytes <= most_arena:
            network, left = trial, left - option.bytes
            done.add(option.position)
    return network


def _options(network: Network) -> list[_Option]:
    found = []
    for position, lowering in enumerate(network.lowerings):
        for other in lowering.faster if lowering else ():
            assert lowering is not None
            assert lowering.instructions is not None
            assert other.instructions is not None
            saved = lowering.instructions - other.instructions
            added = _constants(other) - _constants(lowering)
            if saved > 0:
                found.append(_Option(position, other, saved, max(added, 1)))
    return sorted(found, key=lambda option: (-option.saved / option.bytes, option.position))


def _with(network: Network, option: _Option) -> Network:
    """The node runs in this way, and no longer row by row: that would be the slower way again."""
    lowerings, kernels = list(network.lowerings), list(network.kernels)
    lowerings[option.position], kernels[option.position] = option.lowering, None
    return dataclasses.replace(network, lowerings=lowerings, kernels=kernels)


def _constants(lowering: Lowering) -> int:
    """Bytes of all arrays that the parameters of a lowering point to."""
    return sum(constant_bytes(call.params) for call in lowering.calls)
