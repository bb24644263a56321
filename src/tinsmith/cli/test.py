"""`tinsmith test`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinsmith.cli import remote
from tinsmith.cli.options import AnyProjectOption, JsonOption, next_step
from tinsmith.cli.output import console, note, percent, print_json, progress_bars, table

if TYPE_CHECKING:
    from tinsmith.impulse.evaluate import Evaluation
    from tinsmith.learning.metrics import (
        AnomalyMetrics,
        ClassificationMetrics,
        RegressionMetrics,
    )

# More confusions than these are not listed where the whole matrix does not fit.
_SHOWN = 10


def run_tests(
    project: AnyProjectOption = Path(),
    impulse: remote.ImpulseOption = None,
    wait: remote.WaitOption = True,
    as_json: JsonOption = False,
) -> None:
    """Run the compiled impulse, float32 and int8, on the test samples, here or on a server."""
    if remote.is_on_server(project):
        from tinsmith.cli.running import test_there

        test_there(project, impulse, wait=wait, as_json=as_json)
        return
    remote.on_folder(impulse)
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
    print_results([Tested.of(result) for result in results])
    note(f"Every window: {path}. {next_step(project, 'profile', 'deploy')}")


@dataclass(frozen=True)
class Tested:
    """Metrics of one variant, as they are shown."""

    variant: str
    windows: int
    classification: ClassificationMetrics | None
    regression: RegressionMetrics | None
    anomaly: AnomalyMetrics | None

    @classmethod
    def of(cls, result: Evaluation) -> Tested:
        """The metrics of a test that ran here."""
        parts = (result.classification, result.regression, result.anomaly)
        return cls(result.variant, len(result.windows), *parts)


def print_results(results: Sequence[Tested]) -> None:
    """What testing found, variant beside variant, and the confusions of the last."""
    _print_summary(results)
    if results[-1].classification:
        _print_confusion(results[-1].classification, results[-1].variant)


def _print_summary(results: Sequence[Tested]) -> None:
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
        shown.add_row("normal windows", *(str(item.normal) for item in odd))
        shown.add_row("  called odd", *(percent(item.false_positive_rate) for item in odd))
        shown.add_row("odd windows", *(str(item.anomalous) for item in odd))
        shown.add_row("  called odd", *(percent(item.true_positive_rate) for item in odd))
        shown.add_row("anomaly AUROC", *(_number(item.auroc) for item in odd))
    if not shown.row_count:
        shown.add_row("windows", *(str(result.windows) for result in results))
    console().print(shown)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _print_confusion(metrics: ClassificationMetrics, variant: str) -> None:
    from rich.text import Text

    names = [item.name for item in metrics.classes]
    widest = max(len(str(cell)) for row in metrics.confusion for cell in row)
    longest = max(len(name) for name in names)
    available = console().width - min(longest, 24) - 20
    if available >= len(names) * (longest + 3):
        heads, rows = names, names
    else:
        # Columns are numbered where the names would not fit side by side.
        heads = [str(index + 1) for index in range(len(names))]
        rows = [f"{head} {name}" for head, name in zip(heads, names, strict=True)]
    if available < len(names) * (max(widest, len(heads[-1])) + 3):
        _print_classes(metrics, variant)
        return
    shown = table(f"Confusion ({variant}; rows: truth)", "", *heads, "recall", "F1")
    for index, (row, item) in enumerate(zip(metrics.confusion, metrics.classes, strict=True)):
        cells = [
            Text(str(cell) if cell else "·", style="bold" if column == index else "")
            for column, cell in enumerate(row)
        ]
        shown.add_row(rows[index], *cells, percent(item.recall), f"{item.f1:.2f}")
    console().print(shown)


def _print_classes(metrics: ClassificationMetrics, variant: str) -> None:
    """One line a class, and what is most often taken for what."""
    shown = table(f"Classes ({variant})", "class", "windows", "precision", "recall", "F1")
    for item, row in zip(metrics.classes, metrics.confusion, strict=True):
        shares = (percent(item.precision), percent(item.recall))
        shown.add_row(item.name, str(sum(row)), *shares, f"{item.f1:.2f}")
    console().print(shown)
    wrong = [
        (cell, metrics.classes[i].name, metrics.classes[j].name)
        for i, row in enumerate(metrics.confusion)
        for j, cell in enumerate(row)
        if i != j and cell
    ]
    listed = table("Most frequent confusions", "truth", "<taken for", "windows")
    for number, truth, guess in sorted(wrong, reverse=True)[:_SHOWN]:
        listed.add_row(truth, guess, str(number))
    if wrong:
        console().print(listed)
