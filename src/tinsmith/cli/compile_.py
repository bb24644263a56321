"""`tinsmith compile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import BoardOption, JsonOption, MemoryMode, MemoryOption, TargetOption
from tinsmith.cli.output import bar, console, count, kilobytes, percent, print_json, say, table
from tinsmith.core.errors import DatasetError, InputError

if TYPE_CHECKING:
    from tinsmith.compiler import CompiledModel
    from tinsmith.deployment.measure import Measurement
    from tinsmith.emulation.cycles import Board

_MAX_MODEL_BYTES = 1 << 30


ModelArgument = Annotated[
    Path, typer.Argument(help="A .tflite file, int8 or float32.", show_default=False)
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="Folder to write to. [default: the model's name]", show_default=False
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        help="C name of the network and its files. [default: the model's name]", show_default=False
    ),
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show layers, memory over time and what was removed.")
]
MeasureOption = Annotated[
    bool,
    typer.Option("--measure", help="Build for the target, run it there and count instructions."),
]


def compile_file(
    model: ModelArgument,
    target: TargetOption = "cortex-m4f",
    out: OutOption = None,
    name: NameOption = None,
    memory: MemoryOption = MemoryMode.balanced,
    explain: ExplainOption = False,
    measure: MeasureOption = False,
    board: BoardOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile any .tflite model to C, with no project around it.

    Writes the network, the part of the C core it calls, a Makefile, an example and the memory plan
    (`plan.json`, `plan.svg`).
    """
    from tinsmith.compiler import compile_model
    from tinsmith.deployment.measure import measure_model, plan_document
    from tinsmith.deployment.model_library import model_library
    from tinsmith.emulation.cycles import default_board, find_board
    from tinsmith.impulse.codegen import identifier
    from tinsmith.toolchain import target as find_target

    chosen = find_target(target)
    place = find_board(board) if board else default_board(target)
    if board and place and place.core != target:
        raise InputError(
            f"{place.title} has a {place.core}; the model is compiled for {target}",
            hint=f"add --target {place.core}",
        )
    named = name or identifier(model.stem)[:50]
    data = _read(model)
    compiled = compile_model(data, name=named, backend=chosen.backend, memory=memory.value)
    found = measure_model(data, compiled, named, chosen) if measure or board else None
    document = plan_document(compiled, chosen, found, place)
    folder = out or Path(named)
    _write(folder, model_library(compiled, named, chosen, document))
    if as_json:
        print_json({"folder": str(folder), **document})
        return
    if explain:
        _print_removed(compiled)
        _print_layers(compiled, found)
        _print_memory(compiled)
    if found:
        _print_measurement(compiled, found, place)
    say(
        f"{compiled.arena_bytes:,} bytes of RAM, {compiled.weights_bytes:,} bytes of constants; "
        f"written to {folder}/"
    )


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_MODEL_BYTES:
            raise DatasetError(
                f"the model has {size:,} bytes; at most {_MAX_MODEL_BYTES:,}", path=path
            )
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"the model cannot be read: {error.strerror}", hint="give a .tflite file", path=path
        ) from error


def _write(folder: Path, files: dict[str, bytes]) -> None:
    from tinsmith.core.paths import write_atomic
    from tinsmith.deployment.model_library import PLAN_NAME

    if folder.is_dir() and any(folder.iterdir()) and not (folder / PLAN_NAME).is_file():
        raise InputError(
            "the folder holds other files", hint="name a new folder with --out", path=folder
        )
    for path, data in sorted(files.items()):
        write_atomic(folder / path, data)


def _print_removed(compiled: CompiledModel) -> None:
    if not compiled.removed:
        return
    columns = ("layer", "inputs", "outputs", "MACs saved", "bytes saved")
    shown = table("Channels that cannot matter, removed", *columns)
    for item in compiled.removed:
        shown.add_row(
            item.name,
            _change(item.inputs),
            _change(item.outputs),
            count(item.macs),
            count(item.weights_bytes),
        )
    shown.add_section()
    macs = sum(item.macs for item in compiled.removed)
    size = sum(item.weights_bytes for item in compiled.removed)
    shown.add_row("total", "", "", count(macs), count(size))
    console().print(shown)


def _change(channels: tuple[int, int]) -> str:
    before, after = channels
    return f"{before}" if before == after else f"{before} → {after}"


def _print_layers(compiled: CompiledModel, found: Measurement | None) -> None:
    columns = ["#", "<operator", "<algorithm", "<layer", "MACs"]
    spent = {cost.name: cost.instructions for cost in found.layers} if found else {}
    is_estimated = not spent and any(layer.estimate is not None for layer in compiled.layers)
    if spent:
        columns += ["instructions", "per MAC", "share", "<"]
    elif is_estimated:
        columns += ["estimated instructions"]
    shown = table("Layers, in order of execution", *columns)
    total = max(sum(spent.values()), 1)
    for layer in compiled.layers:
        row = [
            str(layer.index),
            layer.operator,
            # A kernel's own name says no more than the operator's.
            "" if layer.algorithm.startswith("tin_") else layer.algorithm,
            # The converter joins the names of what it fused; the first is the layer's.
            layer.name.partition(";")[0],
            count(layer.macs) if layer.macs else "",
        ]
        if spent:
            own = spent.get(layer.symbol, 0)
            share = own / total
            each = f"{own / layer.macs:.2f}" if layer.macs else ""
            row += [count(own), each, percent(share), bar(share, 12)]
        elif is_estimated:
            row += [count(layer.estimate) if layer.estimate is not None else ""]
        shown.add_row(*row)
    console().print(shown)


def _print_memory(compiled: CompiledModel) -> None:
    plan = compiled.plan
    shown = table("RAM over time", "#", "<step", "in use", "of it scratch", "<")
    for index, step in enumerate(plan.steps):
        share = step.used_bytes / max(plan.arena_bytes, 1)
        shown.add_row(
            str(index),
            step.name,
            count(step.used_bytes),
            count(step.scratch_bytes) if step.scratch_bytes else "",
            bar(share, 24),
        )
    shown.add_section()
    shown.add_row("", "arena", count(plan.arena_bytes), "", "")
    shown.add_row("", "bound of any plan of these steps", count(plan.bound_bytes), "", "")
    console().print(shown)


def _print_measurement(compiled: CompiledModel, found: Measurement, board: Board | None) -> None:
    from tinsmith.emulation.cycles import estimate

    shown = table(f"One inference on {found.target}", "what", "measured")
    if found.instructions is not None:
        shown.add_row("instructions", count(found.instructions))
        if board:
            time = estimate(found.instructions, board)
            doubt = f"±{100 * time.error:.0f} %" + ("" if time.calibrated else ", not calibrated")
            where = f"estimated on {board.title}, {board.clock_mhz:g} MHz"
            shown.add_row(where, f"{time.milliseconds:.3g} ms {doubt}")
    shown.add_row("RAM of the network", kilobytes(compiled.arena_bytes))
    if found.stack_bytes is not None:
        shown.add_row("stack beside it", kilobytes(found.stack_bytes))
        shown.add_row("flash of a minimal program", kilobytes(found.flash_bytes))
    same = "the same bits" if found.same_as_host else "DIFFERENT results"
    shown.add_row(f"{found.inputs} random inputs, against this computer", same)
    console().print(shown)
