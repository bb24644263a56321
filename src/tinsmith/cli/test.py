"""`tinsmith test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tinsmith.cli.options import JsonOption, ProjectOption
from tinsmith.cli.output import console, note, percent, print_json, progress_bars, table

if TYPE_CHECKING:
    from tinsmith.impulse.evaluate import Evaluation


def test(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Run the compiled impulse, float32 and int8, on the test samples."""
    from tinsmith.impulse.evaluate import evaluate
    from tinsmith.impulse.fitted import VARIANTS
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    fitted = opened.fitted()
    samples = opened.samples("testing")
    with progress_bars(quiet=as_json) as progress:
        results = [evaluate(fitted, samples, name, progress=progress) for name in VARIANTS]
    document = {result.variant: result.to_dict() for result in results}
    path = opened.save_result("test", document)
    if as_json:
        print_json(document)
        return
    _print_summary(results)
    _print_confusion(results[-1])
    note(f"Every window: {path}. Next: tinsmith profile, tinsmith deploy")


def _print_summary(results: list[Evaluation]) -> None:
    shown = table("Model testing", "measure", *(result.variant for result in results))
    if all(result.classification for result in results):
        found = [result.classification for result in results if result.classification]
        shown.add_row("windows", *(str(item.count) for item in found))
        shown.add_row("accuracy", *(percent(item.accuracy) for item in found))
        shown.add_row("F1 (macro)", *(f"{item.macro.f1:.3f}" for item in found))
        shown.add_row("ROC AUC (macro)", *(_number(item.macro.roc_auc) for item in found))
    if all(result.regression for result in results):
        errors = [result.regression for result in results if result.regression]
        shown.add_row("windows", *(str(item.count) for item in errors))
        shown.add_row("mean absolute error", *(f"{item.mae:.4g}" for item in errors))
        shown.add_row("mean squared error", *(f"{item.mse:.4g}" for item in errors))
        shown.add_row("R²", *(_number(item.r2) for item in errors))
    if all(result.anomaly for result in results):
        odd = [result.anomaly for result in results if result.anomaly]
        shown.add_row("anomaly AUROC", *(_number(item.auroc) for item in odd))
    console().print(shown)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _print_confusion(result: Evaluation) -> None:
    metrics = result.classification
    if metrics is None:
        return
    names = [item.name for item in metrics.classes]
    shown = table(f"Confusion ({result.variant}; rows: truth)", "", *names, "recall", "F1")
    for row, item in zip(metrics.confusion, metrics.classes, strict=True):
        cells = [
            f"[bold]{cell}[/]" if names[index] == item.name else (str(cell) if cell else "·")
            for index, cell in enumerate(row)
        ]
        shown.add_row(item.name, *cells, percent(item.recall), f"{item.f1:.2f}")
    console().print(shown)
