"""`tinsmith quantization`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import JsonOption, ProjectOption
from tinsmith.cli.output import console, note, percent, print_json, progress_bars, say, table
from tinsmith.core.errors import DatasetError, InputError

if TYPE_CHECKING:
    from tinsmith.emulation.quantization import QuantizationReport

FloatArgument = Annotated[
    Path | None,
    typer.Argument(
        help="A float32 .tflite file; without it, the project's network.", show_default=False
    ),
]
QuantisedArgument = Annotated[
    Path | None,
    typer.Argument(help="The int8 .tflite file made from it.", show_default=False),
]
InputsOption = Annotated[
    Path | None,
    typer.Option(
        help="Representative inputs for two files: an .npy file [n, values].", show_default=False
    ),
]
CountOption = Annotated[int, typer.Option(min=1, help="Inputs to measure on, at most.")]
PlotOption = Annotated[
    Path | None, typer.Option(help="Write a picture to this .svg file.", show_default=False)
]


def quantization(
    float32: FloatArgument = None,
    quantised: QuantisedArgument = None,
    project: ProjectOption = Path(),
    inputs: InputsOption = None,
    count: CountOption = 64,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what int8 costs each layer of a network, and what would help.

    Both networks run here, as compiled code, on windows of the project or on your inputs.
    """
    from tinsmith.core.paths import write_atomic
    from tinsmith.emulation.quantization_chart import quantization_chart

    if float32 is None:
        found = _of_project(project, count, quiet=as_json)
    elif quantised is None or inputs is None:
        raise InputError(
            "a float32 model alone cannot be compared",
            hint="give both files and representative inputs: FLOAT32 INT8 --inputs FILE.npy",
        )
    else:
        found = _of_files(float32, quantised, inputs, count)
    if plot:
        write_atomic(plot, quantization_chart(found, "Noise of quantisation").encode())
    if as_json:
        print_json(found.to_dict())
        return
    _print_layers(found)
    if found.unmatched:
        note(f"Only in the int8 model: {', '.join(found.unmatched)}.")
    if plot:
        say(f"Written to {plot}")


def _of_project(project: Path, count: int, *, quiet: bool) -> QuantizationReport:
    from tinsmith.impulse.project import open_project
    from tinsmith.impulse.quantization import quantization_report

    opened = open_project(project)
    fitted = opened.fitted()
    samples = opened.samples("testing") or opened.samples("training")
    with progress_bars(quiet=quiet) as progress:
        found = quantization_report(
            fitted, samples, cache=opened.cache, count=count, progress=progress
        )
    opened.save_result("quantization", found.to_dict())
    return found


def _of_files(float32: Path, quantised: Path, inputs: Path, count: int) -> QuantizationReport:
    from tinsmith.impulse.quantization import compare_on_rows, read_rows

    return compare_on_rows(_read(float32), _read(quantised), read_rows(inputs), count=count)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"the model cannot be read: {error.strerror}", hint="give a .tflite file", path=path
        ) from error


def _print_layers(found: QuantizationReport) -> None:
    columns = ("#", "<layer", "own dB", "in all dB", "worst channel", "range used", "<remedy")
    shown = table(f"Signal over quantisation noise, {found.inputs} inputs", *columns)
    for index, layer in enumerate(found.layers):
        shown.add_row(
            str(index),
            layer.operator,
            f"{layer.own_db:.1f}",
            f"{layer.sqnr_db:.1f}",
            f"{layer.worst_channel}: {layer.worst_channel_db:.1f}",
            percent(layer.utilisation),
            layer.remedy,
        )
    console().print(shown)
    poor = [(index, layer) for index, layer in enumerate(found.layers) if layer.reason]
    for index, layer in poor:
        say(f"Layer {index} ({layer.name}): {layer.remedy}, because {layer.reason}.")
    if not poor:
        say("No layer needs more than int8.")
