"""Profiling: what a compiled impulse costs on a target, measured by running it there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tinsmith.core.errors import DesignError, UnsupportedError
from tinsmith.emulation import ENTRY, Cost, RunReport, run
from tinsmith.emulation.cycles import Board, Estimate, default_board, estimate, find_board
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.codegen import GeneratedImpulse, build_impulse, generate
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.toolchain import target as find_target

if TYPE_CHECKING:
    from tinsmith.compiler.plan import StepMemory

# What happens in functions that belong to no block.
_GLUE = {"tin_process": "call of the blocks", "tin_learn": "scaling into the model"}


@dataclass(frozen=True)
class Profile:
    """Cost of one classification.

    Args:
        target, variant: What was built.
        instructions: Executed for one window, start-up excluded; None where not counted.
        startup_instructions: Executed once, to check the configuration of all blocks.
        stages: Instructions per stage: each processing block by its id, each layer, the anomaly
            block by its id.
        ram_bytes: Static data, features, results, scratch and the stack's high-water mark together.
        stack_bytes: The stack's part of it.
        flash_bytes: Code and constants of a minimal program.
        board, time: Where a classification is estimated to take how long.
        steps: RAM of the network over time.
        window_bytes: A window of raw input as float32, which firmware may hold in any other form
            since blocks pull their input piece by piece; not part of ram_bytes.
    """

    target: str
    variant: Variant
    instructions: int | None
    startup_instructions: int | None
    stages: tuple[Cost, ...]
    ram_bytes: int | None
    stack_bytes: int | None
    flash_bytes: int | None
    window_bytes: int
    arena_bytes: int
    num_features: int
    board: str | None = None
    time: Estimate | None = None
    steps: tuple[StepMemory, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def profile(
    fitted: FittedImpulse,
    windows: FloatArray,
    *,
    variant: Variant = "int8",
    target: str,
    memory: str = "balanced",
    board: str | None = None,
) -> Profile:
    """Builds the impulse for `target` and runs the first of `windows` there.

    Args:
        memory: Of the network, `balanced` or `smallest`.
        board: Where to estimate the time; None: a common board with that core.

    Raises:
        DesignError: No such target or board, or a board with another core.
        UnsupportedError: Builds for the target cannot be run here.
        BuildError: The compiler refused.
    """
    chosen = find_target(target)
    place = _board(board, target)
    if chosen.family == "linux":
        raise UnsupportedError(
            f"builds for {target} cannot be run here", hint="choose host, wasm32 or a cortex-m core"
        )
    generated = generate(fitted, variant, chosen, memory)
    build = build_impulse(generated, chosen)
    report = run(build, generated.layout, windows[:1], markers=generated.markers)
    return profile_of(fitted, generated, variant, report, place)


def _board(name: str | None, target: str) -> Board | None:
    if name is None:
        return default_board(target)
    found = find_board(name)
    if found.core != target:
        raise DesignError(
            f"{found.title} has a {found.core}; the impulse is built for {target}",
            hint=f"choose the target {found.core}",
        )
    return found


def profile_of(
    fitted: FittedImpulse,
    generated: GeneratedImpulse,
    variant: Variant,
    report: RunReport,
    board: Board | None = None,
) -> Profile:
    """The profile in a run's report."""
    static, stack = report.static_ram_bytes, report.stack_bytes
    startup = [cost.instructions for cost in report.trace if cost.name == ENTRY]
    return Profile(
        target=report.target,
        variant=variant,
        instructions=report.instructions,
        startup_instructions=sum(startup) if startup else None,
        stages=_merged(_readable(fitted, generated, report.trace)),
        ram_bytes=static + stack if static is not None and stack is not None else None,
        stack_bytes=stack,
        flash_bytes=report.flash_bytes,
        window_bytes=4 * generated.layout.window_length,
        arena_bytes=generated.model.arena_bytes if generated.model else 0,
        num_features=generated.layout.num_features,
        board=board.title if board else None,
        time=estimate(report.instructions, board) if board and report.instructions else None,
        steps=generated.model.plan.steps if generated.model else (),
    )


def _merged(stages: Iterable[Cost]) -> tuple[Cost, ...]:
    """One stage per name: layers that run row by row are entered many times."""
    found: dict[str, int] = {}
    for stage in stages:
        found[stage.name] = found.get(stage.name, 0) + stage.instructions
    return tuple(Cost(name, instructions) for name, instructions in found.items())


def _readable(
    fitted: FittedImpulse, generated: GeneratedImpulse, trace: Iterable[Cost]
) -> Iterator[Cost]:
    """The trace without start-up, each stretch named as the design names it."""
    blocks = _blocks_by_symbol(fitted)
    layers = {
        layer.symbol: f"{fitted.network.id if fitted.network else 'network'} "
        f"{layer.index}: {layer.operator.lower()}"
        for layer in (generated.model.layers if generated.model else ())
    }
    anomaly = fitted.clusters.id if fitted.clusters else ""
    for cost in trace:
        if cost.name == ENTRY:
            continue
        if ids := blocks.get(cost.name):
            name = ids.pop(0) if len(ids) > 1 else ids[0]
        elif cost.name == "tin_kmeans_score":
            name = anomaly
        else:
            name = layers.get(cost.name) or _GLUE.get(cost.name, cost.name)
        yield Cost(name, cost.instructions)


def _blocks_by_symbol(fitted: FittedImpulse) -> dict[str, list[str]]:
    """Ids of the processing blocks by the function they run, in order of execution."""
    found: dict[str, list[str]] = {}
    for item in fitted.blocks:
        found.setdefault(f"tin_{item.block.stem}_run", []).append(item.id)
    return found
