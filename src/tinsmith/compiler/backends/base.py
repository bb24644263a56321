"""What a backend is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
        types: By operator, element types with kernels here, for the reference pages; int8 alone
            where an operator is not named.
    """

    name: str
    title: str
    lowerings: Mapping[str, Callable[[Operation], Lowering | None]]
    is_thrifty: bool = True
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tuned_types(self, operator: str) -> tuple[str, ...]:
        """Element types for which an operator has kernels here."""
        return self.types.get(operator, ("int8",)) if operator in self.lowerings else ()

    def lower(self, operation: Operation) -> Lowering:
        """The best lowering of a node that computes something."""
        tuned = self.lowerings.get(operation.node.operator)
        found = tuned(operation) if tuned else None
        if found is not None:
            return found
        portable = OPERATORS[operation.node.operator].lower
        assert portable is not None
        return portable(operation)
