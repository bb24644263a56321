"""Profiling: what a compiled impulse costs on a target, measured by running it there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tinsmith.emulation import Cost, RunReport, run
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.codegen import GeneratedImpulse, build_impulse, generate
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.toolchain import target as find_target


@dataclass(frozen=True)
class Profile:
    """Cost of one classification.

    Args:
        target, variant: What was built.
        instructions: Executed for one window, start-up excluded; None where not counted.
        stages: Instructions per stage: each processing block, each layer, each anomaly block.
        ram_bytes: Static data, features, results, scratch and the stack's high-water mark together.
        stack_bytes: The stack's part of it.
        flash_bytes: Code and constants of a minimal program.
        window_bytes: A window of raw input as float32, which firmware may hold in any other form
            since blocks pull their input piece by piece; not part of ram_bytes.
    """

    target: str
    variant: Variant
    instructions: int | None
    stages: tuple[Cost, ...]
    ram_bytes: int | None
    stack_bytes: int | None
    flash_bytes: int | None
    window_bytes: int
    arena_bytes: int
    num_features: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def profile(
    fitted: FittedImpulse, windows: FloatArray, *, variant: Variant = "int8", target: str
) -> Profile:
    """Builds the impulse for `target` and runs the first of `windows` there.

    Raises:
        DesignError: No such target.
        BuildError: The compiler refused.
    """
    generated = generate(fitted, variant)
    build = build_impulse(generated, find_target(target))
    report = run(build, generated.layout, windows[:1], markers=generated.markers)
    return profile_of(generated, variant, report)


def profile_of(generated: GeneratedImpulse, variant: Variant, report: RunReport) -> Profile:
    """The profile in a run's report."""
    static, stack = report.static_ram_bytes, report.stack_bytes
    return Profile(
        target=report.target,
        variant=variant,
        instructions=report.instructions,
        stages=report.trace,
        ram_bytes=static + stack if static is not None and stack is not None else None,
        stack_bytes=stack,
        flash_bytes=report.flash_bytes,
        window_bytes=4 * generated.layout.window_length,
        arena_bytes=generated.model.arena_bytes if generated.model else 0,
        num_features=generated.layout.num_features,
    )
