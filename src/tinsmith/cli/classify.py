"""`tinsmith classify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinsmith.cli.options import (
    IntervalOption,
    JsonOption,
    ProjectOption,
    VariantName,
    VariantOption,
)
from tinsmith.cli.output import console, print_json, table

if TYPE_CHECKING:
    from tinsmith.impulse.classify import Classified, ClassifiedWindow
    from tinsmith.impulse.fitted import FittedImpulse


def classify(
    file: Annotated[Path, typer.Argument(help="A recording or picture, in any known format.")],
    project: ProjectOption = Path(),
    variant: VariantOption = VariantName.int8,
    interval_ms: IntervalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the compiled impulse on one file, window by window."""
    from tinsmith.core.errors import DecodeError
    from tinsmith.datasets.sample import sample_from_signal
    from tinsmith.impulse.classify import classify as run
    from tinsmith.impulse.project import open_project
    from tinsmith.signals import DecodeOptions, decode

    fitted = open_project(project).fitted()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DecodeError(
            f"cannot be read: {error.strerror}", path=file, hint="check the name of the file"
        ) from error
    content = decode(data, file.name, DecodeOptions(interval_ms=interval_ms)).content
    found = run(fitted, sample_from_signal(content, name=file.name), variant.value)
    if as_json:
        rows = [_row(window) for window in found.windows]
        print_json({"file": str(file), "variant": str(variant), "windows": rows})
        return
    _print(fitted, found)


def _row(window: ClassifiedWindow) -> dict[str, Any]:
    row = {"start_ms": window.start_ms, "decision": window.decision}
    scores = {} if window.scores is None else {"scores": window.scores}
    return row | scores | ({} if window.anomaly is None else {"anomaly": window.anomaly})


def _print(fitted: FittedImpulse, found: Classified) -> None:
    is_regression = fitted.network is not None and fitted.network.kind == "regression"
    columns = [] if fitted.network is None else ["value"] if is_regression else ["class", "score"]
    shown = table(found.sample, "from", *columns, *(["anomaly"] if fitted.clusters else []))
    for window in found.windows:
        cells = [f"{window.start_ms / 1000:.2f} s"]
        if window.scores and is_regression:
            cells.append(f"{window.scores['value']:.4g}")
        elif window.scores:
            best, score = max(window.scores.items(), key=lambda item: item[1])
            cells += [best, f"{score:.2f}"]
        if window.anomaly is not None:
            cells.append(f"{window.anomaly:.2f}")
        shown.add_row(*cells)
    console().print(shown)
