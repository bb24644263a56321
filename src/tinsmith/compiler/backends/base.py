"""What a backend is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinsmith.compiler.operators import OPERATORS, Lowering, Operation


@dataclass(frozen=True)
class Backend:
    """Kernels for one kind of processor.

    Args:
        name: How targets name it; also its folder in `runtime/src/nn`, unless it shares one.
        title: For documents.
        lowerings: By operator: the node's lowering to this backend's kernels, or None where the
            portable one is to be used. Integer results equal the portable kernels' bit for bit.
        is_thrifty: Machines of this kind are short of memory: where a dearer way to run a node
            makes the arena smaller, it is taken.
    """

    name: str
    title: str
    lowerings: Mapping[str, Callable[[Operation], Lowering | None]]
    is_thrifty: bool = True

    def lower(self, operation: Operation) -> Lowering:
        """The best lowering of a node that computes something."""
        tuned = self.lowerings.get(operation.node.operator)
        found = tuned(operation) if tuned else None
        if found is not None:
            return found
        portable = OPERATORS[operation.node.operator].lower
        assert portable is not None
        return portable(operation)
