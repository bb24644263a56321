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
    from tinsmith.impulse.evaluate import predict
    from tinsmith.impulse.features import cut_windows
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
    sample = sample_from_signal(content, name=file.name, metadata=_groups(fitted))
    windows = cut_windows([sample], fitted.design, fitted.window)
    found = predict(fitted, variant.value, windows.values)
    rows: list[dict[str, Any]] = []
    for index, start in enumerate(windows.start_ms):
        row: dict[str, Any] = {"start_ms": float(start)}
        if found.scores is not None:
            scores = [float(value) for value in found.scores[index]]
            row["scores"] = dict(zip(fitted.classes, scores, strict=True))
        if found.anomaly is not None:
            row["anomaly"] = float(found.anomaly[index])
        rows.append(row)
    if as_json:
        print_json({"file": str(file), "variant": str(variant), "windows": rows})
        return
    _print(fitted, file.name, rows)


def _groups(fitted: FittedImpulse) -> dict[str, str]:
    """The group the design splits by means nothing for a single file."""
    key = fitted.design.input.group_key
    return {key: "classified"} if key else {}


def _print(fitted: FittedImpulse, name: str, rows: list[dict[str, Any]]) -> None:
    is_regression = fitted.network is not None and fitted.network.kind == "regression"
    columns = [] if fitted.network is None else ["value"] if is_regression else ["class", "score"]
    shown = table(name, "from", *columns, *(["anomaly"] if fitted.clusters else []))
    for row in rows:
        cells = [f"{row['start_ms'] / 1000:.2f} s"]
        if is_regression:
            cells.append(f"{row['scores']['value']:.4g}")
        elif "scores" in row:
            best = max(row["scores"], key=row["scores"].get)
            cells += [best, f"{row['scores'][best]:.2f}"]
        if "anomaly" in row:
            cells.append(f"{row['anomaly']:.2f}")
        shown.add_row(*cells)
    console().print(shown)
